import { describe, expect, test } from "vitest";
import type { BudgetSpec, HoldToken } from "#core/budget/budget";
import { Lease } from "#durable-objects/api-key/lease/lease";
import { Ledger } from "#durable-objects/api-key/ledger/ledger";
import { newLedgerMemory } from "#durable-objects/api-key/ledger/ledger-cache";
import type { LeaseReport } from "#durable-objects/shared/lease-protocol";
import { TeamBudgets } from "#durable-objects/team/budget";
import { DiskStore, newDisk } from "#test/support/disk";
import { newTeamDisk, TeamDiskStore } from "#test/support/team-disk";

const NOW = Date.UTC(2027, 4, 5, 12);
const DAY = 86_400_000;
const SCOPE = { provider: "openai", model: "openai/gpt-6", endUser: null };

function budget(spec: Partial<BudgetSpec> = {}): BudgetSpec {
	return {
		id: "t",
		limit: 1000,
		window: "day",
		timeZone: "UTC",
		owner: "team",
		action: "block",
		perEndUser: false,
		...spec,
	};
}

function teamOf(specs: BudgetSpec[], disk = newTeamDisk()): TeamBudgets {
	disk.owner++;
	return new TeamBudgets(new TeamDiskStore(disk, disk.owner), specs);
}

let attempts = 0;

/** A key whose messages arrive at once. */
class Key {
	readonly ledger: Ledger;
	readonly lease: Lease;
	readonly #team: TeamBudgets;

	constructor(name: string, team: TeamBudgets, specs: BudgetSpec[], disk = newDisk()) {
		disk.owner++;
		this.ledger = new Ledger(new DiskStore(disk, disk.owner), specs, newLedgerMemory(), 0);
		this.lease = new Lease(this.ledger, name);
		this.#team = team;
	}

	tell(reports: readonly LeaseReport[], now = NOW) {
		return reports.map((report) => {
			const reply = this.#team.exchange(report, now);
			if (reply !== null) this.lease.take(reply, now);
			return reply;
		});
	}

	/** The token, or the keys that the team would ask to give back. */
	hold(amount: number, now = NOW): HoldToken | readonly string[] {
		const hold = { attemptId: `a${attempts++}`, amount, scope: SCOPE, expiresAt: now + 90_000 };
		const first = this.ledger.reserve(hold, now);
		const replies = first.outcome === "lacking" ? this.tell(this.lease.ask(first.money, now), now) : [];
		const reserved = this.ledger.reserve(hold, now);
		return reserved.outcome === "admitted" ? reserved.token : (replies[0]?.recall ?? []);
	}

	settle(token: HoldToken | readonly string[], actual: number, now = NOW): void {
		if (!("attemptId" in token)) throw new Error("was not admitted");
		const items = [{ token, actual, estimated: false, void: actual === 0 }];
		this.ledger.settle({ id: token.attemptId, sentAt: now, items }, now);
	}
}

test("keys share a budget to the last nano-dollar, and one that lacks money names those that hold some", () => {
	const specs = [budget({ limit: 100 })];
	const team = teamOf(specs);
	const [one, two] = [new Key("one", team, specs), new Key("two", team, specs)];
	one.settle(one.hold(70), 10);
	expect(two.hold(40)).toEqual(["one"]);
	one.tell(one.lease.giveBack("all", NOW));
	expect(two.hold(40)).toHaveProperty("attemptId");
	expect(two.hold(51)).toEqual(["one"]);
	expect(two.hold(50)).toHaveProperty("attemptId");
	expect(team.status("t", NOW)).toEqual({
		budgetId: "t",
		limit: 100,
		settled: 10,
		lent: 100,
		overrun: 0,
		remaining: 0,
		resetsAt: Date.UTC(2027, 4, 6),
	});
});

test("a busy key is lent ahead by its pace, and no more than a fair part of the rest", () => {
	const specs = [budget({ limit: 10_000 })];
	const team = teamOf(specs);
	const key = new Key("one", team, specs);
	key.hold(100);
	expect(team.status("t", NOW)?.lent).toBe(100);
	expect(key.lease.askAhead(NOW)).toMatchObject([{ least: 200, wanted: 300 }]);
	key.tell(key.lease.askAhead(NOW));
	expect(team.status("t", NOW)?.lent).toBe(300);
	expect(key.lease.askAhead(NOW)).toEqual([]);
	for (let n = 0; n < 20; n++) key.hold(200);
	const { lent = 0 } = team.status("t", NOW) ?? {};
	expect(lent).toBeGreaterThan(4100);
	expect(lent).toBeLessThan(4100 + (10_000 - 4100) / 4 + 200);
});

