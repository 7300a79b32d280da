import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_REQUEST_MS } from "#core/request-limits";
import { LargeBodies, MAX_LARGE_BODIES_BYTES, MAX_UNCOUNTED_BYTES } from "#gateway/large-bodies";
import { cases } from "#test/support/scale";

const MIB = 1024 * 1024;

describe("the large bodies of an isolate", () => {
	it("are never more together than it admits, and take no room once their requests are over", () => {
		const step = fc.oneof(
			{ weight: 4, arbitrary: fc.record({ of: fc.nat(5), bytes: fc.integer({ min: 1, max: 12 * MIB }) }) },
			{ weight: 1, arbitrary: fc.record({ of: fc.nat(5), bytes: fc.constant(null) }) },
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
				const bodies = new LargeBodies(() => 0);
				const shares = Array.from({ length: 6 }, () => bodies.share());
				const held = shares.map(() => 0);
				const ended = shares.map(() => false);
				const counted = () => held.reduce((sum, bytes) => sum + (bytes > MAX_UNCOUNTED_BYTES ? bytes : 0), 0);
				let peak = 0;
				for (const { of, bytes } of steps) {
					const share = shares[of];
					if (share === undefined || ended[of]) continue;
					const before = held[of] ?? 0;
					const free = MAX_LARGE_BODIES_BYTES - counted();
					if (bytes === null) {
						share.release();
						share.release();
						ended[of] = true;
					} else {
						const fits =
							before + bytes <= MAX_UNCOUNTED_BYTES ||
							before + bytes - (before > MAX_UNCOUNTED_BYTES ? before : 0) <= free;
						if (fits) share.add(bytes);
						else
							expect(() => share.add(bytes)).toThrow(
								expect.objectContaining({
									details: expect.objectContaining({ status: 503, code: "large_bodies_full" }),
								}),
							);
						ended[of] = !fits;
					}
					held[of] = ended[of] ? 0 : before + (bytes ?? 0);
					peak = Math.max(peak, counted());
					expect(bodies.bytes).toBe(counted());
					expect(bodies.bytes).toBeLessThanOrEqual(MAX_LARGE_BODIES_BYTES);
				}
				expect(bodies.peakBytes).toBe(peak);
				for (const share of shares) share.release();
				expect(bodies.bytes).toBe(0);
			}),
			{ numRuns: cases(500, 100) },
		);
	});

	it("of requests that the runtime has dropped are forgotten when no request can live so long", () => {
		let now = 0;
		const bodies = new LargeBodies(() => now);
		bodies.share().add(28 * MIB);
		now = 1_000;
		const alive = bodies.share();
		alive.add(20 * MIB);
		expect(() => bodies.share().add(2 * MIB)).toThrow();
		now = MAX_REQUEST_MS + 1;
		bodies.share().add(20 * MIB);
		expect(bodies.bytes).toBe(40 * MIB);
		alive.release();
		expect(bodies.bytes).toBe(20 * MIB);
	});
});
