import { describe, expect, test } from "vitest";
import type { BudgetSpec, HoldToken } from "#core/budget/budget";
import { adjust, writeOff } from "#durable-objects/api-key/ledger/corrections";
import { BATCH_ITEMS, type Hold, Ledger, type Reserved } from "#durable-objects/api-key/ledger/ledger";
import { newLedgerMemory } from "#durable-objects/api-key/ledger/ledger-cache";
import { DiskStore, newDisk } from "#test/support/disk";

const NOW = Date.UTC(2027, 4, 5, 12);
const DAY = 86_400_000;

function budget(spec: Partial<BudgetSpec> = {}): BudgetSpec {
	return {
		id: "b",
		limit: 100,
		window: "total",
		timeZone: "UTC",
		owner: "key",
		action: "block",
		perEndUser: false,
		...spec,
	};
}

let attempts = 0;

function hold(amount: number, more: Partial<Hold["scope"]> = {}, attemptId = `a${attempts++}`): Hold {
	return {
		attemptId,
		amount,
		scope: { provider: "openai", model: "openai/gpt-6", endUser: null, ...more },
		expiresAt: NOW + 90_000,
	};
}

function ledgerOf(specs: BudgetSpec[], step = 0, disk = newDisk()): Ledger {
	disk.owner++;
	return new Ledger(new DiskStore(disk, disk.owner), specs, newLedgerMemory(), step);
}

function tokenOf(reserved: Reserved): HoldToken {
	if (reserved.outcome !== "admitted") throw new Error(`not admitted: ${JSON.stringify(reserved)}`);
	return reserved.token;
}

let batches = 0;

function settle(ledger: Ledger, token: HoldToken, actual: number, now = NOW, isVoid = false) {
	const item = { token, actual, estimated: false, void: isVoid };
	return ledger.settle({ id: `batch${batches++}`, sentAt: now, items: [item] }, now);
}

