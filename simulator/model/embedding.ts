/**
 * The vectors of the simulated models: near for texts that share words or parts of words, and far for others, so that
 * retrieval can be tried. Each feature of a text, a word or three letters of one, pushes a few numbers of its vector
 * up or down. Vectors of different models have nothing to do with each other.
 */

/** How much a whole word counts beside three letters of it. */
const WORD_WEIGHT = 3;
/** How many numbers of a vector a feature moves. */
const SPREAD = 8;
/** Words that stand in nearly every text count little. */
const COMMON = new Set(
	"a an and are as at be by for from how i in is it my of on or that the to was what with".split(" "),
);
const COMMON_WEIGHT = 0.1;

/** A vector of `dimensions` numbers and length one; a list of tokens counts each as a word. */
export function embed(input: string | readonly number[], modelId: string, dimensions: number): number[] {
	const vector = new Array<number>(dimensions).fill(0);
	for (const [feature, weight] of featuresOf(input)) {
		let state = hash(`${modelId} ${feature}`);
		for (let move = 0; move < SPREAD; move++) {
			state = next(state);
			const at = state % dimensions;
			vector[at] = (vector[at] ?? 0) + (state >>> 31 === 0 ? weight : -weight);
		}
	}
	return unit(vector);
}

/** The same direction with a length of one, in the precision of 32-bit floats as vendors send it. */
export function unit(vector: readonly number[]): number[] {
	const norm = Math.sqrt(vector.reduce((sum, number) => sum + number * number, 0));
	return norm === 0 ? [1, ...vector.slice(1)] : vector.map((number) => Math.fround(number / norm));
}

function* featuresOf(input: string | readonly number[]): Generator<readonly [feature: string, weight: number]> {
	if (typeof input !== "string") {
		for (const token of input) yield [`token ${token}`, WORD_WEIGHT];
		return;
	}
	for (const word of input.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [input]) {
		const share = COMMON.has(word) ? COMMON_WEIGHT : 1;
		yield [word, WORD_WEIGHT * share];
		const padded = `^${word}$`;
		for (let at = 0; at + 3 <= padded.length; at++) yield [`part ${padded.slice(at, at + 3)}`, share];
	}
}

/** FNV-1a. */
function hash(text: string): number {
	let state = 0x811c9dc5;
	for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
	return state >>> 0;
}

/** Xorshift; zero would stay zero. */
function next(state: number): number {
	let x = state || 0x9e3779b9;
	x ^= x << 13;
	x ^= x >>> 17;
	x ^= x << 5;
	return x >>> 0;
}
