import { describe, expect, test } from "vitest";
import type { SecretId } from "#core/ids";
import { budget, held, outcomes, START, tokenOf, World } from "#test/support/key-object";

describe("who asks", () => {
	test("an unknown secret, a revoked key and an older version hold nothing", async () => {
		const key = new World().key("k", { budgets: [budget()] });
		expect(await key.reserve(10, { secretId: "sec_2" as SecretId })).toEqual({ outcome: "refused", reason: "rotated" });
		key.change({ name: "new" });
		expect(await key.reserve(10, { version: 1 })).toMatchObject({ outcome: "changed", current: { version: 2 } });
		expect((await key.reserve(10)).outcome).toBe("granted");
		key.change({ revokedAt: START });
		expect(await key.reserve(10)).toEqual({ outcome: "refused", reason: "revoked" });
		expect((await key.teller.budgetStatus()).budgets[0]).toMatchObject({ reserved: 10, remaining: 990 });
	});

	test("what is held for one provider, or for less, serves no attempt that asks for another, or for more", async () => {
		const key = new World().key("k", { budgets: [budget()] });
		const other = { provider: "q", model: "q/m", endUser: null };
		const { attemptId } = tokenOf(await key.reserve(10));
		expect(await key.reserve(10, { attemptId })).toMatchObject({ outcome: "granted", token: { amount: 10 } });
		expect(await key.reserve(10, { attemptId, scope: other })).toEqual({ outcome: "unavailable" });
		expect(await key.reserve(11, { attemptId })).toEqual({ outcome: "unavailable" });
		expect((await key.teller.budgetStatus()).budgets[0]).toMatchObject({ reserved: 10, remaining: 990 });
	});

	test("what was held for somebody who did not hear of it is given back on that word, once, until it has run out", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget()], limits: { concurrentRequests: 2 } });
		const unheard = ({ attemptId }: { attemptId: string }) => {
			return { attemptId, token: null, actual: 0, estimated: false, void: true, tokens: 0 };
		};
		const [first, second] = [tokenOf(await key.reserve(10)), tokenOf(await key.reserve(20))];
		expect(await key.reserve(1)).toMatchObject({ outcome: "limited" });
		for (const id of ["s", "s", "t"]) key.teller.settle({ id, sentAt: world.now, items: [unheard(first)] });
		expect((await key.teller.budgetStatus()).budgets[0]).toMatchObject({ settled: 0, reserved: 20, remaining: 980 });
		expect(await key.reserve(1)).toMatchObject({ outcome: "granted" });
		await world.pass(90_000);
		key.teller.settle({ id: "u", sentAt: world.now, items: [unheard(second)] });
		expect((await key.teller.budgetStatus()).budgets[0]).toMatchObject({ reserved: 0, remaining: 979 });
	});

	test("a registry that does not answer on first use leaves the key unavailable", async () => {
		const key = new World().key("k");
		Object.defineProperty(key, "registered", { get: () => Promise.reject(new Error("down")) });
		const request = { attemptId: "a", scope: { provider: "p", model: "p/m", endUser: null }, tokens: 1, openMs: 1 };
		const question = { secretId: "sec_1" as SecretId, version: 1, amount: 1, atLeast: 1 };
		expect(await key.teller.reserve({ ...request, ...question })).toEqual({ outcome: "unavailable" });
	});

	test("a sign of life tells a running attempt that its key was revoked", async () => {
		const key = new World().key("k", { budgets: [budget()] });
		const { attemptId } = tokenOf(await key.reserve(10));
		expect(await key.teller.extend(attemptId, 90_000)).toEqual({ revoked: false });
		key.change({ revokedAt: START });
		expect(await key.teller.extend(attemptId, 90_000)).toEqual({ revoked: true });
		key.restart();
		expect(await key.teller.extend(attemptId, 90_000)).toEqual({ revoked: true });
	});
});

