// The codec of OpenAI's transcriptions and translations, as its imitators speak them too.
import type { Model } from "#catalog/model";
import type { Segment, Transcript, TranscriptionChunk, TranscriptionRequest, Word } from "#core/audio/transcription";
import { type AudioAllowance, MAX_SOUND_TOKENS_PER_SECOND } from "#core/audio/units";
import { secondsUsage } from "#core/audio/usage";
import { normalUsage, type Usage } from "#core/chat/usage";
import { isObject, type Json, type JsonObject, parseJson } from "#lib/json";
import type { FormPart } from "#lib/multipart";
import { isTerminator, type SseEvent } from "#lib/sse";
import type { StreamDecoder, TranscriptionCodec, UpstreamCall } from "#providers/adapter";
import { errorInEvent, errorWithin } from "#providers/openai-chat/errors";
import { malformed, truncated } from "#providers/shared/faults";
import { isShallow, isWord } from "#providers/shared/json-shape";
import { partsOf } from "#providers/transport/form-parts";
import { heardUsage, transcriptionAllowance } from "./sound";

type PlainField = "language" | "prompt" | "temperature" | "user" | "stream";

/** How a vendor's transcriptions differ from OpenAI's. */
interface TranscriptionDialect {
	/** What it does not know, and an answer is an answer without. */
	readonly lacks: readonly PlainField[];
	/** Whether fields that are not known here go out. */
	readonly extensions: boolean;
}

export function openaiTranscription({ lacks, extensions }: TranscriptionDialect): TranscriptionCodec {
	return {
		encode(request, model) {
			const dropped: string[] = extensions ? [] : Object.keys(request.extensions);
			const { language, temperature, user, stream, timestamps, translates, file } = request;
			// A model that tells speakers apart takes no prompt, and cuts longer recordings only where it is told how.
			const isForSpeakers = model.traits.speakers === true;
			if (isForSpeakers && request.prompt !== undefined) dropped.push("prompt");
			const prompt = isForSpeakers ? undefined : request.prompt;
			const plain: JsonObject = {
				...(isForSpeakers && { chunking_strategy: "auto" }),
				...(extensions && request.extensions),
				...request.providerExtensions[model.provider],
				model: model.id,
				response_format: formatOf(request),
				...(timestamps.length > 0 && !translates && { timestamp_granularities: [...timestamps] }),
				...(language !== undefined && { language }),
				...(prompt !== undefined && { prompt }),
				...(temperature !== undefined && { temperature }),
				...(user !== undefined && { user }),
				...(stream && { stream }),
			};
			for (const field of lacks) {
				if (!(field in plain)) continue;
				delete plain[field];
				if (field !== "stream") dropped.push(field);
			}
			return {
				path: translates ? "/audio/translations" : "/audio/transcriptions",
				body: plain,
				form: [...partsOf(plain), filePart(file)],
				dropped,
				prompts: [prompt ?? ""],
				audio: withSamples(transcriptionAllowance(request, model), plain.known_speaker_references),
			} satisfies UpstreamCall;
		},
		decode,
		decoder: (request, model) => new TranscriptStream(request, model),
	};
}

function formatOf({ speakers, timestamps }: TranscriptionRequest): string {
	if (speakers) return "diarized_json";
	return timestamps.length > 0 ? "verbose_json" : "json";
}

/** The longest sample of a speaker's voice that OpenAI takes, in seconds. */
const MAX_SAMPLE_SECONDS = 10;

/** The same with the samples of voices that are sent along, which the model hears too. */
function withSamples(allowance: AudioAllowance, samples: Json | undefined): AudioAllowance {
	if (!Array.isArray(samples)) return allowance;
	const tokens = samples.length * MAX_SAMPLE_SECONDS * MAX_SOUND_TOKENS_PER_SECOND;
	return { ...allowance, inputTokens: allowance.inputTokens + tokens };
}

/** Any server that says it is compatible with OpenAI. */
export const compatibleTranscription = openaiTranscription({ lacks: ["user"], extensions: true });

function filePart({ name, type, bytes }: TranscriptionRequest["file"]): FormPart {
	// Vendors read the kind of the sound from the name, where it has an ending.
	return { name: "file", fileName: name, type: type ?? "application/octet-stream", bytes };
}

