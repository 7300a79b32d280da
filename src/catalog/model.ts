// What a model is: capabilities, limits, quirks and prices.
import type { SpeechFormat } from "#core/audio/speech";
import type { Timestamp } from "#core/audio/transcription";
import type { AudioFees } from "#core/audio/units";
import type { Effort } from "#core/chat/chat";
import type { ProviderName } from "#core/ids";
import type { ImageUnits, Resolution } from "#core/images/units";
import type { VendorTool } from "#core/key/policy";
import type { Skill } from "#core/routing/auto-rules";
import type { Retirement } from "./retirements";

/**
 * Some are only ever outputs: a vector for a text, how relevant documents are, what there is to object to, a text that
 * is read aloud, and the words of sound.
 */
export type Modality =
	| "text"
	| "image"
	| "audio"
	| "video"
	| "pdf"
	| "embedding"
	| "rerank"
	| "moderation"
	| "speech"
	| "transcript";

/** What a provider's wire does differently for one model; data, so that a new model needs no code. */
interface Traits {
	/** The `reasoning_effort` values that the model takes, weakest first. */
	readonly efforts?: readonly Effort[];
	/** OpenAI: function tools go over the Responses API: always, unless the effort is "none", or only if one is set. */
	readonly tools_via_responses?: "always" | "unless_effort_none" | "if_effort_set";
	/** OpenAI: the Responses API alone serves it. */
	readonly responses_only?: true;
	/** Sampling parameters are refused: always, or unless the effort is "none". */
	readonly fixed_sampling?: "always" | "unless_effort_none";
	/**
	 * How thinking is asked for. Gemini: "budget" (2.5) or "level" (3 and later). Anthropic: "budget" (before 5),
	 * "adaptive", "always" (adaptive, cannot be turned off). DeepSeek and SiliconFlow: "toggle".
	 */
	readonly thinking?: "budget" | "level" | "adaptive" | "always" | "toggle";
	/** Forcing a tool is refused upstream. */
	readonly no_forced_tools?: true;
	/** Workers AI: the older input and output shape. */
	readonly classic?: true;
	/** The system prompt must be part of the first user turn. */
	readonly no_system_prompt?: true;
	/** The most tokens that one image can cost, where that is more than its vendor's models usually take. */
	readonly image_tokens?: number;
	/** How many numbers an embedding has unless fewer are asked for. */
	readonly dimensions?: number;
	/** Fewer cannot be asked for. */
	readonly fixed_dimensions?: true;
	/** How long a video may be, in seconds, and how large, as in "1280x720"; the first is its usual one. */
	readonly video?: { readonly seconds: readonly number[]; readonly sizes: readonly string[] };
	/** The most texts that the vendor embeds in one call, where that is not what its other models take. */
	readonly max_inputs?: number;
	/** The sizes of the images that it makes, in pixels, its usual one first; absent where its vendor names none. */
	readonly sizes?: readonly string[];
	/** It draws nothing of a text alone. */
	readonly edits_only?: true;
	/** The most images that it makes in one call, where that is not what its vendor's other models make. */
	readonly max_images?: number;
	/** Output tokens of an image that it makes, by resolution in its vendor's words; absent where not known. */
	readonly drawn_tokens?: Readonly<Partial<Record<Resolution, number>>>;
	/** The most pictures that it draws from; absent where its vendor names no limit of its own. */
	readonly max_pictures?: number;
	/** The longest side of a picture that it draws from, in pixels; absent where its vendor names none. */
	readonly picture_side?: number;
	/** Workers AI: how it takes a recording, as a list of its bytes or as a stream; absent: as base64. */
	readonly recording?: "numbers" | "stream";
	/** Workers AI: its inputs go out as a form. */
	readonly multipart?: true;
	/** Workers AI: it calls its steps `num_steps`. */
	readonly num_steps?: true;
	/** Each tile is billed for each step. */
	readonly tiles_by_step?: true;
	/** How many steps it takes to make an image, and the most that it may take. */
	readonly steps?: readonly [usual: number, most: number];
	/** What of a transcript it gives times of; absent where that is not known. */
	readonly timestamps?: readonly Timestamp[];
	/** It tells speakers apart. */
	readonly speakers?: true;
	/** False where it writes down what it hears in no other language. */
	readonly translates?: false;
	/** The languages that it hears or speaks, in the form of ISO 639-1; absent where its vendor names none. */
	readonly languages?: readonly string[];
	/** The voices that it speaks in; absent where not known. */
	readonly voices?: readonly string[];
	/** The voice that it speaks in where none is asked for; the first of `voices` unless given. */
	readonly voice?: string;
	/** What it gives sound as, its usual format first; absent where not known. */
	readonly speech_formats?: readonly SpeechFormat[];
	/** It streams sound as events, which bring figures of its usage. */
	readonly speech_events?: true;
	/** It is not told how fast to speak. */
	readonly fixed_speed?: true;
}

