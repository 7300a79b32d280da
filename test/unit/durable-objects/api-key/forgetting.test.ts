import { describe, expect, test } from "vitest";
import type { BudgetSpec } from "#core/budget/budget";
import { budget, type Key, tokenOf, World } from "#test/support/key-object";

const DAY = 86_400_000;

async function spend(key: Key, amount: number, endUser: string | null = null): Promise<void> {
	const scope = { provider: "openai", model: "openai/gpt-6", endUser };
	const granted = await key.reserve(amount, { scope });
	tokenOf(granted);
	expect(key.settle([granted], amount)).toBe("applied");
}

const linesOf = (key: Key) => [...key.disk.lines.values()].map(({ ref }) => [ref.budgetId, ref.endUser]).toSorted();

describe("what nothing comes for any more is forgotten", () => {
	test.each<[string, BudgetSpec["window"], number, number]>([
		["a day", "day", 1.4, 2.6],
		["a week", "week", 4, 9],
		["a month", "month", 26, 28],
		["a rolling hour", { rollingSeconds: 3600 }, 1 / 25, 0.1],
	])("the lines of end users that never came back, of %s, by an alarm alone", async (_, window, still, gone) => {
		const world = new World();
		const key = world.key("k", { budgets: [budget({ window, perEndUser: true })] });
		for (let n = 0; n < 5; n++) await spend(key, 100, `user-${n}`);
		await world.pass(still * DAY);
		expect(linesOf(key)).toHaveLength(5);
		await world.pass((gone - still) * DAY + 1);
		expect(linesOf(key)).toEqual([]);
		// There is nothing left to wake for.
		expect(key.wakesAt).toBeNull();
		await spend(key, 1_000, "user-0");
		await expect(spend(key, 1, "user-0")).rejects.toThrow();
	});

	test("never what still counts, whoever else is forgotten", async () => {
		const world = new World();
		const specs = [
			budget(),
			budget({ id: "m", window: "month" }),
			budget({ id: "d", window: "day", perEndUser: true }),
		];
		const key = world.key("k", { budgets: specs });
		await spend(key, 400, "a");
		await world.pass(3 * DAY);
		await spend(key, 500, "b");
		await world.pass(20_000);
		key.restart();
		expect(linesOf(key)).toEqual([
			["b", ""],
			["d", "b"],
			["m", ""],
		]);
		const { budgets } = await key.teller.budgetStatus();
		expect(budgets.map(({ settled }) => settled)).toEqual([900, 900, expect.any(Number)]);
		await expect(spend(key, 101, "c")).rejects.toThrow();
		await spend(key, 100, "c");
	});

	test("the lines of a budget that was taken away, a day after, and a truth that comes before counts", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget(), budget({ id: "gone", window: "month" })] });
		await spend(key, 100);
		const open = await key.reserve(50);
		key.change({ budgets: [budget()], version: world.now });
		await world.pass(0.9 * DAY);
		expect(linesOf(key).map(([id]) => id)).toEqual(["b", "gone"]);
		await world.pass(0.2 * DAY);
		expect(linesOf(key).map(([id]) => id)).toEqual(["b"]);
		// The truth of what ran out meanwhile takes nothing from a line that is gone, and still counts on the one that is
		// not.
		expect(key.settle([open], 20)).toBe("applied");
		expect((await key.teller.budgetStatus()).budgets[0]).toMatchObject({ settled: 120, remaining: 880 });
	});

	test("the last budget's lines as well, though the key has none left to wake for", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget()] });
		await spend(key, 100);
		key.change({ budgets: [], version: world.now });
		await world.pass(1.1 * DAY);
		expect(linesOf(key)).toEqual([]);
		expect(key.wakesAt).toBeNull();
	});
});