test("the last tenth is lent one hold at a time", () => {
	const specs = [budget({ limit: 1000 })];
	const team = teamOf(specs);
	const key = new Key("one", team, specs);
	for (let n = 0; n < 30; n++) key.hold(31);
	expect(key.ledger.status("t", "", NOW)?.reserved).toBe(930);
	key.tell(key.lease.giveBack("all", NOW));
	key.hold(2);
	expect(team.status("t", NOW)?.lent).toBe(932);
});

test("an overrun is covered by the team beyond its limit, and blocks all keys until it fits", () => {
	const specs = [budget({ limit: 100 })];
	const team = teamOf(specs);
	const [one, two] = [new Key("one", team, specs), new Key("two", team, specs)];
	one.settle(one.hold(60), 130);
	one.tell(one.lease.giveBack("all", NOW));
	expect(team.status("t", NOW)).toMatchObject({ lent: 130, overrun: 70, settled: 60, remaining: 0 });
	expect(two.hold(1)).toEqual(["one"]);
	expect(one.hold(1)).toEqual([]);
	expect(team.adjust({ id: "c1", budgetId: "t", amount: 31, reason: "top-up" }, NOW)).toBe("adjusted");
	expect(two.hold(1)).toHaveProperty("attemptId");
});

test("an adjustment happens once and ends with its window", () => {
	const disk = newTeamDisk();
	const team = teamOf([budget()], disk);
	const correction = { id: "c1", budgetId: "t", amount: -400, reason: "cut" };
	expect(team.adjust(correction, NOW)).toBe("adjusted");
	expect(team.adjust(correction, NOW)).toBe("repeated");
	expect(team.adjust({ ...correction, budgetId: "none" }, NOW)).toBe("no such budget");
	expect(() => team.adjust({ ...correction, id: "c2", amount: 0.5 }, NOW)).toThrow(RangeError);
	expect(teamOf([budget()], disk).status("t", NOW)).toMatchObject({ limit: 600, remaining: 600 });
	expect(team.status("t", NOW + DAY)?.limit).toBe(1000);
	expect(team.status("none", NOW)).toBeNull();
});

test("a lowered limit lends nothing more until what keys hold fits", () => {
	const specs = [budget({ limit: 100 })];
	const team = teamOf(specs);
	const [one, two] = [new Key("one", team, specs), new Key("two", team, specs)];
	one.settle(one.hold(60), 20);
	team.configure([budget({ limit: 50 })]);
	expect(two.hold(1)).toEqual(["one"]);
	one.tell(one.lease.giveBack("all", NOW));
	expect(two.hold(30)).toHaveProperty("attemptId");
	expect(two.hold(1)).toEqual(["one"]);
});

test("a budget that only warns lends without end", () => {
	const specs = [budget({ limit: 10, action: "warn" })];
	const key = new Key("one", teamOf(specs), specs);
	expect(key.hold(5_000)).toHaveProperty("attemptId");
});

describe("windows", () => {
	test("turn for team and keys, and what is left of a past one goes back", () => {
		const specs = [budget({ limit: 100 })];
		const disk = newTeamDisk();
		const team = teamOf(specs, disk);
		const key = new Key("one", team, specs);
		const token = key.hold(100);
		expect(key.hold(100, NOW + DAY)).toHaveProperty("attemptId");
		key.settle(token, 40, NOW + DAY);
		key.tell(key.lease.giveBack("past", NOW + DAY), NOW + DAY);
		expect(team.status("t", NOW)?.lent).toBe(40);
		expect(team.status("t", NOW + DAY)?.lent).toBe(100);
		for (let day = 2; day < 10; day++) key.hold(1, NOW + day * DAY);
		expect(disk.shares.size).toBeLessThanOrEqual(3);
	});

	test("are lent for when they begin or ended within a minute, and else are not", () => {
		const midnight = Date.UTC(2027, 4, 6);
		const report = {
			...{ keyId: "one", budgetId: "t", least: 10, wanted: 10, owed: 0, returned: 0, settled: 0, overrun: 0, order: 0 },
			window: midnight,
		};
		expect(teamOf([budget()]).exchange(report, midnight - 30_000)?.granted).toBe(10);
		expect(teamOf([budget()]).exchange(report, midnight - 90_000)).toMatchObject({ granted: 0, available: null });
		expect(teamOf([budget()]).exchange(report, midnight + DAY + 30_000)?.granted).toBe(10);
		expect(teamOf([budget()]).exchange(report, midnight + DAY + 90_000)?.granted).toBe(0);
		expect(teamOf([budget()]).exchange(report, midnight + 3 * DAY)).toBeNull();
	});

	test("of a rolling budget count together", () => {
		const specs = [budget({ limit: 100, window: { rollingSeconds: 600 } })];
		const team = teamOf(specs);
		const key = new Key("one", team, specs);
		expect(key.hold(60)).toHaveProperty("attemptId");
		expect(key.hold(41, NOW + 300_000)).toEqual([]);
		expect(key.hold(40, NOW + 300_000)).toHaveProperty("attemptId");
		expect(key.hold(60, NOW + 609_999)).toEqual([]);
		expect(key.hold(60, NOW + 610_000)).toHaveProperty("attemptId");
	});
});

