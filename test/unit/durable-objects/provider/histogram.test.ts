import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	type Histogram,
	MAX_MS,
	MIN_MS,
	merged,
	quantile,
	RELATIVE_ERROR,
	sizeOf,
	withDuration,
} from "#durable-objects/provider/histogram";
import { cases } from "#test/support/scale";

const of = (durations: readonly number[]) => durations.reduce<Histogram>(withDuration, []);
const duration = fc.oneof(
	fc.double({ min: MIN_MS, max: MAX_MS, noNaN: true }),
	fc.double({ min: MIN_MS, max: 2_000, noNaN: true }),
);

describe("a histogram of durations", () => {
	it("gives each quantile within 2 % of the duration of that rank", () => {
		fc.assert(
			fc.property(
				fc.array(duration, { minLength: 1, maxLength: 200 }),
				fc.double({ min: 0, max: 1, noNaN: true }),
				(durations, q) => {
					const exact = durations.toSorted((a, b) => a - b)[Math.floor(q * (durations.length - 1))] ?? Number.NaN;
					const estimate = quantile(of(durations), q) ?? Number.NaN;
					expect(Math.abs(estimate - exact) / exact).toBeLessThanOrEqual(RELATIVE_ERROR + 1e-9);
				},
			),
			{ numRuns: cases(1_000), seed: 20261123 },
		);
	});

	it("is the same however its parts are merged", () => {
		const parts = fc.array(fc.array(duration, { maxLength: 30 }), { minLength: 1, maxLength: 6 });
		fc.assert(
			fc.property(parts, fc.integer(), (lists, turn) => {
				const whole = of(lists.flat());
				const sketches = lists.map(of);
				const at = ((turn % lists.length) + lists.length) % lists.length;
				const turned = [...sketches.slice(at), ...sketches.slice(0, at)];
				expect(sketches.reduce(merged)).toEqual(whole);
				expect(turned.reduceRight((a, b) => merged(a, b))).toEqual(whole);
				expect(sizeOf(whole)).toBe(lists.flat().length);
			}),
			{ numRuns: cases(300), seed: 20261123 },
		);
	});

	it("needs 277 numbers at most, and takes what is beyond its bounds for these", () => {
		expect(of([1e12])).toHaveLength(277);
		expect(of([0, -5])).toEqual([2]);
		expect(of([1e12])).toEqual(of([MAX_MS]));
		expect(quantile([], 0.5)).toBeNull();
	});
});
