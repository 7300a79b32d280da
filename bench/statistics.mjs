/** Middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values) {
	const sorted = Float64Array.from(values).sort();
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The smallest value that `share` of all values do not exceed (nearest rank); NaN of nothing. */
export function percentile(values, share) {
	const sorted = Float64Array.from(values).sort();
	return sorted.length === 0 ? Number.NaN : sorted[Math.ceil(share * sorted.length) - 1];
}

/** Least, median and greatest of the rounds. */
export function spread(values) {
	return { min: Math.min(...values), median: median(values), max: Math.max(...values) };
}

/** What one measurement (see `load.mjs`) says; times in milliseconds. `processor` is milliseconds used by the gateway. */
export function summary({ milliseconds, bytes, totals, firsts }, processor) {
	const seconds = milliseconds / 1000;
	return {
		requests: totals.length,
		requests_per_second: totals.length / seconds,
		bytes_per_second: bytes / seconds,
		total: { p50: percentile(totals, 0.5), p95: percentile(totals, 0.95), p99: percentile(totals, 0.99) },
		first: { p50: percentile(firsts, 0.5), p95: percentile(firsts, 0.95), p99: percentile(firsts, 0.99) },
		processor_per_request: processor === null ? null : processor / totals.length,
	};
}

/** All rounds of one target in one cell as a single measurement. */
export function pooled(measurements) {
	const concat = (pick) => Float64Array.from(measurements.flatMap((one) => [...pick(one)]));
	const sum = (pick) => measurements.reduce((total, one) => total + pick(one), 0);
	return {
		milliseconds: sum((one) => one.milliseconds),
		bytes: sum((one) => one.bytes),
		totals: concat((one) => one.totals),
		firsts: concat((one) => one.firsts),
	};
}
