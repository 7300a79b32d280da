/** The canonical form of transcriptions: sound in, its words out, in its own language or in English. */
import type { Usage } from "#core/chat/usage";
import type { AudioFacts } from "#lib/audio/length";
import type { FormFile } from "#lib/form-fields";
import type { Json, JsonObject } from "#lib/json";

export const TIMESTAMPS = ["segment", "word"] as const;
/** What of a transcript has times. */
export type Timestamp = (typeof TIMESTAMPS)[number];

export interface TranscriptionRequest {
	readonly stream: boolean;
	/** Whether the words are wanted in English, whatever was spoken. */
	readonly translates: boolean;
	readonly file: FormFile;
	/** What was read from the file. */
	readonly facts: AudioFacts;
	/** Of the sound, in the form of ISO 639-1; absent where it is to be found out. */
	readonly language?: string;
	/** Words that may occur, or the end of what was said before. */
	readonly prompt?: string;
	/** From 0 to 1. */
	readonly temperature?: number;
	/** What of the transcript is to have times; none for its text alone. */
	readonly timestamps: readonly Timestamp[];
	/** Whether each segment is to say by whom it was spoken. */
	readonly speakers?: true;
	/** The caller's end user. */
	readonly user?: string;
	/** Fields that the gateway does not know; they go to providers that speak OpenAI's protocol. */
	readonly extensions: JsonObject;
	/** A provider's own fields, by its name. */
	readonly providerExtensions: Readonly<Record<string, JsonObject>>;
}

/** A stretch of the sound and what was said in it. Times are seconds from its beginning. */
export interface Segment {
	readonly start: number;
	readonly end: number;
	readonly text: string;
	/** What else the vendor says of it. */
	readonly details?: JsonObject;
}

export interface Word {
	readonly start: number;
	readonly end: number;
	readonly word: string;
}

export interface Transcript {
	/** Empty where nothing was said. */
	readonly text: string;
	/** As the vendor calls it. */
	readonly language?: string;
	/** Of the sound, in seconds, as the vendor says. */
	readonly duration?: number;
	readonly segments?: readonly Segment[];
	readonly words?: readonly Word[];
	/** As they came; absent where none were asked for. */
	readonly logprobs?: Json;
	usage: Usage | null;
	model?: string;
}

/** A piece of a transcript as it is made; the last one has all of it. */
export interface TranscriptionChunk {
	/** Empty in the last one. */
	readonly delta: string;
	/** As they came. */
	readonly logprobs?: Json;
	/** What was said by one of the speakers, who are named in its details. */
	readonly segment?: Segment;
	readonly whole?: Transcript;
	usage?: Usage;
}
