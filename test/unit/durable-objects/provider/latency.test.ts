import { describe, expect, it } from "vitest";
import { figures, type Latency, noLatency, type Sample, sampled } from "#durable-objects/provider/latency";

const NOW = 1_800_000_000_000;
const sample = (part: Partial<Sample>): Sample => ({ ttftMs: null, stream: null, prompt: null, ...part });

function learnt(samples: readonly [number, Partial<Sample>][], before: Latency = noLatency(NOW)): Latency {
	return samples.reduce((latency, [ms, part]) => sampled(latency, sample(part), NOW + ms), before);
}

describe("the time to the first content", () => {
	it("jumps up at once and comes down by the time that passed", () => {
		const ttft = (samples: [number, number][]) =>
			figures(learnt(samples.map(([ms, ttftMs]) => [ms, { ttftMs }])), NOW).ttftMs;
		expect(
			ttft([
				[0, 100],
				[1, 900],
			]),
		).toBe(900);
		expect(
			ttft([
				[0, 900],
				[10_000, 100],
			]),
		).toBeCloseTo(100 + 800 / Math.E, 9);
		// Two steps come to the same as one, whatever their spacing.
		expect(
			ttft([
				[0, 900],
				[3_000, 100],
				[10_000, 100],
			]),
		).toBeCloseTo(100 + 800 / Math.E, 9);
	});

	it("keeps quantiles of the last two half minutes in which something came", () => {
		const quick = learnt(Array.from({ length: 40 }, (_, n) => [n, { ttftMs: 100 }]));
		const slow = learnt([[31_000, { ttftMs: 5_000 }]], quick);
		expect(figures(slow, NOW + 31_000).ttftP50Ms).toBeCloseTo(100, -1);
		const slower = learnt([[62_000, { ttftMs: 5_000 }]], slow);
		expect(figures(slower, NOW + 62_000).ttftP50Ms).toBeGreaterThan(4_800);
	});

	it("is forgotten after ten minutes without an answer, but for what is usual", () => {
		const busy = learnt(Array.from({ length: 40 }, (_, n) => [n, { ttftMs: 100 }]));
		const last = learnt([[31_000, { ttftMs: 900, stream: { ms: 1_000, outputTokens: 50 } }]], busy);
		expect(figures(last, NOW + 630_999)).toMatchObject({ ttftMs: 900, tokensPerSecond: 50 });
		const { ttftP95Ms, ...others } = figures(last, NOW + 631_000);
		expect(others).toEqual({ ttftMs: null, ttftP50Ms: null, tokensPerSecond: null });
		expect(ttftP95Ms).toBeCloseTo(100, -1);
	});

	it("learns what is usual from busy half minutes only", () => {
		const few = learnt(Array.from({ length: 19 }, (_, n) => [n, { ttftMs: 100 }]));
		expect(learnt([[30_000, { ttftMs: 100 }]], few).usualP95Ms).toBeNull();
		const enough = learnt([[19, { ttftMs: 100 }]], few);
		expect(learnt([[29_999, { ttftMs: 100 }]], enough).usualP95Ms).toBeNull();
		expect(learnt([[30_000, { ttftMs: 100 }]], enough).usualP95Ms).toBeCloseTo(100, -1);
	});
});

describe("the speed of streams", () => {
	const speed = (...streams: [number, number][]) =>
		figures(learnt(streams.map(([ms, outputTokens]) => [0, { stream: { ms, outputTokens } }])), NOW).tokensPerSecond;

	it("is the ratio of sums, not the mean of ratios", () => {
		expect(speed([1_000, 100], [9_000, 100])).toBe(20);
	});

	it("is told only by streams of 20 tokens and half a second", () => {
		expect(speed([1_000, 19])).toBeNull();
		expect(speed([499, 20])).toBeNull();
		expect(speed([500, 20])).toBe(40);
	});
});

describe("the share of cached tokens", () => {
	it("is averaged over prompts, and never more than all", () => {
		const share = (...prompts: [number, number][]) =>
			learnt(prompts.map(([tokens, cached]) => [0, { prompt: { tokens, cached } }])).cachedShare;
		expect(share([0, 0])).toBeNull();
		expect(share([100, 50])).toBe(0.5);
		expect(share([100, 50], [100, 100])).toBeCloseTo(0.55, 12);
		expect(share([10, 50])).toBe(1);
	});
});
