// OpenAI's compaction: what users said stays, and all else becomes one item that only OpenAI can read.
import { isObject, type JsonObject } from "#lib/json";
import { unknownKey } from "#simulator/wire/check";
import { sealReasoning } from "#simulator/wire/openai-chat/reasoning";
import { unknownParameter } from "#simulator/wire/vendors/openai-errors";
import type { Answer, Play, Seat, Wire } from "#simulator/wire/wire";
import { openaiResponses } from "./index";
import { usageOf } from "./writer";

const KEYS = new Set([
	...["model", "input", "instructions", "previous_response_id", "image", "service_tier"],
	...["prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"],
]);

function read(body: JsonObject, seat: Seat): Play {
	const key = unknownKey(body, KEYS);
	if (key !== undefined) throw unknownParameter(key);
	const { service_tier: _, image: __, ...prompt } = body;
	const play = openaiResponses.read(prompt, seat);
	const items: readonly unknown[] = Array.isArray(body.input) ? body.input : [{ role: "user", content: body.input }];
	const kept = items.filter(isObject).filter(({ role }) => role === "user");
	return {
		...play,
		stream: false,
		whole: (answer: Answer): JsonObject => ({
			id: `resp_${seat.id}`,
			object: "response.compaction",
			created_at: Math.floor(seat.now / 1000),
			output: [
				...kept.map(({ content = "" }, at) => ({
					id: `msg_${seat.id}_${at}`,
					type: "message",
					status: "completed",
					role: "user",
					content: typeof content === "string" ? [{ type: "input_text", text: content }] : content,
				})),
				{ id: `cmp_${seat.id}`, type: "compaction", encrypted_content: sealReasoning("done") },
			] as JsonObject[],
			usage: usageOf(answer),
		}),
	};
}

export const openaiCompact: Wire = { ...openaiResponses, read };
