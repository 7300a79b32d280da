/** The canonical form of speech: a text in, sound of it out, as it is made. */
import type { Usage } from "#core/chat/usage";
import type { JsonObject } from "#lib/json";

/** What sound may be written as, and the media type of each. */
export const SPEECH_FORMATS = {
	mp3: "audio/mpeg",
	opus: "audio/ogg",
	aac: "audio/aac",
	flac: "audio/flac",
	wav: "audio/wav",
	pcm: "audio/pcm",
} as const;
export type SpeechFormat = keyof typeof SPEECH_FORMATS;
export const SPEECH_FORMAT_NAMES = Object.keys(SPEECH_FORMATS) as SpeechFormat[];

export interface SpeechRequest {
	/** Sound is always passed on as it comes. */
	readonly stream: true;
	/** Not empty. */
	readonly input: string;
	/** As the vendor calls it; absent: the model's usual one. */
	readonly voice?: string;
	/** How it is to be spoken, in words. */
	readonly instructions?: string;
	/** Absent: the model's usual one. */
	readonly format?: SpeechFormat;
	/** 1 is as usual. */
	readonly speed?: number;
	/** The caller's end user. */
	readonly user?: string;
	/** Fields that the gateway does not know; they go to providers that speak OpenAI's protocol. */
	readonly extensions: JsonObject;
	/** A provider's own fields, by its name. */
	readonly providerExtensions: Readonly<Record<string, JsonObject>>;
}

/** All of it, in pieces. */
export interface Speech {
	readonly pieces: readonly Uint8Array[];
	readonly format: SpeechFormat;
	usage: Usage | null;
	model?: string;
}

/** A piece of sound, perhaps with what all of it is billed by. */
export interface SpeechChunk {
	/** Empty where it only brings figures. */
	readonly audio: Uint8Array;
	readonly format: SpeechFormat;
	usage?: Usage;
	/** Its media type. */
	readonly media: string;
}
