import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_TOKENS, normalUsage, promptTokens } from "#core/chat/usage";

describe("normalUsage", () => {
	it("keeps every term a non-negative integer and the prompt total whole, whatever an upstream reports", () => {
		const hostile = fc.oneof(
			fc.integer({ min: -5, max: 1_000_000 }),
			fc.double(),
			fc.constantFrom(undefined, null, "12", Number.NaN, Number.POSITIVE_INFINITY, -1, 1e308, {}, []),
		);
		fc.assert(
			fc.property(
				fc.record({
					input: hostile,
					output: hostile,
					cacheRead: hostile,
					cacheWrite: hostile,
					cacheWriteHour: hostile,
					reasoning: hostile,
					audioInput: hostile,
					imageInput: hostile,
					audioOutput: hostile,
					imageOutput: hostile,
				}),
				(reported) => {
					const usage = normalUsage(reported);
					if (usage === null) return;
					for (const term of Object.values(usage)) {
						if (typeof term === "number") expect(Number.isSafeInteger(term) && term >= 0).toBe(true);
					}
					// JSON knows a negative zero; it is as good as the other.
					expect(promptTokens(usage) === Math.min(Number(reported.input), MAX_TOKENS)).toBe(true);
					expect(usage.output === Math.min(Number(reported.output), MAX_TOKENS)).toBe(true);
					expect(usage.reasoning).toBeLessThanOrEqual(usage.output);
				},
			),
		);
	});

	it("separates cached from uncached input", () => {
		expect(normalUsage({ input: 100, output: 7, cacheRead: 60, cacheWrite: 10 })).toMatchObject({
			uncachedInput: 30,
			cacheRead: 60,
			cacheWrite: 10,
			output: 7,
			source: "provider",
		});
	});

	it("takes zeros for figures that nobody counted: no prompt is empty", () => {
		expect(normalUsage({ input: 0, output: 0 })).toBeNull();
		expect(normalUsage({ input: 0, output: 7 })).toBeNull();
		expect(normalUsage({ input: 1, output: 0 })).not.toBeNull();
	});
});