test("nobody can return what was never lent, and unknown budgets are not answered", () => {
	const team = teamOf([budget()]);
	const report = {
		...{ keyId: "one", budgetId: "t", least: 0, wanted: 0, owed: 0, returned: 5, settled: 0, overrun: 0, order: 0 },
		window: Date.UTC(2027, 4, 5),
	};
	expect(() => team.exchange(report, NOW)).toThrow(RangeError);
	expect(team.exchange({ ...report, budgetId: "none" }, NOW)).toBeNull();
});

test.each(["before", "after"] as const)(
	"a team whose storage fails %s it wrote goes on from what is stored",
	(when) => {
		const disk = newTeamDisk();
		const store = new TeamDiskStore(disk, 0);
		const specs = [budget({ limit: 100 })];
		const team = new TeamBudgets(store, specs);
		const key = new Key("one", team, specs);
		store.failure = { calls: 1, when };
		expect(() => key.hold(60)).toThrow("the storage failed");
		expect(team.status("t", NOW)?.lent).toBe(when === "before" ? 0 : 60);
		expect(key.hold(60)).toHaveProperty("attemptId");
		expect(team.status("t", NOW)?.lent).toBe(60);
	},
);

test("a team lends to keys, not to end users", () => {
	const team = teamOf([budget()]);
	expect(() => new Key("one", team, [budget({ perEndUser: true })])).toThrow(RangeError);
	expect(() => teamOf([budget({ limit: -1 })])).toThrow(RangeError);
});

describe("what is past is forgotten without a further loan", () => {
	const lend = (team: TeamBudgets, budgetId: string, window: number) =>
		team.exchange(
			{
				budgetId,
				window,
				keyId: "k",
				least: 100,
				wanted: 100,
				returned: 0,
				settled: 0,
				overrun: 0,
				owed: 0,
				order: NOW,
			},
			NOW,
		);
	const today = Date.UTC(2027, 4, 5);

	test("the shares of a window, a day after it ended, and not before", () => {
		const disk = newTeamDisk();
		const team = teamOf([budget()], disk);
		expect(lend(team, "t", today)?.granted).toBe(100);
		const next = team.forget(NOW, NOW);
		expect(next).toBe(NOW + DAY);
		expect(team.forget(NOW, today + 2 * DAY - 1)).toBe(today + 2 * DAY);
		expect(disk.shares.size).toBe(1);
		expect(team.forget(NOW, today + 2 * DAY)).toBeNull();
		expect(disk.shares.size).toBe(0);
		expect(team.status("t", today + 2 * DAY)).toMatchObject({ lent: 0, remaining: 1000 });
	});

	test("the shares of a budget that is gone, a day after", () => {
		const disk = newTeamDisk();
		const team = teamOf([budget(), budget({ id: "gone", window: "total" })], disk);
		lend(team, "t", today);
		lend(team, "gone", 0);
		team.configure([budget()]);
		expect(team.forget(NOW, NOW + DAY - 1)).not.toBeNull();
		expect(disk.shares.size).toBe(2);
		team.forget(NOW, NOW + DAY);
		expect([...disk.shares.values()].map(({ ref }) => ref.budgetId)).toEqual(["t"]);
	});

	test("never a window that has no end, nor what admins changed", () => {
		const disk = newTeamDisk();
		const team = teamOf([budget({ window: "total" })], disk);
		lend(team, "t", 0);
		team.adjust({ id: "more", budgetId: "t", amount: 50, reason: "" }, NOW);
		expect(team.forget(NOW, NOW + 4_000 * DAY)).toBeNull();
		expect(team.status("t", NOW)).toMatchObject({ limit: 1050, lent: 100 });
	});
});
