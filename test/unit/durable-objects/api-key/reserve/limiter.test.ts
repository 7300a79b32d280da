import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KeyLimits } from "#core/budget/limits";
import { Limiter, newLimiterState } from "#durable-objects/api-key/reserve/limiter";
import { Rate } from "#durable-objects/api-key/reserve/rate";
import { cases } from "#test/support/scale";

const NOW = 1_800_000_000_000;

/** A token bucket in exact fractions: `tokens` is a multiple of 1 / period. */
class Bucket {
	#tokens: bigint;
	#at = NOW;

	constructor(
		readonly limit: bigint,
		readonly period: bigint,
	) {
		this.#tokens = limit * period;
	}

	#fill(now: number): void {
		this.#tokens += BigInt(now - this.#at) * this.limit;
		if (this.#tokens > this.limit * this.period) this.#tokens = this.limit * this.period;
		this.#at = now;
	}

	has(units: number, now: number): boolean {
		this.#fill(now);
		return this.#tokens >= BigInt(units) * this.period;
	}

	take(units: number): void {
		this.#tokens -= BigInt(units) * this.period;
		const floor = -this.limit * this.period;
		if (this.#tokens < floor) this.#tokens = floor;
		if (this.#tokens > this.limit * this.period) this.#tokens = this.limit * this.period;
	}

	get whole(): number {
		return this.#tokens < 0n ? 0 : Number(this.#tokens / this.period);
	}
}

describe("a rate", () => {
	test("decides as an exact token bucket does, and its waits are exact to the millisecond", () => {
		const step = fc.record({
			pause: fc.oneof(fc.nat(5), fc.nat(100_000), fc.nat(10_000_000_000)),
			units: fc.nat(30),
			correct: fc.option(fc.integer({ min: 0, max: 60 })),
		});
		fc.assert(
			fc.property(
				fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 50_000_000 })),
				fc.constantFrom(60_000, 86_400_000),
				fc.array(step, { maxLength: 30 }),
				(limit, period, steps) => {
					const bucket = new Bucket(BigInt(limit), BigInt(period));
					const rate = new Rate(limit, period, { level: 0, at: 0 });
					let now = NOW;
					for (const { pause, units, correct } of steps) {
						now += pause;
						const wait = rate.wait(units, now);
						if (units > limit) expect(wait).toBeNull();
						else expect(wait === 0).toBe(bucket.has(units, now));
						if (wait !== null && wait > 0) {
							now += wait - 1;
							expect(bucket.has(units, now)).toBe(false);
							now += 1;
							expect(bucket.has(units, now)).toBe(true);
							expect(rate.wait(units, now)).toBe(0);
						}
						if (wait !== null) {
							rate.take(units, now);
							bucket.take(units);
							if (correct !== null) {
								rate.correct(units, correct, now);
								bucket.take(correct - units);
							}
						}
						bucket.has(0, now);
						expect(rate.status(now).remaining).toBe(bucket.whole);
					}
				},
			),
			{ numRuns: cases(2000) },
		);
	});

	test("is not undone by a clock that steps back", () => {
		const rate = new Rate(2, 60_000, { level: 0, at: 0 });
		rate.take(2, NOW);
		expect(rate.wait(1, NOW - 600_000)).toBe(30_000);
		expect(rate.wait(1, NOW + 30_000)).toBe(0);
	});

	test.each([0, -1, 1.5, Number.NaN, 1e15])("of %s per day is refused", (limit) => {
		expect(() => new Rate(limit, 86_400_000, { level: 0, at: 0 })).toThrow(RangeError);
	});
});

let ids = 0;

function arrive(tokens = 1, expiresAt = NOW + 90_000) {
	return { attemptId: `r${ids++}`, tokens, expiresAt };
}

function limiterOf(limits: KeyLimits) {
	return new Limiter(limits, newLimiterState());
}

