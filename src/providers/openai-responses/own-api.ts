/** OpenAI's Responses API, passed on and metered. */
import { UpstreamError } from "#core/fault";
import { isObject } from "#lib/json";
import { isTerminator, type SseEvent } from "#lib/sse";
import type { EventReading, NativeEndpoint, StreamMeter, WholeReading } from "#operations/native/endpoint";
import { eventBody, UNREAD } from "#providers/native/codec";
import { errorWithin, faultWithin } from "#providers/openai-chat/errors";
import { responsesUsage } from "#providers/openai-chat/usage";
import { malformed, truncated } from "#providers/shared/faults";
import { isWord } from "#providers/shared/json-shape";

/** Nothing is kept at OpenAI, whose own default is to keep all. */
export const responsesEndpoint: NativeEndpoint = {
	path: "/responses",
	charge: "usage",
	limits: ["max_output_tokens"],
	tiers: ["flex", "priority"],
	set: () => ({ store: false }),
	meter: {
		whole(body) {
			if (!isObject(body)) throw malformed("the answer is not a JSON object");
			const error = Array.isArray(body.output) ? null : errorWithin(body);
			if (error !== null) throw error;
			return readingOf(body);
		},
		stream: () => new ResponsesMeter(),
	},
};

/** Counts a request, which costs nothing. */
export const inputTokensEndpoint: NativeEndpoint = {
	path: "/responses/input_tokens",
	charge: "nothing",
	meter: UNREAD,
};

function readingOf(response: Record<string, unknown>): WholeReading {
	const { model, service_tier: tier } = response;
	return {
		usage: responsesUsage(response) ?? null,
		...(isWord(model) && { model }),
		...(isWord(tier) && { service_tier: tier }),
	};
}

const ENDS = new Set<unknown>(["response.completed", "response.incomplete", "response.failed"]);

class ResponsesMeter implements StreamMeter {
	#hasEnded = false;

	read(event: SseEvent): EventReading {
		if (event.data === "" || isTerminator(event)) return { text: "", isContent: false };
		const body = eventBody(event);
		const type = body.type ?? event.event;
		if (type === "error" || (body.error && !isObject(body.response))) throw new UpstreamError(faultWithin(body));
		if (ENDS.has(type) && isObject(body.response)) {
			this.#hasEnded = true;
			return { text: "", isContent: true, ...readingOf(body.response) };
		}
		const text = typeof type === "string" && type.endsWith(".delta") && isWord(body.delta) ? body.delta : "";
		return { text, isContent: text !== "" };
	}

	end(): void {
		if (!this.#hasEnded) throw truncated();
	}
}
