// Within what members make keys by themselves.
import { expect, test } from "vitest";
import { countedSince, isWithin, type SelfService, termsOf } from "#core/key/self-service";

const CEILINGS: SelfService = { maxKeys: 2, maxBudget: 20, window: "month", maxDays: 30 };
const DAY_MS = 86_400_000;

test("terms are what was asked for, and the ceilings where nothing was said", () => {
	expect(termsOf(null, CEILINGS)).toEqual({ budget: { limit: 20, window: "month" }, days: 30 });
	expect(termsOf({ limit: 5, window: "day" }, CEILINGS)).toEqual({ budget: { limit: 5, window: "day" }, days: 30 });
	expect(termsOf(null, null)).toEqual({ budget: null, days: null });
});

test.each([
	[{ limit: 20, window: "month" }, true],
	[{ limit: 0, window: "month" }, true],
	[{ limit: 21, window: "month" }, false],
	[{ limit: 1, window: "day" }, false],
	[null, false],
] as const)("%j is within the ceilings: %s", (budget, within) => {
	expect(isWithin({ budget, days: null }, CEILINGS)).toBe(within);
});

test.each([
	["day", 99 * DAY_MS],
	["week", 93 * DAY_MS],
	["month", 69 * DAY_MS],
	["total", 0],
] as const)("a key that ended counts until its budget's %s has passed", (window, since) => {
	expect(countedSince({ ...CEILINGS, window }, 100 * DAY_MS)).toBe(since);
});