describe("how often", () => {
	test("answers with the exact time to wait and the figures of the headers", async () => {
		const world = new World();
		const key = world.key("k", { limits: { requestsPerMinute: 2, tokensPerMinute: 600 } });
		await key.reserve(1, { tokens: 100 });
		world.now += 1_000;
		expect(await key.reserve(1, { tokens: 100 })).toMatchObject({
			outcome: "granted",
			token: null,
			tightest: null,
			figures: {
				requests: { limit: 2, remaining: 0, resetMs: 59_000 },
				tokens: { limit: 600, remaining: 410, resetMs: 19_000 },
			},
		});
		const limited = await key.reserve(1);
		expect(limited).toMatchObject({ outcome: "limited", limit: "requestsPerMinute", most: 2, retryAfterMs: 29_000 });
		world.now += 28_999;
		expect(await key.reserve(1)).toMatchObject({ outcome: "limited", retryAfterMs: 1 });
		world.now += 1;
		expect(await key.reserve(1)).toMatchObject({ outcome: "granted" });
	});

	test("a request that expects more tokens than a minute allows waits for a whole free minute, and is counted as it was", async () => {
		const world = new World();
		const key = world.key("k", { limits: { tokensPerMinute: 60 }, budgets: [budget()] });
		const first = await key.reserve(1, { tokens: 1_000 });
		expect(await key.reserve(1, { tokens: 1_000 })).toMatchObject({ outcome: "limited", retryAfterMs: 60_000 });
		key.settle([first], 1, 15);
		expect(await key.reserve(1, { tokens: 45 })).toMatchObject({ outcome: "granted" });
		expect(await key.reserve(1, { tokens: 1 })).toMatchObject({ outcome: "limited", retryAfterMs: 1_000 });
	});

	test("a place is free again when its attempt ends, once, or its time is over without a sign of life", async () => {
		const world = new World();
		const key = world.key("k", { limits: { concurrentRequests: 1 } });
		await key.reserve(1, { attemptId: "a", openMs: 1_000 });
		expect(await key.reserve(1)).toMatchObject({
			outcome: "limited",
			limit: "concurrentRequests",
			retryAfterMs: 1_000,
		});
		await key.teller.extend("a", 5_000);
		world.now += 1_000;
		expect(await key.reserve(1)).toMatchObject({ outcome: "limited", retryAfterMs: 1_000 });
		const end = { token: null, actual: 0, estimated: false, void: false, tokens: 5 };
		key.teller.settle({ id: "s", sentAt: world.now, items: [{ attemptId: "a", ...end }] });
		expect(await key.reserve(1, { attemptId: "b", openMs: 1_000 })).toMatchObject({ outcome: "granted" });
		key.teller.settle({ id: "s", sentAt: world.now, items: [{ attemptId: "a", ...end }] });
		expect(await key.reserve(1)).toMatchObject({ outcome: "limited" });
		world.now += 1_000;
		expect(await key.reserve(1)).toMatchObject({ outcome: "granted" });
	});

	test("a refused budget uses up no limit, and a refused limit no budget", async () => {
		const world = new World();
		const key = world.key("k", { limits: { requestsPerMinute: 1 }, budgets: [budget({ limit: 100 })] });
		expect(await key.reserve(101)).toMatchObject({ outcome: "exhausted", figures: { requests: { remaining: 1 } } });
		expect(await key.reserve(60)).toMatchObject({ outcome: "granted", figures: { requests: { remaining: 0 } } });
		expect(await key.reserve(10)).toMatchObject({ outcome: "limited", tightest: { remaining: 40 } });
		expect((await key.teller.budgetStatus()).budgets[0]).toMatchObject({ reserved: 60 });
	});

	test("what was counted outlives the object when it fell idle, or with the settlements", async () => {
		const world = new World();
		const key = world.key("k", { limits: { requestsPerDay: 2 } });
		await key.reserve(1);
		await key.reserve(1);
		await world.pass(11_000);
		key.restart();
		expect(await key.reserve(1)).toMatchObject({ outcome: "limited", limit: "requestsPerDay" });
	});
});