describe("a limiter", () => {
	test("counts on no limit when one of them refuses", () => {
		const limiter = limiterOf({ requestsPerMinute: 10, tokensPerMinute: 100 });
		expect(limiter.admit(arrive(101), NOW)).toEqual({
			outcome: "limited",
			by: "tokensPerMinute",
			limit: 100,
			retryAfter: null,
		});
		expect(limiter.admit(arrive(100), NOW).outcome).toBe("admitted");
		expect(limiter.admit(arrive(1), NOW)).toMatchObject({ by: "tokensPerMinute", retryAfter: 600 });
		expect(limiter.statuses(NOW)).toEqual({
			requests: { limit: 10, remaining: 9, resetAfter: 6_000 },
			tokens: { limit: 100, remaining: 0, resetAfter: 60_000 },
		});
	});

	test("says of requests what is tightest", () => {
		const limiter = limiterOf({ requestsPerMinute: 10, requestsPerDay: 3 });
		limiter.admit(arrive(), NOW);
		expect(limiter.statuses(NOW).requests).toEqual({ limit: 3, remaining: 2, resetAfter: 28_800_000 });
		expect(limiterOf({}).statuses(NOW)).toEqual({ requests: null, tokens: null });
	});

	test("replaces an estimate by the truth, up and down, and no truth by nothing", () => {
		const limiter = limiterOf({ tokensPerMinute: 100 });
		const first = arrive(80);
		limiter.admit(first, NOW);
		limiter.finish(first.attemptId, 80, 30, NOW);
		expect(limiter.statuses(NOW).tokens?.remaining).toBe(70);
		limiter.finish("other", 0, Number.NaN, NOW);
		limiter.finish("other", 0, -5, NOW);
		expect(limiter.statuses(NOW).tokens?.remaining).toBe(70);
		limiter.finish("other", 10, 60, NOW);
		expect(limiter.statuses(NOW).tokens?.remaining).toBe(20);
		limiter.finish("other", 1000, 0, NOW);
		expect(limiter.statuses(NOW).tokens?.remaining).toBe(100);
		limiter.finish("other", 0, Number.MAX_SAFE_INTEGER, NOW);
		expect(limiter.admit(arrive(1), NOW + 60_000)).toMatchObject({ retryAfter: 600 });
	});

	test("counts what runs, until it ends or its time is over", () => {
		const limiter = limiterOf({ concurrentRequests: 2 });
		const [first, second] = [arrive(1, NOW + 10_000), arrive(1, NOW + 20_000)];
		expect(limiter.admit(first, NOW).outcome).toBe("admitted");
		expect(limiter.admit(second, NOW).outcome).toBe("admitted");
		expect(limiter.admit(second, NOW).outcome).toBe("admitted");
		expect(limiter.admit(arrive(), NOW)).toMatchObject({ by: "concurrentRequests", limit: 2, retryAfter: 1_000 });
		limiter.extend(first.attemptId, NOW + 30_000);
		limiter.extend("unknown", NOW + 30_000);
		expect(limiter.admit(arrive(), NOW + 10_000)).toMatchObject({ retryAfter: 1_000 });
		limiter.finish(first.attemptId, 1, 1, NOW + 11_000);
		expect(limiter.admit(arrive(1, NOW + 50_000), NOW + 11_000).outcome).toBe("admitted");
		expect(limiter.admit(arrive(), NOW + 20_000).outcome).toBe("admitted");
		expect(limiter.admit(arrive(), NOW + 20_000).outcome).toBe("limited");
	});

	test("counts another attempt of a request as tokens and as one that runs, not as a request", () => {
		const limiter = limiterOf({ requestsPerMinute: 10, tokensPerMinute: 100, concurrentRequests: 1 });
		const first = arrive(80);
		limiter.admit(first, NOW);
		const further = { ...arrive(80), isFurther: true };
		limiter.count(further, NOW);
		expect(limiter.statuses(NOW)).toMatchObject({ requests: { remaining: 9 }, tokens: { remaining: 0 } });
		limiter.finish(first.attemptId, 80, 0, NOW);
		expect(limiter.statuses(NOW).tokens?.remaining).toBe(20);
		expect(limiter.admit(arrive(), NOW)).toMatchObject({ by: "concurrentRequests" });
		limiter.finish(further.attemptId, 80, 80, NOW);
		expect(limiter.admit(arrive(), NOW).outcome).toBe("admitted");
	});

	test("goes on from what it remembered", () => {
		const state = newLimiterState();
		new Limiter({ requestsPerMinute: 2, concurrentRequests: 1 }, state).admit(arrive(), NOW);
		const again = new Limiter({ requestsPerMinute: 2, concurrentRequests: 1 }, structuredClone(state));
		expect(again.admit(arrive(), NOW)).toMatchObject({ by: "concurrentRequests" });
		expect(again.statuses(NOW).requests?.remaining).toBe(1);
	});

	test("takes no estimate that is no count, and no limit that is none", () => {
		expect(() => limiterOf({}).admit(arrive(-1), NOW)).toThrow(RangeError);
		expect(() => limiterOf({ concurrentRequests: 0 })).toThrow(RangeError);
	});
});
