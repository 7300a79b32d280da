// The codec of Gemini's models that speak: samples without a header, which are passed on so or as WAV.
import type { Model } from "#catalog/model";
import type { Speech, SpeechChunk, SpeechFormat, SpeechRequest } from "#core/audio/speech";
import { UpstreamError } from "#core/fault";
import { wavHeader } from "#lib/audio/wav-header";
import { isObject, type JsonObject, parseJson } from "#lib/json";
import { isTerminator, type SseEvent } from "#lib/sse";
import { charactersIn, speech } from "#operations/speech/index";
import type { SpeechCodec, StreamDecoder, UpstreamCall } from "#providers/adapter";
import { formatFor, pieceOf, soundOf, speechAllowance, voiceFor } from "#providers/audio/sound";
import { empty, malformed, truncated } from "#providers/shared/faults";
import { errorOf, statusFault } from "./errors";
import { usageOf } from "./response";

/** What Gemini calls a rate unless it says another, in hertz. */
const USUAL_RATE = 24_000;
/** The most of a character of text, in tokens of sound, of which there are 25 a second; and of pauses. */
const TOKENS_PER_CHARACTER = 25;
const PAUSE_TOKENS = 256;

export const geminiSpeech: SpeechCodec = {
	encode,
	decode(body, request, model) {
		const stream = new GeminiSpeech(request, model);
		return speech.toAnswer([...stream.frame(body), ...stream.end()]) as Speech;
	},
	decoder: (request, model) => new GeminiSpeech(request, model),
};

function encode(request: SpeechRequest, model: Model): UpstreamCall {
	const { input, instructions } = request;
	const text = instructions === undefined ? input : `${instructions}: ${input}`;
	const voiceName = voiceFor(request, model);
	const limit = Math.min(
		model.maxOutput ?? Number.POSITIVE_INFINITY,
		PAUSE_TOKENS + charactersIn(input) * TOKENS_PER_CHARACTER,
	);
	const own: JsonObject = request.providerExtensions[model.provider] ?? {};
	const dropped = Object.keys(request.extensions);
	if (request.user !== undefined) dropped.push("user");
	return {
		path: `/models/${encodeURIComponent(model.id)}:streamGenerateContent?alt=sse`,
		body: {
			...own,
			contents: [{ role: "user", parts: [{ text }] }],
			generationConfig: {
				responseModalities: ["AUDIO"],
				maxOutputTokens: limit,
				...(voiceName !== undefined && {
					speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName } } },
				}),
			},
		},
		dropped,
		prompts: [text, JSON.stringify(own)],
		audio: speechAllowance(request, limit),
	};
}

class GeminiSpeech implements StreamDecoder<SpeechChunk> {
	readonly #format: SpeechFormat;
	#hasSound = false;
	#isDone = false;

	constructor(request: SpeechRequest, model: Model) {
		this.#format = formatFor(request, model);
	}

	push(event: SseEvent): SpeechChunk[] {
		// No word of Gemini's: a proxy may add it.
		if (isTerminator(event)) return [];
		const frame = parseJson(event.data);
		if (frame === undefined) throw malformed("an event of the stream is not JSON");
		return this.frame(frame);
	}

	/** One frame of a stream, or a whole answer. */
	frame(frame: unknown): SpeechChunk[] {
		const error = errorOf(frame);
		if (error !== null) throw new UpstreamError(statusFault(error, 200));
		if (!isObject(frame)) throw malformed("the answer is not an object");
		const { candidates, promptFeedback, usageMetadata } = frame;
		if (isObject(promptFeedback) && typeof promptFeedback.blockReason === "string") throw blocked();
		const [candidate] = Array.isArray(candidates) ? candidates : [];
		const chunks = isObject(candidate) ? this.#read(candidate) : [];
		const usage = usageOf(usageMetadata);
		return usage === null ? chunks : [...chunks, { ...pieceOf(new Uint8Array(), this.#format), usage }];
	}

	end(): SpeechChunk[] {
		if (!this.#isDone) throw truncated();
		if (!this.#hasSound) throw empty();
		return [];
	}

	#read({ content, finishReason }: Record<string, unknown>): SpeechChunk[] {
		const parts = isObject(content) && Array.isArray(content.parts) ? content.parts : [];
		const chunks = parts.flatMap((part) =>
			isObject(part) && isObject(part.inlineData) ? this.#sound(part.inlineData) : [],
		);
		if (typeof finishReason === "string") {
			this.#isDone = true;
			if (/SAFETY|PROHIBITED|BLOCKLIST|RECITATION/.test(finishReason)) throw blocked();
		}
		return chunks;
	}

	#sound({ mimeType, data }: Record<string, unknown>): SpeechChunk[] {
		const type = typeof mimeType === "string" ? mimeType.toLowerCase() : "";
		if (!/^audio\/(?:l16|pcm)\b/.test(type)) throw malformed("the sound of the answer is no samples");
		const samples = pieceOf(soundOf(data), this.#format);
		const isFirst = !this.#hasSound;
		this.#hasSound = true;
		if (this.#format !== "wav" || !isFirst) return [samples];
		const rate = Number(/rate=(\d{4,6})/.exec(type)?.[1] ?? USUAL_RATE);
		return [pieceOf(wavHeader(rate), this.#format), samples];
	}
}

function blocked(): UpstreamError {
	return new UpstreamError({ kind: "content_policy", status: 200, message: "the provider blocked the text" });
}