describe("for how much", () => {
	test("refuses with the budget, what is left of it, and when it begins anew", async () => {
		const key = new World().key("k", { budgets: [budget({ window: "day", limit: 100 })] });
		await key.reserve(70);
		expect(await key.reserve(31)).toEqual({
			outcome: "exhausted",
			by: { budget: budget({ window: "day", limit: 100 }), remaining: 30, resetsAt: START + 43_200_000 },
			figures: { requests: null, tokens: null },
		});
		expect(await key.reserve(30)).toMatchObject({ outcome: "granted", tightest: { remaining: 0 } });
	});

	test("a model without a price is refused where a budget blocks, and only there", async () => {
		const world = new World();
		const blocks = budget({ models: ["openai/*"] });
		expect(await world.key("k", { budgets: [blocks] }).reserve(null)).toEqual({ outcome: "unpriced", budget: blocks });
		expect(await world.key("l", { budgets: [budget({ models: ["other/*"] })] }).reserve(null)).toMatchObject({
			outcome: "granted",
			token: null,
		});
		expect(await world.key("m", { budgets: [budget({ action: "warn" })] }).reserve(null)).toMatchObject({
			outcome: "granted",
			token: { amount: 0 },
		});
	});

	test.each([
		{ amount: 500, atLeast: 500, holds: 500 },
		{ amount: 500, atLeast: 10, holds: 250 },
		{ amount: 200, atLeast: 10, holds: 200 },
		{ amount: 5_000, atLeast: 900, holds: 900 },
		{ amount: 5_000, atLeast: 1_000, holds: 1_000 },
		{ amount: 5_000, atLeast: 1_001, holds: null },
		{ amount: 5_000, atLeast: 5_000, holds: null },
	])(
		"of 1,000, a request of at least $atLeast and at most $amount holds $holds",
		async ({ amount, atLeast, holds }) => {
			const key = new World().key("k", { budgets: [budget()] });
			const reservation = await key.reserve(amount, { atLeast });
			if (holds === null) expect(reservation.outcome).toBe("exhausted");
			else expect(tokenOf(reservation).amount).toBe(holds);
		},
	);

	test("requests without an output limit do not lock each other out", async () => {
		const key = new World().key("k", { budgets: [budget({ limit: 1_000_000 })] });
		const all = await Promise.all(Array.from({ length: 20 }, () => key.reserve(10_000_000, { atLeast: 100 })));
		expect(outcomes(all)).toEqual({ granted: 20 });
		expect(held(all)).toBeLessThanOrEqual(1_000_000);
	});

	test("a repeated attempt gets the same token and holds and counts nothing more", async () => {
		const key = new World().key("k", { budgets: [budget()], limits: { requestsPerMinute: 5 } });
		const first = await key.reserve(400, { attemptId: "a" });
		const again = await key.reserve(400, { attemptId: "a" });
		expect(tokenOf(again)).toEqual(tokenOf(first));
		const { budgets, figures } = await key.teller.budgetStatus();
		expect(budgets[0]).toMatchObject({ reserved: 400, remaining: 600 });
		expect(figures.requests).toMatchObject({ remaining: 4 });
	});

	test("a repeated batch settles once", async () => {
		const key = new World().key("k", { budgets: [budget()] });
		const token = tokenOf(await key.reserve(400));
		const item = { attemptId: token.attemptId, token, actual: 100, estimated: false, void: false, tokens: 5 };
		const batch = { id: "s", sentAt: START, items: [item] };
		expect(key.teller.settle(batch)).toBe("applied");
		expect(key.teller.settle(batch)).toBe("repeated");
		key.restart();
		expect(key.teller.settle(batch)).toBe("repeated");
		expect((await key.teller.budgetStatus()).budgets[0]).toMatchObject({ settled: 100, remaining: 900 });
	});

	test.each(["before", "after"] as const)(
		"storage that fails %s it writes refuses, and leaves nothing lost",
		async (when) => {
			const key = new World().key("k", { budgets: [budget({ limit: 100 })], limits: { requestsPerMinute: 5 } });
			await key.teller.budgetStatus();
			key.store.failure = { calls: 0, when };
			await expect(key.reserve(60)).rejects.toThrow();
			key.store.failure = null;
			expect((await key.teller.budgetStatus()).figures.requests).toMatchObject({ remaining: 5 });
			const all = [await key.reserve(60), await key.reserve(60)];
			// What may have been allowed counts as spent.
			expect(held(all)).toBe(when === "before" ? 60 : 0);
		},
	);

	test("after a crash everything that was allowed counts as spent, until settlements say less", async () => {
		const key = new World().key("k", { budgets: [budget()] });
		const granted = [await key.reserve(100), await key.reserve(100), await key.reserve(100), await key.reserve(100)];
		const before = key.restart();
		const status = (await key.teller.budgetStatus()).budgets[0];
		expect(status?.remaining).toBeLessThan(600);
		expect(status?.unproven).toBe(1_000 - (status?.remaining ?? 0));
		// The copy that was replaced may go on within what it was allowed; that is counted already.
		const ghost = await before.reserve({
			secretId: "sec_1" as SecretId,
			version: 1,
			attemptId: "ghost",
			scope: { provider: "openai", model: "openai/gpt-6", endUser: null },
			amount: 50,
			atLeast: 50,
			tokens: 1,
			openMs: 90_000,
		});
		expect(ghost.outcome).toBe("granted");
		const rest = await key.reserve(status?.remaining ?? 0);
		expect(held([...granted, ghost, rest])).toBeLessThanOrEqual(1_000);
		key.settle(granted, 10);
		expect((await key.teller.budgetStatus()).budgets[0]).toMatchObject({ settled: 40 });
	});

	test("a lower limit holds at the next request", async () => {
		const key = new World().key("k", { budgets: [budget()] });
		for (let n = 0; n < 5; n++) await key.reserve(100);
		key.change({ budgets: [budget({ limit: 550 })] });
		expect(await key.reserve(51)).toMatchObject({ outcome: "exhausted", by: { remaining: 50 } });
		expect(await key.reserve(50)).toMatchObject({ outcome: "granted" });
	});

	test("a key without budgets or limits writes nothing and is never woken", async () => {
		const world = new World();
		const key = world.key("k");
		for (let n = 0; n < 10; n++) expect(await key.reserve(100)).toMatchObject({ outcome: "granted", token: null });
		expect(key.disk.rows).toBe(0);
		expect(key.wakesAt).toBeNull();
	});
});