describe("one budget", () => {
	test("admits to the last nano-dollar and not beyond", () => {
		const ledger = ledgerOf([budget()]);
		expect(ledger.reserve(hold(60), NOW).outcome).toBe("admitted");
		expect(ledger.reserve(hold(41), NOW)).toEqual({
			outcome: "refused",
			by: { budgetId: "b", limit: 100, used: 60, affordable: 40, resetsAt: null },
		});
		expect(ledger.reserve(hold(40), NOW).outcome).toBe("admitted");
		expect(ledger.affordable(hold(0).scope, NOW)).toEqual({ amount: 0, budgetId: "b", owner: "key" });
		expect(ledger.reserve(hold(0), NOW).outcome).toBe("admitted");
	});

	test("gets back what a settlement did not charge", () => {
		const ledger = ledgerOf([budget()]);
		settle(ledger, tokenOf(ledger.reserve(hold(100), NOW)), 30);
		expect(ledger.status("b", "", NOW)).toEqual({
			budgetId: "b",
			limit: 100,
			settled: 30,
			reserved: 0,
			unproven: 0,
			overrun: 0,
			lent: 0,
			remaining: 70,
			resetsAt: null,
		});
	});

	test("a repeated request for the same attempt holds once", () => {
		const ledger = ledgerOf([budget()]);
		const once = hold(60);
		expect(ledger.reserve(once, NOW)).toEqual(ledger.reserve(once, NOW));
		expect(ledger.status("b", "", NOW)?.reserved).toBe(60);
	});

	test("a repeated batch counts once, also by another copy", () => {
		const disk = newDisk();
		const ledger = ledgerOf([budget()], 0, disk);
		const item = { token: tokenOf(ledger.reserve(hold(60), NOW)), actual: 10, estimated: false, void: false };
		const batch = { id: "one", sentAt: NOW, items: [item, item] };
		expect(ledger.settle(batch, NOW)).toMatchObject({
			outcome: "applied",
			settlements: [{ charged: 10, suspect: false }],
		});
		expect(ledger.settle(batch, NOW).outcome).toBe("repeated");
		const fresh = ledgerOf([budget()], 0, disk);
		expect(fresh.settle(batch, NOW).outcome).toBe("repeated");
		expect(fresh.status("b", "", NOW)?.remaining).toBe(90);
		expect(fresh.settle(batch, NOW + DAY)).toEqual({ outcome: "late" });
	});

	test("an expired hold stays charged, and a late truth lowers it", () => {
		const ledger = ledgerOf([budget()]);
		const token = tokenOf(ledger.reserve(hold(60), NOW));
		expect(ledger.expire(NOW + 90_000)).toEqual([token]);
		expect(ledger.status("b", "", NOW)).toMatchObject({ reserved: 0, unproven: 60, remaining: 40 });
		settle(ledger, token, 20, NOW + 100_000);
		expect(ledger.status("b", "", NOW)).toMatchObject({ settled: 20, unproven: 0, remaining: 80 });
	});

	test("a heartbeat keeps a hold open", () => {
		const ledger = ledgerOf([budget()]);
		const wanted = hold(60);
		ledger.reserve(wanted, NOW);
		expect(ledger.extend(wanted.attemptId, NOW + 200_000)).toBe(true);
		expect(ledger.expire(NOW + 199_999)).toEqual([]);
		expect(ledger.extend("unknown", NOW)).toBe(false);
	});

	test("what exceeds a hold is overrun, and is covered before new work", () => {
		const ledger = ledgerOf([budget()]);
		settle(ledger, tokenOf(ledger.reserve(hold(50), NOW)), 130);
		expect(ledger.status("b", "", NOW)).toMatchObject({ settled: 50, overrun: 80, remaining: 0 });
		expect(ledger.reserve(hold(1), NOW).outcome).toBe("refused");
		ledger.configure([budget({ limit: 131 })]);
		expect(ledger.reserve(hold(1), NOW).outcome).toBe("admitted");
	});

	test("endless overruns are kept to what still counts exactly", () => {
		const ledger = ledgerOf([budget()]);
		for (const _ of [1, 2, 3, 4]) {
			settle(ledger, tokenOf(ledger.reserve(hold(0), NOW)), 4e15);
		}
		expect(ledger.status("b", "", NOW)).toMatchObject({ overrun: 4e15, remaining: 0 });
		expect(ledger.reserve(hold(1), NOW).outcome).toBe("refused");
	});

	test.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1.5, 2 ** 53, 0, "3", undefined, null, {}])(
		"a reported cost of %s charges the whole hold",
		(actual) => {
			const ledger = ledgerOf([budget()]);
			const token = tokenOf(ledger.reserve(hold(60), NOW));
			const settled = settle(ledger, token, actual as number);
			expect(settled).toMatchObject({ settlements: [{ charged: 60, suspect: true, estimated: true }] });
			expect(ledger.status("b", "", NOW)).toMatchObject({ settled: 60, remaining: 40 });
		},
	);

	test("a void gives everything back, but not when it claims a cost", () => {
		const ledger = ledgerOf([budget()]);
		settle(ledger, tokenOf(ledger.reserve(hold(60), NOW)), 0, NOW, true);
		expect(ledger.status("b", "", NOW)).toMatchObject({ settled: 0, remaining: 100 });
		settle(ledger, tokenOf(ledger.reserve(hold(60), NOW)), 5, NOW, true);
		expect(ledger.status("b", "", NOW)).toMatchObject({ settled: 60, remaining: 40 });
	});

	test.each([
		null,
		7,
		{},
		{ token: null },
		{ token: { attemptId: "x", amount: -1, lines: [] } },
		{ token: { attemptId: "x", amount: 60, lines: [null] } },
		{ token: { attemptId: "x", amount: 60, lines: [{ budgetId: "b", endUser: "", window: 0.5 }] } },
		{ token: { attemptId: "x", amount: 61, lines: [{ budgetId: "b", endUser: "", window: 0 }] }, actual: 1 },
	])("an item that names no hold of ours credits nothing: %j", (item) => {
		const ledger = ledgerOf([budget()]);
		ledger.reserve(hold(60), NOW);
		ledger.settle({ id: "odd", sentAt: NOW, items: [item as never] }, NOW);
		expect(ledger.status("b", "", NOW)?.remaining).toBe(40);
	});

	test("a token that names a line twice credits it once, and one that claims another amount credits nothing", () => {
		const ledger = ledgerOf([budget()]);
		const token = tokenOf(ledger.reserve(hold(60), NOW));
		ledger.expire(NOW + 90_000);
		ledger.reserve(hold(40), NOW);
		settle(ledger, { ...token, lines: [...token.lines, ...token.lines] }, 10);
		expect(ledger.status("b", "", NOW)?.remaining).toBe(50);
		const other = tokenOf(ledger.reserve(hold(5), NOW));
		settle(ledger, { ...other, amount: 30 }, 1);
		expect(ledger.status("b", "", NOW)?.remaining).toBe(45);
	});

	test("a batch has an end", () => {
		const items = Array.from({ length: BATCH_ITEMS + 1 }, () => null as never);
		expect(() => ledgerOf([budget()]).settle({ id: "big", sentAt: NOW, items }, NOW)).toThrow(RangeError);
	});

	test.each([-1, 0.5, Number.NaN, 4e15 + 1])("a hold of %s is not an amount", (amount) => {
		expect(() => ledgerOf([budget()]).reserve(hold(amount), NOW)).toThrow(RangeError);
		expect(() => ledgerOf([budget({ limit: amount })])).toThrow(RangeError);
	});

	test("counts exactly however many holds a window sees", () => {
		const ledger = ledgerOf([budget({ limit: 4e15 })]);
		for (let turn = 0; turn < 20; turn++) settle(ledger, tokenOf(ledger.reserve(hold(3e15), NOW)), 7);
		const late = tokenOf(ledger.reserve(hold(2e15), NOW));
		settle(ledger, tokenOf(ledger.reserve(hold(1e15), NOW)), 1);
		settle(ledger, late, 2);
		expect(ledger.status("b", "", NOW)).toMatchObject({ settled: 143, unproven: 0, remaining: 4e15 - 143 });
	});
});

