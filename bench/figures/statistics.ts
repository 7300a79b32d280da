// What measurements say: quantiles, and figures per request.

/** What one order to `load.ts` brought: times in milliseconds, and how often which error came. */
export interface Measurement {
	readonly milliseconds: number;
	readonly bytes: number;
	/** How often content arrived, over all streams. */
	readonly pieces: number;
	readonly totals: Float64Array;
	readonly firsts: Float64Array;
	readonly errors: Readonly<Record<string, number>>;
}

/** The same with the processor time that the gateway used, in milliseconds; null when there is none. */
export type Charged = Omit<Measurement, "errors"> & { readonly processor: number | null };

export type Summary = ReturnType<typeof summary>;

/** Middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: ArrayLike<number>): number {
	const sorted = Float64Array.from(values).sort();
	const middle = sorted.length >> 1;
	const at = (index: number): number => sorted[index] ?? Number.NaN;
	return sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
}

/** The smallest value that `share` of all values do not exceed (nearest rank); NaN of too few values to have a tail. */
export function percentile(values: ArrayLike<number>, share: number): number {
	if (values.length * (1 - share) < 0.999) return Number.NaN;
	return Float64Array.from(values).sort()[Math.ceil(share * values.length) - 1] ?? Number.NaN;
}

/** Least, median and greatest of the rounds. */
export function spread(values: readonly number[]): { min: number; median: number; max: number } {
	return { min: Math.min(...values), median: median(values), max: Math.max(...values) };
}

/**
 * What one measurement (see `load.ts`) says; times in milliseconds. `processor` is the milliseconds of processor time
 * that the gateway used, null when there is none.
 */
export function summary({ milliseconds, bytes, pieces, totals, firsts, processor }: Charged) {
	const seconds = milliseconds / 1000;
	const percentiles = (values: Float64Array) => ({
		p50: median(values),
		p95: percentile(values, 0.95),
		p99: percentile(values, 0.99),
	});
	return {
		requests: totals.length,
		requests_per_second: totals.length / seconds,
		bytes_per_second: bytes / seconds,
		pieces_per_stream: pieces / totals.length,
		total: percentiles(totals),
		first: percentiles(firsts),
		processor_per_request: processor === null ? null : processor / totals.length,
	};
}

/** All rounds of one target in one cell as a single measurement. */
export function pooled(measurements: readonly Charged[]): Charged {
	const concat = (pick: (one: Charged) => Float64Array) =>
		Float64Array.from(measurements.flatMap((one) => [...pick(one)]));
	const sum = (pick: (one: Charged) => number) => measurements.reduce((total, one) => total + pick(one), 0);
	return {
		milliseconds: sum((one) => one.milliseconds),
		bytes: sum((one) => one.bytes),
		pieces: sum((one) => one.pieces),
		totals: concat((one) => one.totals),
		firsts: concat((one) => one.firsts),
		processor: measurements.some((one) => one.processor === null) ? null : sum((one) => one.processor ?? 0),
	};
}
