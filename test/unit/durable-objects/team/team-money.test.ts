import { describe, expect, test, vi } from "vitest";
import type { BudgetSpec } from "#core/budget/budget";
import type { SecretId } from "#core/ids";
import type { Reservation } from "#core/key-object/reservation";
import { MAX_DATABASE_MS } from "#store/d1/database";
import { budget, held, outcomes, START, tokenOf, World } from "#test/support/key-object";

const shared = (limit: number, more: Partial<BudgetSpec> = {}) =>
	budget({ id: "t", owner: "team", limit, window: "day", ...more });

describe("a team's money", () => {
	test("is spent to the last nano-dollar by five keys at once, and never beyond", async () => {
		const world = new World([shared(100_000)]);
		const keys = ["a", "b", "c", "d", "e"].map((id) => world.key(id));
		const all = await Promise.all(
			Array.from({ length: 150 }, (_, n) => keys[n % 5]?.reserve(1_000) ?? Promise.reject()),
		);
		expect(outcomes(all)).toEqual({ granted: 100, exhausted: 50 });
		expect(held(all)).toBe(100_000);
		expect(await world.lending.budgetStatus(false)).toMatchObject({ budgets: [{ lent: 100_000, remaining: 0 }] });
	});

	test("is told as it stands now when keys are asked, and from when the figures are of those who do not answer", async () => {
		const world = new World([shared(100_000)]);
		const [a, b] = [world.key("a"), world.key("b")];
		const both = [await a.reserve(20_000), await b.reserve(20_000)] as const;
		world.now += 5_000;
		a.settle([both[0]], 12_000);
		b.settle([both[1]], 7_000);
		const [told] = (await world.lending.budgetStatus(false)).budgets;
		expect(told).toMatchObject({
			settled: 0,
			keys: [
				{ keyId: "a", settled: 0 },
				{ keyId: "b", settled: 0 },
			],
		});
		expect(told?.asOf).toBeGreaterThanOrEqual(START);
		expect(told?.asOf).toBeLessThan(START + 1_000);
		expect((await world.lending.budgetStatus(true)).budgets[0]).toMatchObject({ settled: 19_000, asOf: world.now });
		// Asking takes nothing from a key.
		const before = world.exchanges;
		expect(await a.reserve(8_000)).toMatchObject({ outcome: "granted" });
		expect(world.exchanges - before).toBeLessThanOrEqual(1);
		b.settle([await b.reserve(1_000)], 1_000);
		b.isReachable = false;
		const asked = world.now;
		world.now += 5_000;
		const [later] = (await world.lending.budgetStatus(true)).budgets;
		expect(later).toMatchObject({ settled: 19_000, keys: [{ keyId: "a", asOf: world.now }, { keyId: "b" }] });
		expect(later?.asOf).toBeGreaterThanOrEqual(asked);
		expect(later?.asOf).toBeLessThan(world.now);
	});

	test("many requests at once ask the team few times", async () => {
		const world = new World([shared(1_000_000_000)]);
		const key = world.key("a");
		const all = await Promise.all(Array.from({ length: 200 }, () => key.reserve(1_000)));
		expect(outcomes(all)).toEqual({ granted: 200 });
		expect(world.exchanges).toBeLessThanOrEqual(5);
	});

	test("in the common case is in the key's hands before it is needed", async () => {
		const world = new World([shared(1_000_000_000)]);
		const key = world.key("a");
		for (let n = 0; n < 100; n++) await key.reserve(1_000);
		const before = world.exchanges;
		// Whoever has to wait for the team now is refused.
		for (let n = 0; n < 20; n++) {
			await Promise.resolve();
			expect(await key.reserve(1_000)).toMatchObject({ outcome: "granted" });
		}
		expect(world.exchanges - before).toBeLessThanOrEqual(2);
	});

	test("a team that cannot be reached refuses only those who need its money", async () => {
		const world = new World([shared(1_000_000)]);
		const key = world.key("a");
		for (let n = 0; n < 10; n++) await key.reserve(1_000);
		world.isTeamReachable = false;
		expect(await key.reserve(1_000)).toMatchObject({ outcome: "granted" });
		expect(await key.reserve(500_000)).toEqual({ outcome: "unavailable" });
		world.isTeamReachable = true;
		expect(await key.reserve(500_000)).toMatchObject({ outcome: "granted" });
	});

	test("held by an idle key comes back when that key falls idle", async () => {
		const world = new World([shared(100_000)]);
		const [a, b] = [world.key("a"), world.key("b")];
		a.settle([await a.reserve(60_000)], 10_000);
		await world.pass(11_000);
		expect(world.recalled).toEqual([]);
		expect(await world.lending.budgetStatus(false)).toMatchObject({ budgets: [{ lent: 10_000, settled: 10_000 }] });
		expect(await b.reserve(90_000)).toMatchObject({ outcome: "granted" });
	});

	test("held by another key comes back at once when it is all there is", async () => {
		const world = new World([shared(100_000)]);
		const [a, b] = [world.key("a"), world.key("b")];
		a.settle([await a.reserve(90_000)], 10_000);
		expect(await b.reserve(90_000)).toMatchObject({ outcome: "granted", tightest: { remaining: 0 } });
		expect(world.recalled).toEqual(["a"]);
		expect(await b.reserve(1)).toMatchObject({ outcome: "exhausted", by: { budget: { id: "t" }, remaining: 0 } });
	});

	test("a key that cannot be reached keeps what it holds, and the others are refused, not held up", async () => {
		const world = new World([shared(100_000)]);
		const [a, b] = [world.key("a"), world.key("b")];
		a.settle([await a.reserve(90_000)], 10_000);
		a.isReachable = false;
		expect(await b.reserve(90_000)).toMatchObject({ outcome: "exhausted" });
		a.isReachable = true;
		world.now += 1_000;
		expect(await b.reserve(90_000)).toMatchObject({ outcome: "granted" });
	});

	test("of a key that was revoked comes back without waiting", async () => {
		const world = new World([shared(100_000)]);
		const a = world.key("a");
		a.settle([await a.reserve(90_000)], 10_000);
		a.change({ revokedAt: START });
		await Promise.resolve();
		expect(await world.lending.budgetStatus(false)).toMatchObject({ budgets: [{ lent: 10_000 }] });
	});

	test("of a limit that was lowered is out of the keys' hands at the next request", async () => {
		const world = new World([shared(100_000)]);
		const a = world.key("a");
		a.settle([await a.reserve(40_000), await a.reserve(40_000)], 10_000);
		world.team = { ...world.team, version: 2, budgets: [shared(25_000)] };
		await world.lending.configure(world.team);
		expect(await a.reserve(5_001)).toMatchObject({ outcome: "exhausted", by: { budget: { limit: 25_000 } } });
		a.change({ budgets: world.team.budgets });
		expect(await a.reserve(5_000)).toMatchObject({ outcome: "granted" });
	});

	test("of a limit that was lowered leaves a key that its team could not reach when the key hears of it", async () => {
		const world = new World([shared(100_000)]);
		const [a, b] = [world.key("a"), world.key("b")];
		a.settle([await a.reserve(40_000), await a.reserve(40_000)], 10_000);
		b.settle([await b.reserve(1_000)], 1_000);
		a.isReachable = false;
		world.team = { ...world.team, version: 2, budgets: [shared(25_000)] };
		await world.lending.configure(world.team);
		a.change({ budgets: world.team.budgets });
		expect(await a.reserve(4_001)).toMatchObject({ outcome: "exhausted" });
		expect(await a.reserve(4_000)).toMatchObject({ outcome: "granted" });
	});

	test("a change that cannot be stored is not confirmed, and is made whole by repeating it", async () => {
		const world = new World([shared(100_000)]);
		const a = world.key("a");
		a.settle([await a.reserve(40_000), await a.reserve(40_000)], 10_000);
		world.team = { ...world.team, version: 2, budgets: [shared(25_000)] };
		a.isReachable = false;
		await world.lending.configure(world.team);
		a.store.failure = { calls: 0, when: "before" };
		expect(() => a.change({ budgets: world.team.budgets })).toThrow("the storage failed");
		a.store.failure = null;
		expect(a.teller.configure(a.registered)).toBe(2);
		expect(await a.reserve(5_001)).toMatchObject({ outcome: "exhausted" });
		expect(await a.reserve(5_000)).toMatchObject({ outcome: "granted" });
	});

	test("is cut and added to for the window of now, once for each id", async () => {
		const world = new World([shared(100)]);
		const a = world.key("a");
		const change = { id: "c", budgetId: "t", kind: "adjustment" as const, amount: 50, reason: "more", at: START };
		expect(await world.lending.adjust(change)).toEqual({ outcome: "applied" });
		expect(await world.lending.adjust(change)).toEqual({ outcome: "repeated" });
		expect(await a.teller.adjust(change)).toEqual({ outcome: "no such budget" });
		expect(await a.reserve(151)).toMatchObject({ outcome: "exhausted" });
		expect(await a.reserve(150)).toMatchObject({ outcome: "granted" });
		expect(await world.lending.budgetStatus(false)).toMatchObject({
			budgets: [{ budget: { limit: 150 }, keys: [{ keyId: "a", lent: 150, settled: 0 }] }],
		});
	});

	test("survives a restart of the team and of every key", async () => {
		const world = new World([shared(100_000)]);
		const keys = ["a", "b", "c"].map((id) => world.key(id));
		const all: Reservation[] = [];
		for (let n = 0; n < 120; n++) {
			if (n % 10 === 0) world.restartTeam();
			if (n % 15 === 0) keys[n % 3]?.restart();
			all.push(await (keys[n % 3]?.reserve(1_000) ?? Promise.reject()));
		}
		expect(held(all)).toBeLessThanOrEqual(100_000);
	});

	test("a request without an output limit gets a share of what the team has, not of what the key happens to hold", async () => {
		const world = new World([shared(100_000)]);
		const [a, b] = [world.key("a"), world.key("b")];
		expect(tokenOf(await a.reserve(1_000_000, { atLeast: 10 })).amount).toBe(25_000);
		const { amount } = tokenOf(await b.reserve(1_000_000, { atLeast: 10 }));
		expect(amount).toBeGreaterThanOrEqual(10_000);
		expect(amount).toBeLessThanOrEqual(25_000);
	});
});

