/** Gemini's own API, passed on and metered. */
import { invalidRequest } from "#core/errors";
import { UpstreamError } from "#core/fault";
import { isObject, type Json, type JsonObject } from "#lib/json";
import { isTerminator, type SseEvent } from "#lib/sse";
import type {
	EventReading,
	Meter,
	NativeApi,
	NativeEndpoint,
	StreamMeter,
	WholeReading,
} from "#operations/native/endpoint";
import { eventBody, UNREAD } from "#providers/native/codec";
import { malformed, truncated } from "#providers/shared/faults";
import { isWord } from "#providers/shared/json-shape";
import { errorOf, statusFault } from "./errors";
import { usageOf } from "./response";

const meter: Meter = {
	/** A stream without `alt=sse` is a list of what would be its events. */
	whole(body) {
		const error = errorOf(body);
		if (error !== null) throw new UpstreamError(statusFault(error, 200));
		const frames = (Array.isArray(body) ? body : [body]).map((frame) => {
			if (!isObject(frame)) throw malformed("the answer is not a JSON object");
			return readingOf(frame);
		});
		return {
			...frames.at(-1),
			usage: frames.findLast(({ usage }) => usage !== null)?.usage ?? null,
		};
	},
	stream: () => new GeminiMeter(),
};

const GENERATION: Omit<NativeEndpoint, "path"> = {
	charge: "usage",
	limits: ["generationConfig.maxOutputTokens"],
	choices: "generationConfig.candidateCount",
	refused: ["cachedContent", "serviceTier"],
	meter,
};
const EMBEDDING = { charge: "usage", isEmbedding: true, meter } as const;

export const geminiNative: NativeApi = {
	envelope: "gemini",
	// What `v1` has, `v1beta` has too.
	prefixes: ["/v1beta", "/v1"],
	query: ["alt", "key", "$alt", "prettyPrint", "$prettyPrint"],
	endpoints: [
		{ ...GENERATION, path: "/models/{model}:generateContent" },
		{ ...GENERATION, path: "/models/{model}:streamGenerateContent?alt=sse", isStream: true },
		{ ...GENERATION, path: "/models/{model}:streamGenerateContent" },
		{ path: "/models/{model}:countTokens", charge: "nothing", meter: UNREAD },
		{ ...EMBEDDING, path: "/models/{model}:embedContent" },
		{
			...EMBEDDING,
			path: "/models/{model}:batchEmbedContents",
			set: ({ requests }, { id }) =>
				Array.isArray(requests)
					? {
							requests: requests.map((one) =>
								isObject(one) ? { ...(one as JsonObject), model: `models/${id}` } : one,
							),
						}
					: {},
		},
		{ path: "/models/{model}:predict", charge: "ceiling", choices: "parameters.sampleCount", meter: UNREAD },
	],
	spelled,
};

function readingOf(frame: Record<string, unknown>): WholeReading {
	const { usageMetadata, modelVersion } = frame;
	return { usage: usageOf(usageMetadata), ...(isWord(modelVersion) && { model: modelVersion }) };
}

class GeminiMeter implements StreamMeter {
	#hasFinished = false;

	read(event: SseEvent): EventReading {
		// No word of Gemini's: a proxy may add it.
		if (isTerminator(event)) return { text: "", isContent: false };
		const frame = eventBody(event);
		const error = errorOf(frame);
		if (error !== null) throw new UpstreamError(statusFault(error, 200));
		const candidates = Array.isArray(frame.candidates) ? frame.candidates.filter(isObject) : [];
		this.#hasFinished ||= isObject(frame.promptFeedback) || candidates.some(({ finishReason }) => isWord(finishReason));
		const text = candidates.map(({ content }) => written(content)).join("");
		const { usage, ...head } = readingOf(frame);
		return { text, isContent: text !== "" || this.#hasFinished, ...head, ...(usage !== null && { usage }) };
	}

	end(): void {
		if (!this.#hasFinished) throw truncated();
	}
}

/** What a model wrote in the parts of a candidate, pictures and sound as they were encoded. */
function written(content: unknown): string {
	const parts = isObject(content) && Array.isArray(content.parts) ? content.parts.filter(isObject) : [];
	return parts
		.map(({ text, thoughtSignature: _, thought: __, ...rest }) =>
			typeof text === "string" ? text : Object.keys(rest).length === 0 ? "" : JSON.stringify(rest),
		)
		.join("");
}

/** Fields that hold what is the caller's own, whatever it is called in there. */
const CALLERS = new Set([
	...["args", "response", "parameters", "parametersJsonSchema", "responseJsonSchema", "responseSchema"],
	...["labels", "inputSchema"],
]);

/**
 * A body with the names of its fields as Google's own clients write them: the API takes `generation_config` for
 * `generationConfig`, too. Throws `GatewayError` 400 where one field has both.
 */
function spelled(body: JsonObject): JsonObject {
	const fields = new Map<string, Json>();
	for (const [name, value] of Object.entries(body)) {
		const usual = name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
		if (fields.has(usual)) throw invalidRequest(`\`${usual}\` is given twice, in two spellings`, usual);
		fields.set(usual, CALLERS.has(usual) ? value : spelledIn(value));
	}
	return Object.fromEntries(fields);
}

function spelledIn(value: Json): Json {
	if (Array.isArray(value)) return value.map(spelledIn);
	return isObject(value) ? spelled(value as JsonObject) : value;
}
