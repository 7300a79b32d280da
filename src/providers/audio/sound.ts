// What the codecs of speech and transcriptions share: what a call comes to, and reading sound.
import type { Model } from "#catalog/model";
import { SPEECH_FORMATS, type SpeechChunk, type SpeechFormat, type SpeechRequest } from "#core/audio/speech";
import type { TranscriptionRequest } from "#core/audio/transcription";
import { type AudioAllowance, type AudioUnits, MAX_SOUND_TOKENS_PER_SECOND } from "#core/audio/units";
import { unitsUsage } from "#core/audio/usage";
import type { Usage } from "#core/chat/usage";
import { unsupportedParameter } from "#core/errors";
import { base64Bytes, base64Of, byteLength } from "#lib/text-bytes";
import { charactersIn, voiceName } from "#operations/speech/index";
import { malformed } from "#providers/shared/faults";

/** Milliseconds in a second. */
const SECOND = 1000;
/** Vendors round a time up to whole seconds, and count the silence that a format adds at its ends. */
const ROUNDED_UP_SECONDS = 1;
/** Words of a transcript beside those that were spoken, such as names of speakers, in tokens. */
const TRANSCRIPT_TOKENS = 512;
/** Some vendors have a flat price for the smallest file, in tokens. */
const LEAST_FILE_TOKENS = 1_024;
/** A text is spoken no slower than a character in this time, in milliseconds, pauses apart. */
const MAX_MS_PER_CHARACTER = 1_000;
const PAUSES_MS = 5_000;

/** What a transcription comes to at most. `outputLimit` in tokens where the vendor is told one. */
export function transcriptionAllowance(
	{ facts }: TranscriptionRequest,
	{ maxOutput }: Pick<Model, "maxOutput">,
	outputLimit?: number,
): AudioAllowance {
	const seconds = Math.ceil(facts.mostMs / SECOND) + ROUNDED_UP_SECONDS;
	const inputTokens = Math.max(seconds * MAX_SOUND_TOKENS_PER_SECOND, LEAST_FILE_TOKENS);
	return {
		units: { millisecond: seconds * SECOND },
		inputTokens,
		outputTokens: outputLimit ?? maxOutput ?? TRANSCRIPT_TOKENS + inputTokens,
	};
}

/** What speech comes to at most. `outputLimit` in tokens where the vendor is told one. */
export function speechAllowance({ input }: SpeechRequest, outputLimit?: number): AudioAllowance {
	const characters = charactersIn(input);
	const millisecond = characters * MAX_MS_PER_CHARACTER + PAUSES_MS;
	return {
		units: { character: characters, byte: byteLength(input), millisecond },
		inputTokens: 0,
		outputTokens: outputLimit ?? Math.ceil(millisecond / SECOND) * MAX_SOUND_TOKENS_PER_SECOND,
		speaks: true,
	};
}

/** What a text costs by its length: it is known before the vendor answers. Null where it costs by something else. */
export function spokenUsage({ input }: SpeechRequest, { rules: { audioFees } }: Pick<Model, "rules">): Usage | null {
	const units: AudioUnits = {
		...(audioFees?.character !== undefined && { character: charactersIn(input) }),
		...(audioFees?.byte !== undefined && { byte: byteLength(input) }),
	};
	return Object.keys(units).length === 0 ? null : unitsUsage(units, "provider");
}

/** By the length that was read from the file, for a vendor that tells none; null where none was read. */
export function heardUsage({ facts }: TranscriptionRequest): Usage | null {
	if (!facts.isRead) return null;
	return unitsUsage({ millisecond: Math.ceil(facts.ms / SECOND) * SECOND }, "estimated");
}

/** The format in which a model answers a request. */
export function formatFor({ format }: SpeechRequest, { traits }: Pick<Model, "traits">): SpeechFormat {
	return format ?? traits.speech_formats?.[0] ?? "mp3";
}

/** The voice that a model speaks in, without its id; undefined where none is asked for or known. */
export function voiceFor({ voice }: SpeechRequest, { traits, id }: Pick<Model, "traits" | "id">): string | undefined {
	return voice === undefined ? (traits.voice ?? traits.voices?.[0]) : voiceName(voice, id);
}

export function pieceOf(audio: Uint8Array, format: SpeechFormat): SpeechChunk {
	return { audio, format, media: SPEECH_FORMATS[format] };
}

/** Throws `UpstreamError` for what is no base64, and for none of it. */
export function soundOf(base64: unknown): Uint8Array {
	if (typeof base64 !== "string" || base64 === "") throw malformed("the answer has no sound");
	const bytes = base64Bytes(base64);
	if (bytes.byteLength === 0) throw malformed("the sound of the answer is not base64");
	return bytes;
}

/** Largest file that goes out within JSON, in bytes: Gemini takes 20 MB in all, and base64 is longer by a third. */
const MAX_INLINE_BYTES = 14 * 1024 * 1024;

/** A file as base64. Throws `GatewayError` for one that is too large for that. */
export function inlineFile({ file }: TranscriptionRequest, { id }: Pick<Model, "id">): string {
	if (file.size > MAX_INLINE_BYTES)
		throw unsupportedParameter("file", `\`${id}\` takes files of at most ${MAX_INLINE_BYTES / 1024 / 1024} MiB`);
	return base64Of(file.bytes);
}