describe("a team's lowered limit", () => {
	async function lower(world: World, limit: number): Promise<void> {
		const [before] = world.team.budgets;
		world.team = { ...world.team, version: world.team.version + 1, budgets: [{ ...before, ...shared(limit) }] };
		await world.lending.configure(world.team);
		for (const key of world.keys.values()) key.change({ budgets: world.team.budgets });
	}

	test("holds for what comes free at a key later", async () => {
		const world = new World([shared(100_000)]);
		const a = world.key("a");
		const open = [await a.reserve(40_000), await a.reserve(40_000)];
		await lower(world, 25_000);
		a.settle(open, 10_000);
		expect(await a.reserve(5_001)).toMatchObject({ outcome: "exhausted", by: { budget: { limit: 25_000 } } });
		expect(await a.reserve(5_000)).toMatchObject({ outcome: "granted" });
	});

	test("holds for a copy of the object that begins afterwards", async () => {
		const world = new World([shared(100_000)]);
		const a = world.key("a");
		const open = [await a.reserve(40_000), await a.reserve(40_000)];
		await lower(world, 25_000);
		a.restart();
		a.settle(open, 10_000);
		expect(await a.reserve(5_001)).toMatchObject({ outcome: "exhausted" });
	});

	test("costs no further questions once the team has said that it is covered", async () => {
		const world = new World([shared(1_000_000_000)]);
		const a = world.key("a");
		await a.reserve(1_000);
		await lower(world, 900_000_000);
		for (let n = 0; n < 50; n++) a.settle([await a.reserve(1_000)], 1_000);
		const [before, rows] = [world.exchanges, a.disk.rows];
		for (let n = 0; n < 10; n++) expect(await a.reserve(1_000)).toMatchObject({ outcome: "granted" });
		expect(world.exchanges - before).toBeLessThanOrEqual(1);
		expect(a.disk.rows - rows).toBeLessThanOrEqual(3);
	});

	test("of one budget is not taken for covered because another one is", async () => {
		const names = ["small", "large"].map((id) => shared(100_000, { id, models: [`openai/${id}`] }));
		const world = new World(names);
		const a = world.key("a");
		const on = (id: string) => ({ scope: { provider: "openai", model: `openai/${id}`, endUser: null } });
		const open = [await a.reserve(40_000, on("small")), await a.reserve(40_000, on("small"))];
		const [small, large] = names as [BudgetSpec, BudgetSpec];
		world.team = { ...world.team, version: 2, budgets: [{ ...small, limit: 25_000 }, large] };
		await world.lending.configure(world.team);
		a.change({ budgets: world.team.budgets });
		expect(await a.reserve(10, on("large"))).toMatchObject({ outcome: "granted" });
		a.settle(open, 10_000);
		expect(await a.reserve(5_001, on("small"))).toMatchObject({ outcome: "exhausted" });
		expect(await a.reserve(5_000, on("small"))).toMatchObject({ outcome: "granted" });
	});

	const cut = { id: "c", budgetId: "t", kind: "adjustment" as const, amount: -75_000, reason: "less", at: START };

	test("by a cut of the window holds for what comes free at a key later", async () => {
		const world = new World([shared(100_000)]);
		const a = world.key("a");
		const open = [await a.reserve(40_000), await a.reserve(40_000)];
		expect(await world.lending.adjust(cut)).toEqual({ outcome: "applied" });
		a.settle(open, 10_000);
		expect(await a.reserve(5_001)).toMatchObject({ outcome: "exhausted", by: { budget: { limit: 25_000 } } });
		expect(await a.reserve(5_000)).toMatchObject({ outcome: "granted" });
	});

	test("by a cut is confirmed only when every key that holds too much has heard of it", async () => {
		const world = new World([shared(100_000)]);
		const [a, b] = [world.key("a"), world.key("b")];
		await a.reserve(30_000);
		const open = await b.reserve(30_000);
		b.isReachable = false;
		await expect(world.lending.adjust(cut)).rejects.toThrow("did not answer");
		b.isReachable = true;
		expect(await world.lending.adjust(cut)).toEqual({ outcome: "repeated" });
		b.settle([open], 10_000);
		expect(await b.reserve(1)).toMatchObject({ outcome: "exhausted" });
	});

	test("never has a key ask for each hold when the budget only warns", async () => {
		const world = new World([shared(1_000, { action: "warn" })]);
		const a = world.key("a");
		for (let n = 0; n < 50; n++) a.settle([await a.reserve(1_000)], 1_000);
		const before = world.exchanges;
		for (let n = 0; n < 10; n++) expect(await a.reserve(1_000)).toMatchObject({ outcome: "granted" });
		expect(world.exchanges - before).toBeLessThanOrEqual(1);
	});
});

