/** Workers AI's own API behind its binding, passed on and metered. */
import { isObject } from "#lib/json";
import { isTerminator, type SseEvent } from "#lib/sse";
import type { EventReading, NativeApi, StreamMeter } from "#operations/native/endpoint";
import { eventBody } from "#providers/native/codec";
import { deltaText } from "#providers/openai-chat/relay";
import { chatUsage } from "#providers/openai-chat/usage";
import { malformed, truncated } from "#providers/shared/faults";
import { isWord } from "#providers/shared/json-shape";
import { classicUsage, responseText } from "./classic-response";
import { workersAiErrorWithin } from "./errors";

export const workersAiNative: NativeApi = {
	envelope: "openai",
	prefixes: ["/run/", "/ai/run/"],
	endpoints: [
		{
			path: "{model}",
			charge: "usage",
			limits: ["max_tokens"],
			choices: "n",
			// Many requests in one, which are answered later.
			refused: ["requests", "queueRequest", "options"],
			meter: {
				whole(body) {
					if (!isObject(body)) throw malformed("the answer is not a JSON object");
					const error = workersAiErrorWithin(body);
					if (error !== null) throw error;
					const answer = body.success === true && isObject(body.result) ? body.result : body;
					return { usage: classicUsage(answer.usage) };
				},
				stream: () => new WorkersAiMeter(),
			},
		},
	],
};

/** Reads streams of either shape, event by event: some models mix them. */
class WorkersAiMeter implements StreamMeter {
	#isDone = false;

	read(event: SseEvent): EventReading {
		if (isTerminator(event)) {
			this.#isDone = true;
			return { text: "", isContent: false };
		}
		const body = eventBody(event);
		const error = workersAiErrorWithin(body);
		if (error !== null) throw error;
		const choices = Array.isArray(body.choices) ? body.choices.filter(isObject) : [];
		this.#isDone ||= isWord(body.finish_reason) || choices.some((choice) => isWord(choice.finish_reason));
		const usage = chatUsage(body.usage);
		const calls = Array.isArray(body.tool_calls) ? JSON.stringify(body.tool_calls) : "";
		const text =
			(responseText(body.response) ?? "") +
			calls +
			choices.map(({ delta }) => (isObject(delta) ? deltaText(delta, event.data) : "")).join("");
		return { text, isContent: text !== "" || this.#isDone, ...(usage !== undefined && { usage }) };
	}

	end(): void {
		if (!this.#isDone) throw truncated();
	}
}
