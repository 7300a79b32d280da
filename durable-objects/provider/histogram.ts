/**
 * A histogram of durations with logarithmic buckets, after DDSketch (Masson, Rim, Lee: "DDSketch: a fast and
 * fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019). Every quantile of durations from 10 ms
 * to 10 minutes is within 2 % of an observed one; shorter and longer ones count as these bounds. Histograms merge by
 * adding, in any order.
 */

/** How many durations fell into each bucket, by the bucket's place; trailing empty ones may be missing. */
export type Histogram = readonly number[];

export const RELATIVE_ERROR = 0.02;
export const MIN_MS = 10;
export const MAX_MS = 600_000;
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const LOG_GAMMA = Math.log(GAMMA);

/** Bucket `place` holds what is longer than `MIN_MS * GAMMA ** (place - 1)` and no longer than the next bound. */
function placeOf(ms: number): number {
	const bounded = Math.min(MAX_MS, Math.max(MIN_MS, ms));
	return Math.ceil(Math.log(bounded / MIN_MS) / LOG_GAMMA);
}

/** The duration that is as far, in proportion, from the lower bound of a bucket as from the upper one. */
function middleOf(place: number): number {
	return (MIN_MS * 2 * GAMMA ** place) / (GAMMA + 1);
}

export function withDuration(histogram: Histogram, ms: number): Histogram {
	const place = placeOf(ms);
	const next = histogram.slice();
	while (next.length <= place) next.push(0);
	next[place] = (next[place] ?? 0) + 1;
	return next;
}

export function merged(a: Histogram, b: Histogram): Histogram {
	const [longer, shorter] = a.length >= b.length ? [a, b] : [b, a];
	return longer.map((count, place) => count + (shorter[place] ?? 0));
}

export function sizeOf(histogram: Histogram): number {
	return histogram.reduce((total, count) => total + count, 0);
}

/** The duration below which a share `q` of them lies, from 0 to 1; null when there are none. */
export function quantile(histogram: Histogram, q: number): number | null {
	const size = sizeOf(histogram);
	let rank = q * (size - 1);
	for (const [place, count] of histogram.entries()) {
		if (count > rank) return middleOf(place);
		rank -= count;
	}
	return null;
}