describe("head-room", () => {
	test("lets most holds be admitted without a write", () => {
		const disk = newDisk();
		const ledger = ledgerOf([budget({ limit: 1_000_000 })], 200, disk);
		for (let turn = 0; turn < 100; turn++) ledger.reserve(hold(10), NOW);
		expect(disk.rows).toBeLessThan(12);
	});

	test("of a copy that died is charged, at most a step, until an admin writes it off", () => {
		const disk = newDisk();
		const ledger = ledgerOf([budget({ limit: 1000 })], 50, disk);
		for (let turn = 0; turn < 10; turn++) settle(ledger, tokenOf(ledger.reserve(hold(10), NOW)), 10);
		const fresh = ledgerOf([budget({ limit: 1000 })], 50, disk);
		const { unproven, remaining, settled } = fresh.status("b", "", NOW) ?? {};
		expect(settled).toBe(100);
		expect(unproven).toBeGreaterThan(0);
		expect(unproven).toBeLessThanOrEqual(50);
		expect(remaining).toBe(900 - (unproven ?? 0));
		const correction = { id: "w1", budgetId: "b", endUser: "", amount: unproven ?? 0, reason: "crash" };
		expect(() => writeOff(fresh, { ...correction, amount: correction.amount + 1 }, NOW)).toThrow(RangeError);
		expect(writeOff(fresh, correction, NOW)).toBe("corrected");
		expect(fresh.status("b", "", NOW)).toMatchObject({ unproven: 0, remaining: 900 });
	});

	test("is given up at rest, so nothing is unproven after it", () => {
		const disk = newDisk();
		const ledger = ledgerOf([budget({ limit: 1000 })], 50, disk);
		for (let turn = 0; turn < 10; turn++) settle(ledger, tokenOf(ledger.reserve(hold(10), NOW)), 10);
		ledger.rest();
		const { rows } = disk;
		ledger.rest();
		expect(disk.rows).toBe(rows);
		expect(ledgerOf([budget({ limit: 1000 })], 50, disk).status("b", "", NOW)).toMatchObject({
			unproven: 0,
			remaining: 900,
		});
	});

	test("does not outlive the limit it was allowed under", () => {
		const ledger = ledgerOf([budget({ limit: 1000 })], 500);
		for (let turn = 0; turn < 10; turn++) ledger.reserve(hold(10), NOW);
		ledger.configure([budget({ limit: 105 })]);
		expect(ledger.reserve(hold(6), NOW)).toMatchObject({ outcome: "refused", by: { affordable: 5, used: 100 } });
		expect(ledger.reserve(hold(5), NOW).outcome).toBe("admitted");
		ledger.configure([budget({ limit: 50 })]);
		expect(ledger.reserve(hold(1), NOW)).toMatchObject({ outcome: "refused", by: { limit: 50, affordable: 0 } });
	});
});

