import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BudgetSpec } from "#core/budget/budget";
import { reviseBudgets, type WantedBudget } from "#core/budget/budget-revision";
import { cases } from "#test/support/scale";

function wanted(changes: Partial<WantedBudget> = {}): WantedBudget {
	return { limit: 5, window: "month", timeZone: "UTC", owner: "key", action: "block", perEndUser: false, ...changes };
}

function budget(id: string, changes: Partial<WantedBudget> = {}): BudgetSpec {
	return { ...wanted(changes), id };
}

/** The ids that come out, new ones as `new1`, `new2` and so on. */
function ids(before: BudgetSpec[], entries: WantedBudget[]): string[] {
	let made = 0;
	const revision = reviseBudgets(before, entries, () => `new${++made}`);
	if (revision.outcome !== "revised") throw new Error(`entry ${revision.index} is unknown`);
	return revision.budgets.map(({ id }) => id);
}

describe("a budget keeps its id", () => {
	test.each<[string, Partial<WantedBudget>]>([
		["its limit", { limit: 7 }],
		["its name", { name: "x" }],
		["its action", { action: "warn" }],
		["the spelling of its zone", { timeZone: "utc" }],
	])("when %s changes, named or not", (_, changes) => {
		expect(ids([budget("a")], [wanted({ ...changes, id: "a" })])).toEqual(["a"]);
		expect(ids([budget("a")], [wanted(changes)])).toEqual(["a"]);
	});

	test("when what it covers changes, if it is named", () => {
		expect(ids([budget("a")], [wanted({ id: "a", models: ["openai/*"] })])).toEqual(["a"]);
		expect(ids([budget("a")], [wanted({ models: ["openai/*"] })])).toEqual(["new1"]);
		expect(ids([budget("a")], [wanted({ providers: ["openai"] })])).toEqual(["new1"]);
	});

	test("whatever the order of its patterns", () => {
		const before = [budget("a", { models: ["x/1", "y/2"] })];
		expect(ids(before, [wanted({ models: ["y/2", "x/1"] })])).toEqual(["a"]);
	});

	test("beside others that count the same way", () => {
		const before = [budget("hard"), budget("soft", { action: "warn", limit: 4 })];
		expect(ids(before, [wanted({ action: "warn" }), wanted({ limit: 9 })])).toEqual(["soft", "hard"]);
		expect(ids(before, [wanted({ action: "warn" })])).toEqual(["soft"]);
		expect(ids(before, [wanted(), wanted({ id: "hard" })])).toEqual(["soft", "hard"]);
	});
});

test.each<[string, Partial<WantedBudget>]>([
	["window", { window: "week" }],
	["window", { window: { rollingSeconds: 3600 } }],
	["zone", { timeZone: "Asia/Shanghai" }],
	["owner", { owner: "team" }],
	["way to count end users", { perEndUser: true }],
])("a budget with another %s is another budget", (_, changes) => {
	expect(ids([budget("a")], [wanted({ ...changes, id: "a" })])).toEqual(["new1"]);
	expect(ids([budget("a")], [wanted(changes)])).toEqual(["new1"]);
});

test("an id that is not there is said to be unknown, unless what it names was just made", () => {
	const revision = reviseBudgets([budget("a")], [wanted(), wanted({ id: "b" })], () => "new");
	expect(revision).toEqual({ outcome: "unknown", index: 1 });
	expect(ids([budget("b", { window: "week" })], [wanted({ id: "a", window: "week" })])).toEqual(["b"]);
});

test("the same list again changes nothing, and no id comes twice", () => {
	const entry = fc.record({
		limit: fc.nat(9),
		window: fc.constantFrom("day", "month", "total" as const),
		timeZone: fc.constantFrom("UTC", "Asia/Shanghai"),
		owner: fc.constant("key" as const),
		action: fc.constantFrom("block", "warn" as const),
		perEndUser: fc.boolean(),
		models: fc.constantFrom(["openai/*"], ["gemini/*"]),
	});
	const list = fc.array(entry, { maxLength: 6 });
	fc.assert(
		fc.property(list, list, (first, second) => {
			let made = 0;
			const revise = (before: readonly BudgetSpec[], entries: readonly WantedBudget[]) => {
				const revision = reviseBudgets(before, entries, () => `new${++made}`);
				if (revision.outcome !== "revised") throw new Error("unknown");
				return revision.budgets;
			};
			const before = revise([], first as WantedBudget[]);
			const after = revise(before, second as WantedBudget[]);
			expect(new Set(after.map(({ id }) => id)).size).toBe(after.length);
			expect(after.map(({ id: _, ...rest }) => rest)).toEqual(second);
			expect(revise(after, second as WantedBudget[])).toEqual(after);
			expect(revise(after, after)).toEqual(after);
		}),
		{ numRuns: cases(500) },
	);
});
