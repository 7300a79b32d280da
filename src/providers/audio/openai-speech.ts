// The codec of OpenAI's speech, as its imitators speak it too: bytes as they are made, or events with figures.
import type { Model } from "#catalog/model";
import type { SpeechChunk, SpeechFormat, SpeechRequest } from "#core/audio/speech";
import type { Usage } from "#core/chat/usage";
import { isObject, type JsonObject, parseJson } from "#lib/json";
import { isTerminator, type SseEvent } from "#lib/sse";
import type { PieceDecoder, SpeechCodec, StreamDecoder, UpstreamCall } from "#providers/adapter";
import { errorInEvent, errorWithin } from "#providers/openai-chat/errors";
import { responsesUsage } from "#providers/openai-chat/usage";
import { malformed, truncated } from "#providers/shared/faults";
import { formatFor, pieceOf, soundOf, speechAllowance, spokenUsage, voiceFor } from "./sound";

/** How a vendor's speech differs from OpenAI's. */
interface SpeechDialect {
	/** How it is told a voice. */
	voice(name: string, model: Model): string;
	/** What it does not know, and an answer is an answer without. */
	readonly lacks: readonly ("instructions" | "user")[];
	/** Whether fields that are not known here go out. */
	readonly extensions: boolean;
	/** What it is told beside. */
	readonly own?: JsonObject;
}

export function openaiSpeech({ voice: named, lacks, extensions, own = {} }: SpeechDialect): SpeechCodec {
	return {
		encode(request, model) {
			const { input, instructions, speed, user } = request;
			const voice = voiceFor(request, model);
			const dropped: string[] = extensions ? [] : Object.keys(request.extensions);
			const body: JsonObject = {
				...(extensions && request.extensions),
				...request.providerExtensions[model.provider],
				...own,
				model: model.id,
				input,
				...(voice !== undefined && { voice: named(voice, model) }),
				...(instructions !== undefined && { instructions }),
				response_format: formatFor(request, model),
				...(speed !== undefined && { speed }),
				...(model.traits.speech_events && { stream_format: "sse" }),
				...(user !== undefined && { user }),
			};
			for (const field of lacks) {
				if (!(field in body)) continue;
				delete body[field];
				dropped.push(field);
			}
			return {
				path: "/audio/speech",
				body,
				headers: { accept: "audio/*, application/octet-stream, text/event-stream, application/json" },
				dropped,
				prompts: [instructions ?? "", input],
				audio: speechAllowance(request),
			} satisfies UpstreamCall;
		},
		decode: noSound,
		decoder: (request, model) => new SpeechStream(request, model),
		pieces: (request, model, type) => soundPieces(request, model, type),
	};
}

/** Any server that says it is compatible with OpenAI. */
export const compatibleSpeech = openaiSpeech({ voice: (name) => name, lacks: ["user"], extensions: true });

/** JSON in place of sound is an error, whatever its status. */
function noSound(body: unknown): never {
	throw (isObject(body) ? errorWithin(body) : null) ?? malformed("the answer is JSON instead of sound");
}

/** Media types of sound, and of bytes of which nothing is said. */
const SOUND = /^(?:audio\/|(?:application|binary)\/octet-stream$)/;

/** Sound as it is made. Throws `UpstreamError` for another media type. */
export function soundPieces(request: SpeechRequest, model: Model, type: string): PieceDecoder<SpeechChunk> {
	if (!SOUND.test(type)) throw malformed("the answer is no sound by its media type");
	const format = formatFor(request, model);
	// What a text costs is known at once, so that whoever cuts the sound off pays it.
	let usage: Usage | null = spokenUsage(request, model);
	return {
		push(bytes) {
			const piece = { ...pieceOf(bytes, format), ...(usage !== null && { usage }) };
			usage = null;
			return [piece];
		},
		end: () => [],
	};
}

class SpeechStream implements StreamDecoder<SpeechChunk> {
	readonly #format: SpeechFormat;
	#isDone = false;

	constructor(request: SpeechRequest, model: Model) {
		this.#format = formatFor(request, model);
	}

	push(event: SseEvent): SpeechChunk[] {
		if (isTerminator(event)) return [];
		const body = parseJson(event.data);
		if (!isObject(body)) throw malformed("an event of the stream is not a JSON object");
		switch (body.type) {
			case "speech.audio.delta":
				return [pieceOf(soundOf(body.audio), this.#format)];
			case "speech.audio.done": {
				this.#isDone = true;
				const usage = responsesUsage({ usage: body.usage });
				if (usage === undefined) return [];
				return [{ ...pieceOf(new Uint8Array(), this.#format), usage: { ...usage, audioOutput: usage.output } }];
			}
			default: {
				const error = errorInEvent(event.event ?? "", body);
				if (error !== null) throw error;
				return [];
			}
		}
	}

	end(): SpeechChunk[] {
		if (!this.#isDone) throw truncated();
		return [];
	}
}
