// Histograms of durations.

/**
 * Durations are counted in buckets whose bounds grow by the square root of two, so a quantile read from them is off by
 * less than that factor, and two histograms merge by adding. The first bucket ends at 10 ms, the last but one at 328 s.
 */
export const LATENCY_BUCKETS = 32;

const FIRST_MS = 10;
const GROWTH = Math.SQRT2;

/**
 * The bucket that holds a duration in milliseconds, from 0 to `LATENCY_BUCKETS - 1`. Bounds belong to the lower bucket.
 */
export function latencyBucket(ms: number): number {
	if (!(ms > FIRST_MS)) return 0;
	const bucket = Math.ceil(Math.log(ms / FIRST_MS) / Math.log(GROWTH) - 1e-9);
	return Math.min(bucket, LATENCY_BUCKETS - 1);
}

/** Where a bucket ends, in milliseconds; infinite for the last. */
export function bucketEnd(bucket: number): number {
	return bucket >= LATENCY_BUCKETS - 1 ? Number.POSITIVE_INFINITY : FIRST_MS * GROWTH ** bucket;
}

/**
 * The duration below which a share of the counted ones lies, in milliseconds, interpolated within its bucket; null when
 * nothing was counted. Durations beyond the last bound are taken to be at it.
 */
export function latencyQuantile(counts: readonly number[], share: number): number | null {
	const total = counts.reduce((sum, count) => sum + count, 0);
	if (total === 0) return null;
	let left = share * total;
	for (const [bucket, count] of counts.entries()) {
		if (count === 0 || left > count) {
			left -= count;
			continue;
		}
		const from = bucket === 0 ? 0 : bucketEnd(bucket - 1);
		const to = bucket === LATENCY_BUCKETS - 1 ? from : bucketEnd(bucket);
		return from + (to - from) * (left / count);
	}
	return bucketEnd(LATENCY_BUCKETS - 2);
}