describe("what a team lent to a key that does not know", () => {
	const lent = async (world: World) => (await world.lending.budgetStatus(false)).budgets[0]?.lent;

	test("comes back when the answer was lost", async () => {
		const world = new World([shared(100_000)]);
		const a = world.key("a");
		world.carry = async (deliver) => {
			await deliver();
			throw new Error("the answer was lost");
		};
		expect(await a.reserve(60_000)).toEqual({ outcome: "unavailable" });
		expect(await lent(world)).toBe(60_000);
		world.carry = (deliver) => deliver();
		await world.pass(30_000);
		expect(await lent(world)).toBe(0);
	});

	test("comes back when the answer was lost and the object died", async () => {
		const world = new World([shared(100_000, { window: { rollingSeconds: 86_400 } })]);
		const a = world.key("a");
		world.carry = async (deliver) => {
			await deliver();
			throw new Error("the answer was lost");
		};
		await a.reserve(60_000);
		a.restart();
		world.carry = (deliver) => deliver();
		// A later part of the rolling window: the new copy has no reason to look for one that was never spent from.
		world.now += 2_000_000;
		await world.pass(30_000);
		expect(await lent(world)).toBe(0);
	});

	test("is not lent when the ask arrives after the key has given up on it", async () => {
		const world = new World([shared(100_000)]);
		const a = world.key("a");
		await a.reserve(1_000);
		let late: () => Promise<unknown> = async () => null;
		world.carry = async (deliver) => {
			late = deliver;
			throw new Error("the team did not answer in time");
		};
		expect(await a.reserve(60_000)).toEqual({ outcome: "unavailable" });
		world.carry = (deliver) => deliver();
		await world.pass(30_000);
		const before = await lent(world);
		await late();
		expect(await lent(world)).toBe(before);
		world.restartTeam();
		await late();
		expect(await lent(world)).toBe(before);
		expect(await a.reserve(60_000)).toMatchObject({ outcome: "granted" });
	});

	test("an object that was replaced does not ask any more", async () => {
		const world = new World([shared(100_000)]);
		const a = world.key("a");
		for (let n = 0; n < 5; n++) await a.reserve(1_000);
		const old = a.restart();
		const { version } = a.registered;
		const scope = { provider: "openai", model: "openai/gpt-6", endUser: null };
		const request = { secretId: "sec_1" as SecretId, version, attemptId: "old", scope, tokens: 1, openMs: 1_000 };
		const before = world.exchanges;
		expect(await old.reserve({ ...request, amount: 90_000, atLeast: 90_000 })).toEqual({ outcome: "unavailable" });
		expect(world.exchanges).toBe(before);
	});
});

test("a team's object that cannot read the registry lends nothing, and does not wait for it", async () => {
	vi.useFakeTimers();
	try {
		const world = new World([shared(100_000)]);
		const a = world.key("a");
		Object.defineProperty(world, "team", { get: () => new Promise(() => {}) });
		const reservation = a.reserve(1_000);
		await vi.advanceTimersByTimeAsync(2 * MAX_DATABASE_MS);
		expect(await reservation).toEqual({ outcome: "unavailable" });
	} finally {
		vi.useRealTimers();
	}
});

test("a team's rolling budget with parts shorter than clocks differ is lent at any time", async () => {
	const world = new World([shared(100_000, { window: { rollingSeconds: 60 } })]);
	const a = world.key("a");
	for (let second = 0; second < 90; second++) {
		expect(await a.reserve(1_000)).toMatchObject({ outcome: "granted" });
		world.now += 1_000;
		// The team's clock is behind the key's by half a minute.
		const { now } = world;
		world.carry = async (deliver) => {
			world.now = now - 30_500;
			try {
				return await deliver();
			} finally {
				world.now = now;
			}
		};
	}
});