test("a truth that arrives after its hold was written off is charged after all", () => {
	const disk = newDisk();
	const token = tokenOf(ledgerOf([budget()], 0, disk).reserve(hold(60), NOW));
	const fresh = ledgerOf([budget()], 0, disk);
	const correction = { id: "w1", budgetId: "b", endUser: "", amount: 60, reason: "crash" };
	expect(writeOff(fresh, correction, NOW)).toBe("corrected");
	expect(fresh.status("b", "", NOW)).toMatchObject({ unproven: 0, remaining: 100 });
	settle(fresh, token, 25);
	expect(fresh.status("b", "", NOW)).toMatchObject({ settled: 25, unproven: 0, remaining: 75 });
});

test("an adjustment changes the limit of this window once, in force at the next hold", () => {
	const ledger = ledgerOf([budget({ window: "day" })], 500);
	ledger.reserve(hold(50), NOW);
	const correction = { id: "c1", budgetId: "b", endUser: "", amount: 20, reason: "top-up" };
	expect(adjust(ledger, correction, NOW)).toBe("corrected");
	expect(adjust(ledger, correction, NOW)).toBe("repeated");
	expect(ledger.status("b", "", NOW)).toMatchObject({ limit: 120, remaining: 70 });
	expect(adjust(ledger, { ...correction, id: "c2", amount: -65 }, NOW)).toBe("corrected");
	expect(ledger.reserve(hold(6), NOW)).toMatchObject({ outcome: "refused", by: { limit: 55, affordable: 5 } });
	expect(ledger.status("b", "", NOW + DAY)).toMatchObject({ limit: 100, remaining: 100 });
	expect(adjust(ledger, { ...correction, budgetId: "none" }, NOW)).toBe("no such budget");
});

describe("several budgets", () => {
	test("all admit or none holds", () => {
		const ledger = ledgerOf([budget(), budget({ id: "small", limit: 10 })]);
		expect(ledger.reserve(hold(11), NOW)).toMatchObject({ outcome: "refused", by: { budgetId: "small" } });
		expect(ledger.status("b", "", NOW)?.remaining).toBe(100);
		expect(ledger.affordable(hold(0).scope, NOW)).toEqual({ amount: 10, budgetId: "small", owner: "key" });
	});

	test("count only the models and providers they name", () => {
		const ledger = ledgerOf([
			budget({ id: "model", limit: 10, models: ["openai/gpt-6*"] }),
			budget({ id: "provider", limit: 20, providers: ["deepseek"] }),
		]);
		expect(ledger.reserve(hold(11), NOW).outcome).toBe("refused");
		const deepseek = { provider: "deepseek", model: "deepseek/chat" };
		expect(ledger.reserve(hold(20, deepseek), NOW).outcome).toBe("admitted");
		expect(ledger.reserve(hold(1, deepseek), NOW).outcome).toBe("refused");
		const other = { provider: "gemini", model: "gemini/flash" };
		expect(ledger.affordable(hold(0, other).scope, NOW)).toBeNull();
		expect(tokenOf(ledger.reserve(hold(1e9, other), NOW)).lines).toEqual([]);
	});

	test("one that only warns refuses nothing and says when it is exceeded", () => {
		const ledger = ledgerOf([budget({ action: "warn" })]);
		expect(ledger.reserve(hold(100), NOW)).toMatchObject({ outcome: "admitted", warnings: [] });
		expect(ledger.reserve(hold(1), NOW)).toMatchObject({ outcome: "admitted", warnings: ["b"] });
		expect(ledger.affordable(hold(0).scope, NOW)).toBeNull();
		ledger.configure([budget()]);
		expect(ledger.reserve(hold(1), NOW).outcome).toBe("refused");
	});

	test("a budget for each end user binds new ones at their first request, and unnamed ones together", () => {
		const disk = newDisk();
		const spec = budget({ perEndUser: true, limit: 10 });
		const ledger = ledgerOf([spec], 0, disk);
		for (const endUser of ["ann", "bob", null]) {
			expect(ledger.reserve(hold(11, { endUser }), NOW).outcome).toBe("refused");
			expect(ledger.reserve(hold(10, { endUser }), NOW).outcome).toBe("admitted");
			expect(ledger.reserve(hold(1, { endUser }), NOW).outcome).toBe("refused");
		}
		expect(ledgerOf([spec], 0, disk).reserve(hold(1, { endUser: "bob" }), NOW).outcome).toBe("refused");
	});

	test("end users beyond what memory keeps are read again, with nothing lost", () => {
		const disk = newDisk();
		const ledger = ledgerOf([budget({ perEndUser: true, limit: 100 })], 20, disk);
		for (const round of [1, 2]) {
			for (let user = 0; user < 1500; user++) {
				ledger.reserve(hold(10, { endUser: `u${user}` }), NOW);
				ledger.reserve(hold(10, { endUser: `u${user}` }), NOW);
				expect(ledger.status("b", `u${user}`, NOW)).toMatchObject({ remaining: 100 - 20 * round, unproven: 0 });
			}
		}
		expect(ledger.cache.memory.accounts.get("b")?.size).toBe(1000);
	});
});

