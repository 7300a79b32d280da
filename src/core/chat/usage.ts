// What a request used, in the one form that all vendors' figures are brought into.
import type { AudioUnits } from "#core/audio/units";
import type { ImageUnits } from "#core/images/units";

/**
 * The one normal form of token usage. The first five terms are disjoint and sum to all tokens that are billed;
 * the "of which" terms are parts of them. Every term is a non-negative safe integer.
 */
export interface Usage {
	/** Input tokens billed at the full input price. */
	readonly uncachedInput: number;
	/** Input tokens read from the vendor's prompt cache. */
	readonly cacheRead: number;
	/** Input tokens written to the vendor's cache, kept for five minutes or for the vendor's only duration. */
	readonly cacheWrite: number;
	/** Input tokens written to the vendor's cache for an hour. */
	readonly cacheWriteHour: number;
	/** All output tokens, reasoning included. */
	readonly output: number;
	/** Of `output`: tokens spent on reasoning. */
	readonly reasoning: number;
	/** Of the input: audio tokens. */
	readonly audioInput: number;
	/** Of the input: image tokens. */
	readonly imageInput: number;
	/** Of `output`: audio tokens. */
	readonly audioOutput: number;
	/** Of `output`: image tokens. */
	readonly imageOutput: number;
	/** Searches of the web that the vendor made and bills by use, as it counts them; absent when it does not tell. */
	readonly webSearches?: number;
	/** What the vendor bills of images beside tokens; absent for nothing. */
	readonly images?: ImageUnits;
	/** What the vendor bills of sound beside tokens; absent for nothing. */
	readonly audio?: AudioUnits;
	/**
	 * What the vendor's cache saved of the cost, in nano-dollars, negative where it cost more; absent where nothing came
	 * from it or went into it, and before it is priced. No term of the tokens.
	 */
	readonly cacheDiscount?: number;
	/** "estimated" when the provider sent no usable figures. */
	readonly source: "provider" | "estimated";
}

/** What an adapter read from the wire, unchecked. `input` is the whole prompt, cached tokens included. */
interface ReportedUsage {
	input: unknown;
	output: unknown;
	cacheRead?: unknown;
	cacheWrite?: unknown;
	cacheWriteHour?: unknown;
	reasoning?: unknown;
	audioInput?: unknown;
	imageInput?: unknown;
	audioOutput?: unknown;
	imageOutput?: unknown;
	webSearches?: unknown;
}

/**
 * Larger counts are cut to this number of tokens. No request comes near, and at any price they still cost an amount
 * that a number holds.
 */
export const MAX_TOKENS = 100_000_000;
/** The same for the uses of a tool. */
const MAX_USES = 1_000_000;

function count(value: unknown): number | null {
	return typeof value === "number" && Number.isInteger(value) && value >= 0 ? Math.min(value, MAX_TOKENS) : null;
}

/** A detail that is absent or nonsense counts as zero, and never exceeds the whole it is part of. */
function part(value: unknown, whole: number): number {
	return Math.min(count(value) ?? 0, whole);
}

/**
 * Brings reported usage into normal form. A provider's figures are hostile input: returns null when the totals
 * are no counts, so that the caller estimates instead; details are clamped into their totals.
 */
export function normalUsage(reported: ReportedUsage): Usage | null {
	const input = count(reported.input);
	const output = count(reported.output);
	// Servers that count nothing report zeros; no prompt is empty.
	if (input === null || input === 0 || output === null) return null;
	const webSearches = count(reported.webSearches);
	const cacheRead = part(reported.cacheRead, input);
	const cacheWrite = part(reported.cacheWrite, input - cacheRead);
	const cacheWriteHour = part(reported.cacheWriteHour, input - cacheRead - cacheWrite);
	return {
		uncachedInput: input - cacheRead - cacheWrite - cacheWriteHour,
		cacheRead,
		cacheWrite,
		cacheWriteHour,
		output,
		reasoning: part(reported.reasoning, output),
		audioInput: part(reported.audioInput, input),
		imageInput: part(reported.imageInput, input),
		audioOutput: part(reported.audioOutput, output),
		imageOutput: part(reported.imageOutput, output),
		...(webSearches !== null && { webSearches: Math.min(webSearches, MAX_USES) }),
		source: "provider",
	};
}

/** Usage known only by estimate, in tokens. */
export function estimatedUsage(input: number, output: number): Usage {
	return {
		uncachedInput: input,
		cacheRead: 0,
		cacheWrite: 0,
		cacheWriteHour: 0,
		output,
		reasoning: 0,
		audioInput: 0,
		imageInput: 0,
		audioOutput: 0,
		imageOutput: 0,
		source: "estimated",
	};
}

/** The whole prompt in tokens, as OpenAI's `prompt_tokens` counts it. */
export function promptTokens(usage: Usage): number {
	return usage.uncachedInput + usage.cacheRead + usage.cacheWrite + usage.cacheWriteHour;
}
