// Estimates tokens where no vendor has counted them.
import { estimateTokenCount } from "tokenx";

/** Of a longer text only stretches are looked at, in UTF-16 units: each million takes a quarter of a second. */
const MAX_READ_LENGTH = 1_000_000;
/** How many stretches, which lie evenly over the text. */
const STRETCHES = 50;

/**
 * About how many tokens a text has. Errs on the high side for the kinds of text it was measured on. A very long text is
 * known by stretches of it.
 */
export function estimateTokens(text: string): number {
	const { length } = text;
	if (length <= MAX_READ_LENGTH) return estimateTokenCount(text);
	const stretch = MAX_READ_LENGTH / STRETCHES;
	let tokens = 0;
	for (let index = 0; index < STRETCHES; index++) {
		const from = Math.floor(((length - stretch) * index) / (STRETCHES - 1));
		tokens += estimateTokenCount(text.slice(from, from + stretch));
	}
	return Math.ceil((tokens / MAX_READ_LENGTH) * length);
}

/** How much of each text a rough estimate reads, in UTF-16 units. */
const SAMPLE = 64;
/** Tokens for a unit of Latin text, of other alphabets, and of scripts whose signs stand for words or syllables. */
export const ROUGH_TOKENS_PER_LATIN = 0.25;
const PER_LETTER = 0.5;
const PER_SIGN = 0.9;

/** About how many tokens a text has, within a factor of two or so: for choosing, in next to no time. */
export function roughTokens(text: string): number {
	const length = Math.min(SAMPLE, text.length);
	if (length === 0) return 0;
	let tokens = 0;
	for (let i = 0; i < length; i++) {
		const unit = text.charCodeAt(i);
		tokens += unit < 0x250 ? ROUGH_TOKENS_PER_LATIN : unit < 0x2e80 ? PER_LETTER : PER_SIGN;
	}
	return (tokens / length) * text.length;
}