describe("windows", () => {
	test("a hold settles where it was admitted, and the next window begins whole", () => {
		const ledger = ledgerOf([budget({ window: "day" })]);
		const token = tokenOf(ledger.reserve(hold(100), NOW));
		expect(ledger.reserve(hold(1), NOW)).toMatchObject({ by: { resetsAt: Date.UTC(2027, 4, 6) } });
		expect(ledger.reserve(hold(100), NOW + DAY).outcome).toBe("admitted");
		settle(ledger, token, 1, NOW + DAY);
		expect(ledger.reserve(hold(1), NOW + DAY).outcome).toBe("refused");
	});

	test("a rolling budget frees what leaves its stretch, and says when", () => {
		const window = { rollingSeconds: 600 };
		const ledger = ledgerOf([budget({ window })]);
		ledger.reserve(hold(60), NOW);
		ledger.reserve(hold(40), NOW + 300_000);
		const refused = ledger.reserve(hold(50), NOW + 590_000);
		expect(refused).toMatchObject({ outcome: "refused", by: { resetsAt: NOW + 610_000 } });
		expect(ledger.reserve(hold(50), NOW + 609_999).outcome).toBe("refused");
		expect(ledger.reserve(hold(50), NOW + 610_000).outcome).toBe("admitted");
		expect(ledger.reserve(hold(101), NOW + 610_000)).toMatchObject({ by: { resetsAt: null } });
	});

	test("past lines are forgotten, in memory and in the store", () => {
		const disk = newDisk();
		const ledger = ledgerOf([budget({ window: "day" }), budget({ id: "r", window: { rollingSeconds: 60 } })], 20, disk);
		for (let hour = 0; hour < 24 * 30; hour++) {
			settle(ledger, tokenOf(ledger.reserve(hold(1), NOW + hour * 3_600_000)), 1, NOW + hour * 3_600_000);
		}
		expect(disk.lines.size).toBeLessThanOrEqual(4);
		expect(ledger.cache.memory.accounts.get("r")?.get("")?.periods.size).toBeLessThanOrEqual(2);
		expect(ledger.cache.memory.open.size).toBe(0);
	});

	test("do not run backwards when a clock does", () => {
		for (const window of [{ rollingSeconds: 60 }, "day"] as const) {
			const disk = newDisk();
			ledgerOf([budget({ window })], 0, disk).reserve(hold(100), NOW);
			expect(ledgerOf([budget({ window })], 0, disk).reserve(hold(1), NOW - DAY).outcome).toBe("refused");
		}
	});

	test("keep no head-room once they have ended", () => {
		const disk = newDisk();
		const ledger = ledgerOf([budget({ window: "day", limit: 1000 })], 50, disk);
		for (let turn = 0; turn < 4; turn++) settle(ledger, tokenOf(ledger.reserve(hold(10), NOW)), 10);
		const today = (): number => {
			const { allowed = 0, credited = 0 } = disk.lines.get(`b  ${Date.UTC(2027, 4, 5)}`)?.counters ?? {};
			return allowed - credited;
		};
		expect(today()).toBeGreaterThan(40);
		ledger.reserve(hold(10), NOW + DAY);
		expect(today()).toBe(40);
	});
});