function decode(body: unknown, request: TranscriptionRequest): Transcript {
	if (!isObject(body)) throw malformed("the answer is not a JSON object");
	const { text, language, duration } = body;
	if (typeof text !== "string") throw errorWithin(body) ?? malformed("the answer has no text");
	const segments = listOf(body.segments, segmentOf);
	const words = listOf(body.words, wordOf);
	for (const wanted of request.timestamps) {
		if ((wanted === "segment" ? segments : words) === undefined)
			throw malformed(`the answer has no times of ${wanted}s`);
	}
	if (request.speakers && segments?.every(({ details }) => isWord(details?.speaker)) !== true)
		throw malformed("the answer does not tell speakers apart");
	return {
		text,
		...(isWord(language) && { language }),
		...(typeof duration === "number" && { duration }),
		...(segments !== undefined && { segments }),
		...(words !== undefined && { words }),
		...logprobsIn(body),
		usage: usageIn(body.usage) ?? secondsUsage(duration) ?? heardUsage(request),
	};
}

function logprobsIn({ logprobs }: Record<string, unknown>): { logprobs?: Json } {
	return Array.isArray(logprobs) && isShallow(logprobs) ? { logprobs: logprobs as Json } : {};
}

/** The time or the tokens that were billed; null for neither. */
function usageIn(reported: unknown): Usage | null {
	if (!isObject(reported)) return null;
	if (reported.type === "duration") return secondsUsage(reported.seconds);
	const details = isObject(reported.input_token_details) ? reported.input_token_details : {};
	return normalUsage({
		input: reported.input_tokens,
		output: reported.output_tokens,
		audioInput: details.audio_tokens,
	});
}

/** Entries that make sense; undefined where there is no list. */
function listOf<T>(list: unknown, read: (entry: Record<string, unknown>) => T | null): readonly T[] | undefined {
	return Array.isArray(list) ? list.filter(isObject).flatMap((entry) => read(entry) ?? []) : undefined;
}

/** Places are counted anew; names of segments are kept. */
function segmentOf({ start, end, text, id, ...rest }: Record<string, unknown>): Segment | null {
	if (typeof start !== "number" || typeof end !== "number" || typeof text !== "string") return null;
	const details = { ...(typeof id === "string" && { id }), ...rest };
	return { start, end, text, ...(isShallow(details) && { details: details as JsonObject }) };
}

function wordOf({ start, end, word }: Record<string, unknown>): Word | null {
	if (typeof start !== "number" || typeof end !== "number" || typeof word !== "string") return null;
	return { start, end, word };
}

class TranscriptStream implements StreamDecoder<TranscriptionChunk> {
	readonly #request: TranscriptionRequest;
	readonly #model: Model;
	readonly #segments: Segment[] = [];
	#isDone = false;

	constructor(request: TranscriptionRequest, model: Model) {
		this.#request = request;
		this.#model = model;
	}

	push(event: SseEvent): TranscriptionChunk[] {
		if (isTerminator(event)) return [];
		const body = parseJson(event.data);
		if (!isObject(body)) throw malformed("an event of the stream is not a JSON object");
		switch (body.type) {
			case "transcript.text.delta":
				return isWord(body.delta) ? [{ delta: body.delta, ...logprobsIn(body) }] : [];
			case "transcript.text.segment": {
				const segment = segmentOf(body);
				if (segment === null) return [];
				this.#segments.push(segment);
				return [{ delta: "", segment }];
			}
			case "transcript.text.done":
				return [this.#done(body)];
			default: {
				const error = errorInEvent(event.event ?? "", body);
				if (error !== null) throw error;
				return [];
			}
		}
	}

	end(): TranscriptionChunk[] {
		if (!this.#isDone) throw truncated();
		return [];
	}

	#done(body: Record<string, unknown>): TranscriptionChunk {
		this.#isDone = true;
		const { speakers: _, ...request } = this.#request;
		const told = decode(body, request);
		const whole = this.#segments.length === 0 ? told : { ...told, segments: this.#segments };
		// A price by the minute is met by what was read; tokens that nothing tells of are not.
		const usage = this.#model.rules.audioFees?.minute === undefined ? usageIn(body.usage) : whole.usage;
		return { delta: "", whole, ...(usage !== null && { usage }) };
	}
}
