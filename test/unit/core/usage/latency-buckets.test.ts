import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketEnd, LATENCY_BUCKETS, latencyBucket, latencyQuantile } from "#core/usage/latency-buckets";

const durations = fc.array(fc.double({ min: 11, max: 300_000, noNaN: true }), { minLength: 1, maxLength: 200 });

function histogram(values: readonly number[]): number[] {
	const counts = new Array<number>(LATENCY_BUCKETS).fill(0);
	for (const value of values) counts[latencyBucket(value)] = (counts[latencyBucket(value)] ?? 0) + 1;
	return counts;
}

describe("latency buckets", () => {
	it("hold every duration in exactly the bucket whose bounds enclose it", () => {
		fc.assert(
			fc.property(fc.double({ min: 0, max: 10_000_000, noNaN: true }), (ms) => {
				const bucket = latencyBucket(ms);
				expect(ms).toBeLessThanOrEqual(bucketEnd(bucket) * (1 + 1e-8));
				if (bucket > 0) expect(ms).toBeGreaterThan(bucketEnd(bucket - 1) * (1 - 1e-8));
			}),
		);
	});

	it("put a bound into the lower bucket", () => {
		for (let bucket = 0; bucket < LATENCY_BUCKETS - 1; bucket++) expect(latencyBucket(bucketEnd(bucket))).toBe(bucket);
	});

	it("give a quantile in the bucket of the true one", () => {
		fc.assert(
			fc.property(durations, fc.constantFrom(0.5, 0.95, 0.99), (values, share) => {
				const sorted = [...values].sort((a, b) => a - b);
				const truth = sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
				const read = latencyQuantile(histogram(values), share) ?? Number.NaN;
				expect(read / truth).toBeGreaterThan(1 / Math.SQRT2 - 1e-6);
				expect(read / truth).toBeLessThan(Math.SQRT2 + 1e-6);
			}),
		);
	});

	it("merge by adding", () => {
		fc.assert(
			fc.property(durations, durations, (a, b) => {
				const added = histogram(a).map((count, bucket) => count + (histogram(b)[bucket] ?? 0));
				expect(added).toEqual(histogram([...a, ...b]));
			}),
		);
	});

	it("say nothing about nothing", () => {
		expect(latencyQuantile(histogram([]), 0.5)).toBeNull();
	});
});