describe("a store that fails", () => {
	test.each(["before", "after"] as const)("%s it wrote refuses, and the next call knows what is stored", (when) => {
		const disk = newDisk();
		disk.owner = 1;
		const store = new DiskStore(disk, 1);
		const ledger = new Ledger(store, [budget()], newLedgerMemory(), 0);
		const token = tokenOf(ledger.reserve(hold(10), NOW));
		store.failure = { calls: 0, when };
		expect(() => ledger.reserve(hold(20), NOW)).toThrow("the storage failed");
		expect(ledger.status("b", "", NOW)?.remaining).toBe(when === "before" ? 90 : 70);
		store.failure = { calls: 0, when };
		const batch = { id: "b1", sentAt: NOW, items: [{ token, actual: 4, estimated: false, void: false }] };
		expect(() => ledger.settle(batch, NOW)).toThrow("the storage failed");
		expect(ledger.settle(batch, NOW).outcome).toBe(when === "before" ? "applied" : "repeated");
		expect(ledger.status("b", "", NOW)?.remaining).toBe(when === "before" ? 96 : 76);
	});

	test.each(["before", "after"] as const)(
		"%s it wrote, at any one of its calls, costs the key at most a raise and never room",
		(when) => {
			const specs = [budget({ limit: 100 }), budget({ id: "d", limit: 80, window: "day" })];
			let failed = true;
			let calls = 0;
			for (; failed; calls++) {
				const disk = newDisk();
				const store = new DiskStore(disk, 0);
				const ledger = new Ledger(store, specs, newLedgerMemory(), 10);
				const failure = { calls, when };
				store.failure = failure;
				let bill = 0;
				const tokens: HoldToken[] = [];
				for (let turn = 0; turn < 8; turn++) {
					const wanted = hold(10);
					for (const _ of ["once", "again"]) {
						try {
							const reserved = ledger.reserve(wanted, NOW);
							if (reserved.outcome === "admitted") tokens.push(reserved.token);
							break;
						} catch {}
					}
					const token = turn % 2 === 1 ? tokens.shift() : undefined;
					if (token === undefined) continue;
					const batch = {
						id: token.attemptId,
						sentAt: NOW,
						items: [{ token, actual: 3, estimated: false, void: false }],
					};
					bill += 3;
					for (const _ of ["once", "again"]) {
						try {
							ledger.settle(batch, NOW);
							break;
						} catch {}
					}
				}
				failed = failure.calls < 0;
				bill += 10 * tokens.length;
				for (const { id, limit } of specs) {
					const { remaining, settled, reserved, unproven } = ledger.status(id, "", NOW) ?? expect.unreachable();
					expect(limit - remaining).toBeGreaterThanOrEqual(bill);
					expect(limit - remaining - bill).toBeLessThanOrEqual(failed ? 20 : 0);
					expect(settled + reserved + unproven).toBe(limit - remaining);
				}
			}
			expect(calls).toBeGreaterThan(8);
		},
	);

	test("a copy that was replaced admits from the head-room it had, and then nothing", () => {
		const disk = newDisk();
		const old = ledgerOf([budget({ limit: 1000 })], 100, disk);
		for (const _ of [1, 2, 3, 4]) old.reserve(hold(20), NOW);
		const fresh = ledgerOf([budget({ limit: 1000 })], 100, disk);
		let admitted = 0;
		try {
			for (;;) if (old.reserve(hold(5), NOW).outcome === "admitted") admitted += 5;
		} catch {}
		expect(admitted).toBeGreaterThan(0);
		expect(80 + admitted + (fresh.affordable(hold(0).scope, NOW)?.amount ?? 0)).toBeLessThanOrEqual(1000);
	});
});