/** Prices in pico-dollars per token; `null` where unknown. One dollar per million tokens is 1,000,000. */
export interface Price {
	readonly input: number;
	readonly cacheRead: number;
	readonly cacheWrite: number;
	readonly cacheWriteHour: number;
	readonly output: number;
	/** Of tokens of sound in the prompt, cached ones too; absent where they cost what text does. */
	readonly audioInput?: number;
	/** Of tokens of sound in the answer; absent where they cost what text does. */
	readonly audioOutput?: number;
	/** Of tokens of pictures in the prompt, cached ones too; absent where they cost what text does. */
	readonly imageInput?: number;
	/** Of tokens of pictures in the answer; absent where they cost what text does. */
	readonly imageOutput?: number;
}

/** Rules on top of the base price that the vendor applies to a whole request. */
interface PriceRules {
	/** Prompts longer than `above` tokens cost these factors more, in thousandths. */
	readonly longPrompt?: { readonly above: number; readonly inputFactor: number; readonly outputFactor: number };
	/** Factors by service tier, in thousandths. */
	readonly tiers?: Readonly<Record<string, number>>;
	/** Time-of-day surcharge in UTC: factor in thousandths within [from, to) hours on these weekdays (0 is Sunday). */
	readonly peak?: {
		readonly factor: number;
		readonly weekdays: readonly number[];
		readonly hours: readonly (readonly [number, number])[];
	};
	readonly useFees?: UseFees;
	readonly videoFees?: VideoFees;
	/** What each unit of an image costs beside tokens, in nano-dollars; one that is not named costs nothing. */
	readonly imageFees?: ImageUnits;
	/** What sound costs beside tokens; a unit that is not named costs nothing. */
	readonly audioFees?: AudioFees;
}

/**
 * What each use of a tool that the vendor runs costs, in nano-dollars, whatever the tier and the hour; a tool without a
 * fee here is not used with the model.
 */
type UseFees = Readonly<Partial<Record<VendorTool, number>>>;

/** What a video costs beside tokens, in nano-dollars: as a whole, or by the second and the shorter side: "720p". */
interface VideoFees {
	readonly whole?: number;
	readonly second?: Readonly<Record<string, number>>;
}

/** A price and from when it applies, in milliseconds since the epoch. */
interface PriceEntry {
	readonly from: number;
	readonly price: Price;
}

export interface Model {
	readonly provider: ProviderName;
	/** The vendor's own id, as it goes over the wire. May contain slashes. */
	readonly id: string;
	/** Other ids that the vendor accepts for it. */
	readonly aliases: readonly string[];
	/** Tokens; null when the vendor does not say. */
	readonly context: number | null;
	readonly maxOutput: number | null;
	readonly input: readonly Modality[];
	readonly output: readonly Modality[];
	readonly tools: boolean;
	readonly jsonSchema: boolean;
	readonly reasoning: boolean;
	readonly traits: Traits;
	/** Newest last; empty when the price is unknown. */
	readonly prices: readonly PriceEntry[];
	readonly rules: PriceRules;
	/**
	 * The same weights at whatever provider hosts them share a family, which is a name to ask for; null when on its own.
	 */
	readonly family: string | null;
	/** How it compares with other models; null when neither catalog nor admin says. */
	readonly quality: Quality | null;
	/** Where it runs, as tags such as `eu`; empty when not known. */
	readonly regions: readonly string[];
	/** Nothing is known of it but the name that a caller gave. */
	readonly unlisted?: true;
	/** What it can do is not known: all that it may be able to is supposed. */
	readonly supposed?: true;
	/** Its price is not its own, but the most that it is taken to cost. */
	readonly atCeiling?: true;
	/** Its vendor no longer serves it, or will stop. */
	readonly retirement?: Retirement;
}

/**
 * A model's tier by skill, from 1, the least, to 5. The built-in ones are the gateway's reading of each vendor's own
 * line-up and prices, not measured: they order models roughly, and an admin who has measured replaces them.
 */
export type Quality = Readonly<Record<Skill, number>>;
