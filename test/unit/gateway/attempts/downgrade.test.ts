import { describe, expect, it } from "vitest";
import {
	at,
	budgetWith,
	errorOf,
	expectBooksInOrder,
	fails,
	type Setting,
	says,
	TestRun,
} from "#test/support/failover-run";

/** One token in or out costs a nano-dollar or two at the first, and next to nothing at the second. */
const price = (pico: number) => [
	{ from: 0, price: { input: pico, cacheRead: pico, cacheWrite: pico, cacheWriteHour: pico, output: pico } },
];
const DEAR = { ...at("dear", says("dear")), model: { prices: price(1_000), maxOutput: 4_000 } };
/** A tenth of that: the shortest answer that is worth holding for costs some 56 nano-dollars. */
const MODEST = { ...DEAR, model: { prices: price(100), maxOutput: 4_000 } };
const CHEAP = { ...at("cheap", says("cheap")), model: { prices: price(1), maxOutput: 4_000 } };

const run = (setting: Partial<Setting>) =>
	new TestRun({
		targets: [DEAR, CHEAP],
		aside: ["cheap"],
		alias: { downgrade: { above: 0.8, model: "cheap/m" } },
		request: { stream: false },
		...setting,
	});

describe("an alias with a cheaper model for when the budget runs low", () => {
	it("uses its own models while it does not", async () => {
		const tried = run({ tightest: budgetWith(500) });
		expect(await tried.text()).toBe("dear");
		expect(tried.failover.insteadOf).toBeNull();
		expect(tried.released).toEqual([]);
	});

	it("uses the cheaper one beyond the threshold, and gives the other's hold back unused", async () => {
		const tried = run({ targets: [MODEST, CHEAP], tightest: budgetWith(100), mostHeld: 60 });
		expect(await tried.text()).toBe("cheap");
		expect(tried.failover.insteadOf).toBe("dear/m");
		expect(tried.calls).toEqual(["cheap"]);
		expect(tried.released).toEqual(["req_1.1"]);
		expect(tried.settled.map(({ attemptId }) => attemptId)).toEqual(["req_1.2"]);
		expect(tried.failover.plan?.candidates.map(({ model }) => model.provider)).toEqual(["cheap", "dear"]);
		expectBooksInOrder(tried);
	});

	it("does not count what the request itself holds as used", async () => {
		const tried = run({ tightest: budgetWith(100), request: { stream: false, max_completion_tokens: 200 } });
		expect(await tried.text()).toBe("dear");
		expect(tried.settled[0]?.token?.amount).toBeGreaterThanOrEqual(100);
	});

	it("uses it when the budget affords a short answer only", async () => {
		const tried = run({ tightest: budgetWith(900), mostHeld: 600 });
		expect(await tried.text()).toBe("cheap");
		expect(tried.failover.insteadOf).toBe("dear/m");
	});

	it("uses it when the budget affords nothing else", async () => {
		const request = { stream: false, max_completion_tokens: 2_000 };
		const tried = run({ mostHeld: 1_000, request });
		expect(await tried.text()).toBe("cheap");
		expect(tried.released).toEqual([]);
		const broke = run({ mostHeld: 0, request });
		await expect(broke.text()).rejects.toThrow(/budget/);
		expect(broke.calls).toEqual([]);
	});

	it("uses it when what is held affords no answer of its own, and gives that back", async () => {
		const tried = run({ tightest: budgetWith(100), mostHeld: 50 });
		expect(await tried.text()).toBe("cheap");
		expect(tried.failover.insteadOf).toBe("dear/m");
		expect(tried.released).toEqual(["req_1.1"]);
		expect(tried.calls).toEqual(["cheap"]);
		expectBooksInOrder(tried);
	});

	it("goes on with its own when the cheaper one cannot be held for", async () => {
		const tried = run({ targets: [MODEST, CHEAP], tightest: budgetWith(100), mostHeld: 60, affords: 1 });
		expect(await tried.text()).toBe("dear");
		expect(tried.failover.insteadOf).toBeNull();
		expect(tried.released).toEqual([]);
		expectBooksInOrder(tried);
	});

	it.each([
		["is gone", { model: "none/m" }],
		["is the first of its own", { model: "dear/m" }],
	])("goes on with its own when the cheaper one %s", async (_, downgrade) => {
		const tried = run({ tightest: budgetWith(0), alias: { downgrade: { above: 0.5, ...downgrade } } });
		expect(await tried.text()).toBe("dear");
		expect(tried.released).toEqual([]);
	});

	it("falls back on its own when the cheaper one fails", async () => {
		const targets = [MODEST, { ...CHEAP, manners: [fails(500)] }];
		const tried = run({ targets, tightest: budgetWith(100), mostHeld: 60 });
		expect(await tried.text()).toBe("dear");
		expect(tried.labels).toEqual(["cheap:500", "dear:200"]);
		expectBooksInOrder(tried);
	});

	it("is refused by other limits as any request", async () => {
		const tried = run({ affords: 0, alias: { downgrade: null } });
		await expect(errorOf(tried)).rejects.toThrow(/budget/);
	});
});