describe("what it costs", () => {
	test("a burst within the head-room writes nothing", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget({ limit: 1_000_000_000 })], limits: { requestsPerMinute: 1_000 } });
		for (let n = 0; n < 200; n++) await key.reserve(1_000);
		await key.reserve(400_000);
		const { rows } = key.disk;
		const woken = key.wakesAt;
		for (let n = 0; n < 200; n++) expect(await key.reserve(1_000)).toMatchObject({ outcome: "granted" });
		expect(key.disk.rows).toBe(rows);
		expect(key.wakesAt).toBe(woken);
	});

	test("with batches of 32 far less than a row a request is written", async () => {
		const world = new World();
		const budgets = [budget({ limit: 1e12 }), budget({ id: "day", limit: 1e12, window: "day" })];
		const key = world.key("k", { budgets, limits: { requestsPerMinute: 1e6 } });
		const requests = 32 * 50;
		for (let n = 0; n < requests; n += 32) {
			const granted = await Promise.all(Array.from({ length: 32 }, () => key.reserve(1_000_000)));
			key.settle(granted, 200_000, 20);
			await world.pass(250);
		}
		expect(key.disk.rows / requests).toBeLessThan(0.5);
	});
});

describe("when idle", () => {
	test("gives up its head-room, so that a crash after it leaves nothing unproven", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget()] });
		key.settle([await key.reserve(100), await key.reserve(100), await key.reserve(100)], 50);
		await world.pass(11_000);
		key.restart();
		const [status] = (await key.teller.budgetStatus()).budgets;
		expect(status).toMatchObject({ settled: 150, unproven: 0, remaining: 850 });
	});

	test("a hold past its time no longer counts as open and stays charged", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget()] });
		await key.reserve(100);
		await world.pass(89_000);
		expect((await key.teller.budgetStatus()).budgets[0]).toMatchObject({ reserved: 100, unproven: 0 });
		await world.pass(10_000);
		expect((await key.teller.budgetStatus()).budgets[0]).toMatchObject({ reserved: 0, unproven: 100, remaining: 900 });
	});
});

describe("what an admin changes", () => {
	test("a top-up counts at the next request and once", async () => {
		const key = new World().key("k", { budgets: [budget({ limit: 100 })] });
		await key.reserve(100);
		const change = { id: "c", budgetId: "b", kind: "adjustment" as const, amount: 50, reason: "more", at: START };
		expect(await key.teller.adjust(change)).toEqual({ outcome: "applied" });
		expect(await key.teller.adjust(change)).toEqual({ outcome: "repeated" });
		expect(await key.reserve(50)).toMatchObject({ outcome: "granted" });
		expect(await key.reserve(1)).toMatchObject({ outcome: "exhausted", by: { budget: { limit: 150 } } });
		expect(await key.teller.adjust({ ...change, id: "d", budgetId: "other" })).toEqual({ outcome: "no such budget" });
		expect(await key.teller.adjust({ ...change, id: "e", amount: 5e15 })).toMatchObject({ outcome: "too much" });
	});

	test("only what nothing proved can be written off, once", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget({ limit: 100 })] });
		await key.reserve(60);
		await world.pass(120_000);
		const change = { id: "c", budgetId: "b", kind: "write-off" as const, amount: 60, reason: "lost", at: START };
		expect(await key.teller.adjust({ ...change, id: "x", amount: 61 })).toEqual({ outcome: "too much", most: 60 });
		expect(await key.teller.adjust(change)).toEqual({ outcome: "applied" });
		expect(await key.teller.adjust(change)).toEqual({ outcome: "repeated" });
		expect((await key.teller.budgetStatus()).budgets[0]).toMatchObject({ unproven: 0, remaining: 100 });
	});

	test("end users are counted apart and shown together", async () => {
		const key = new World().key("k", { budgets: [budget({ limit: 100, perEndUser: true })] });
		const scope = (endUser: string | null) => ({ scope: { provider: "openai", model: "openai/gpt-6", endUser } });
		expect(await key.reserve(100, scope("u1"))).toMatchObject({ outcome: "granted" });
		expect(await key.reserve(1, scope("u1"))).toMatchObject({ outcome: "exhausted" });
		expect(await key.reserve(70, scope("u2"))).toMatchObject({ outcome: "granted" });
		expect(await key.reserve(10, scope(null))).toMatchObject({ outcome: "granted" });
		expect((await key.teller.budgetStatus()).budgets[0]).toMatchObject({ reserved: 180, remaining: 0 });
	});
});
