/** Middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values) {
	const sorted = Float64Array.from(values).sort();
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The smallest value that `share` of all values do not exceed (nearest rank); NaN of too few values to have a tail. */
export function percentile(values, share) {
	if (values.length * (1 - share) < 0.999) return Number.NaN;
	return Float64Array.from(values).sort()[Math.ceil(share * values.length) - 1];
}

/** Least, median and greatest of the rounds. */
export function spread(values) {
	return { min: Math.min(...values), median: median(values), max: Math.max(...values) };
}

/**
 * What one measurement (see `load.mjs`) says; times in milliseconds. `processor` is the milliseconds of processor time
 * that the gateway used, null when there is none.
 */
export function summary({ milliseconds, bytes, totals, firsts, processor }) {
	const seconds = milliseconds / 1000;
	const percentiles = (values) => ({
		p50: median(values),
		p95: percentile(values, 0.95),
		p99: percentile(values, 0.99),
	});
	return {
		requests: totals.length,
		requests_per_second: totals.length / seconds,
		bytes_per_second: bytes / seconds,
		total: percentiles(totals),
		first: percentiles(firsts),
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
		processor: measurements.some((one) => one.processor === null) ? null : sum((one) => one.processor),
	};
}
