/** What vendors bill of sound beside tokens: its time, or the text that is spoken, in characters or bytes of UTF-8. */

export const AUDIO_UNITS = ["millisecond", "character", "byte"] as const;
type AudioUnit = (typeof AUDIO_UNITS)[number];
/** How many of each, of a call as a whole. */
export type AudioUnits = Readonly<Partial<Record<AudioUnit, number>>>;

/** What each unit costs, in nano-dollars: of time a minute, so that prices by the minute are whole numbers. */
export interface AudioFees {
	readonly minute?: number;
	readonly character?: number;
	readonly byte?: number;
}

/** What a call with sound comes to at most. */
export interface AudioAllowance {
	readonly units: AudioUnits;
	/** Tokens of the sound that goes in; 0 for none. */
	readonly inputTokens: number;
	/** All that comes out, in tokens. */
	readonly outputTokens: number;
	/** Sound comes out, of which nothing that was received tells how many tokens it is. */
	readonly speaks?: true;
}

/** Sound comes to no more tokens a second at any vendor: Gemini counts 32 of what it hears, OpenAI fewer. */
export const MAX_SOUND_TOKENS_PER_SECOND = 32;
