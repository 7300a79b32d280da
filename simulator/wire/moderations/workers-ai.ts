// Llama Guard at Workers AI: it writes whether the last turn is safe, and else the codes of its hazards below.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { countTokens } from "#simulator/model/tokens";
import { decode, unknownKey } from "#simulator/wire/check";
import { SILENT } from "#simulator/wire/embeddings/play";
import type { Play } from "#simulator/wire/wire";
import { badInput, typeMismatch, unknownProperty } from "#simulator/wire/workers-ai/errors";

const Message = v.strictObject({ role: v.picklist(["user", "assistant"]), content: v.string() });
const BodySchema = v.looseObject({
	messages: v.pipe(v.array(Message), v.minLength(1)),
	max_tokens: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
	temperature: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(5))),
	response_format: v.exactOptional(v.object({ type: v.literal("json_object") })),
});
const KEYS = new Set(Object.keys(BodySchema.entries));

/** The words by which a hazard is found. */
const HAZARDS: Readonly<Record<string, RegExp>> = {
	S1: /\b(?:kill|stab)\b/i,
	S2: /\b(?:launder|counterfeit)\b/i,
	S7: /\bhome address of\b/i,
	S10: /\bhate all\b/i,
	S11: /\bhurt myself\b/i,
};
/** Tokens of the instructions with the list of hazards, which stand around every conversation. */
const INSTRUCTIONS_TOKENS = 205;

export function readGuard(raw: JsonObject): Play {
	const key = unknownKey(raw, KEYS);
	if (key !== undefined) throw unknownProperty(`/${key}`);
	const { messages, response_format: format } = decode(BodySchema, raw, typeMismatch);
	const isTurns = messages.every(({ role }, at) => role === (at % 2 === 0 ? "user" : "assistant"));
	if (!isTurns) throw badInput("conversation roles must alternate user/assistant/user/assistant/...");
	const last = messages.at(-1)?.content ?? "";
	const hazards = Object.entries(HAZARDS).flatMap(([code, words]) => (words.test(last) ? [code] : []));
	const total = INSTRUCTIONS_TOKENS + messages.reduce((sum, { content }) => sum + countTokens(content), 0);
	return {
		question: { ...SILENT, n: 1 },
		says: hazards.length === 0 ? "safe" : `unsafe\n${hazards.join(",")}`,
		input: { total, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0, image: 0, sound: 0 },
		stream: false,
		whole: ({ drafts, usage: { output } }) => ({
			response:
				format === undefined
					? (drafts[0]?.text ?? "")
					: { safe: hazards.length === 0, ...(hazards.length > 0 && { categories: hazards }) },
			usage: { prompt_tokens: total, completion_tokens: output, total_tokens: total + output },
		}),
		frames: () => [],
	};
}
