import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	type BudgetUse,
	backlogIncidents,
	budgetIncidents,
	circuitIncidents,
	errorShareIncidents,
	type HourFigure,
	implausibleIncidents,
	reconciliationIncidents,
	refusedIncidents,
	spendJumpIncidents,
} from "#alerts/conditions";

const NOW = Date.UTC(2026, 10, 3, 12, 30);
const HOUR = Date.UTC(2026, 10, 3, 12);

describe("a rule on budgets", () => {
	const rule = { type: "budget", thresholds: [50, 80, 100], teamId: null, keyId: null } as const;
	const figure: BudgetUse = {
		owner: "key_1",
		budget: { id: "bud_1", name: "monthly", window: "month" },
		limit: 1_000_000_000,
		used: 0,
		overrun: 0,
		resetsAt: NOW + 1_000,
		refusing: false,
	};
	const thresholdOf = (change: Partial<BudgetUse>) =>
		budgetIncidents(rule, [{ ...figure, ...change }], NOW).map(({ facts }) => facts.threshold_percent);

	test.each([
		[499_999_999, []],
		[500_000_000, [50]],
		[799_999_999, [50]],
		[800_000_000, [80]],
		[1_000_000_000, [100]],
		[1_200_000_000, [100]],
	])("tells the highest threshold that %d of a billion reaches", (used, thresholds) => {
		expect(thresholdOf({ used })).toEqual(thresholds);
	});

	test("tells that a budget is used up when it refuses, whatever crumbs are left", () => {
		expect(thresholdOf({ used: 990_000_000, refusing: true })).toEqual([100]);
	});

	test("takes a limit of nothing for used up", () => {
		expect(thresholdOf({ limit: 0 })).toEqual([100]);
	});

	test("names the same incident until the window ends or the next threshold is reached", () => {
		const id = (change: Partial<BudgetUse>, now = NOW) =>
			budgetIncidents(rule, [{ ...figure, used: 6e8, ...change }], now)[0]?.id;
		expect(id({ used: 7e8 }, NOW + 60_000)).toBe(id({}));
		expect(id({ used: 8e8 })).not.toBe(id({}));
		expect(id({ resetsAt: NOW + 2_000 })).not.toBe(id({}));
		expect(id({ owner: "key_2" })).not.toBe(id({}));
	});

	test("tells of a rolling budget once a day, although the moment of its relief moves on", () => {
		const budget = { ...figure.budget, window: { rollingSeconds: 3600 } };
		const id = (resetsAt: number, now: number) =>
			budgetIncidents(rule, [{ ...figure, budget, used: 6e8, resetsAt }], now)[0]?.id;
		expect(id(NOW + 1, NOW)).toBe(id(NOW + 999, NOW + 60_000));
		expect(id(NOW + 1, NOW)).not.toBe(id(NOW + 1, NOW + 86_400_000));
	});
});

const quiet: HourFigure = { subject: "team_1", requests: 0, serverErrors: 0, cost: 0, costBefore: 0 };

describe("a rule on the share of errors", () => {
	const rule = { type: "error_share", percent: 20, minRequests: 10, by: "team" } as const;
	const tells = (requests: number, serverErrors: number) =>
		errorShareIncidents(rule, [{ ...quiet, requests, serverErrors }], HOUR, NOW).length > 0;

	test("holds from the share on, and from enough requests on", () => {
		expect([tells(10, 2), tells(10, 1), tells(9, 9), tells(0, 0), tells(1000, 200), tells(1000, 199)]).toEqual([
			true,
			false,
			false,
			false,
			true,
			false,
		]);
	});

	test("tells once an hour", () => {
		const [first] = errorShareIncidents(rule, [{ ...quiet, requests: 10, serverErrors: 2 }], HOUR, NOW);
		const [again] = errorShareIncidents(rule, [{ ...quiet, requests: 99, serverErrors: 88 }], HOUR, NOW + 1);
		expect(again?.id).toBe(first?.id);
		expect(first?.summary).toBe("20 % of 10 requests of team_1 failed in the hour from 2026-11-03T12:00:00.000Z");
	});
});

describe("a rule on a jump of spend", () => {
	const rule = { type: "spend_jump", factor: 3, minCost: 1_000, by: "gateway" } as const;

	test("holds above the factor times the usual hour, and from the least amount on", () => {
		fc.assert(
			fc.property(fc.nat({ max: 1e9 }), fc.nat({ max: 1e11 }), (cost, costBefore) => {
				const incidents = spendJumpIncidents(rule, [{ ...quiet, cost, costBefore }], HOUR, NOW);
				expect(incidents.length > 0).toBe(cost >= 1_000 && cost > (3 * costBefore) / 168);
			}),
		);
	});
});

test("a circuit is told of where the rule looks", () => {
	const opened = {
		id: "provider/openai/1/7",
		at: NOW,
		provider: "openai",
		credential: null,
		model: "gpt-5.4",
		reason: "5 failures in a row",
	};
	const tell = (provider: string | null) => circuitIncidents({ type: "circuit_opened", provider }, [opened]);
	expect(tell("gemini")).toEqual([]);
	expect(tell("openai")).toEqual(tell(null));
	expect(tell(null)[0]?.summary).toBe("The circuit of openai / gpt-5.4 opened: 5 failures in a row");
});

test("a difference that stays is told of once a day", () => {
	const difference = { object: "key/key_1", at: NOW, toldCost: 2_000, markedCost: 2_000, rolledCost: 1_000 };
	const ids = [NOW, NOW + 3_600_000, NOW + 86_400_000].map(
		(at) => reconciliationIncidents([{ ...difference, at }])[0]?.id,
	);
	expect(new Set(ids).size).toBe(2);
});

test("usage that cannot be true is told of once for each model and hour", () => {
	const found = { provider: "openai", model: "gpt-6", hour: NOW, attempts: 2, beyond: 299_990_000_000 };
	const tell = (more: Partial<typeof found>, now: number) => implausibleIncidents([{ ...found, ...more }], now)[0];
	const ids = [tell({}, NOW), tell({ attempts: 3 }, NOW + 60_000), tell({ hour: NOW + 3_600_000 }, NOW)];
	expect(new Set(ids.map((incident) => incident?.id)).size).toBe(2);
	expect(tell({}, NOW)?.summary).toContain("gpt-6 reported usage that cannot be true for 2 attempts in the hour from");
	expect(tell({}, NOW)?.summary).toContain("299.99 USD less than was reported");
});

test("what an object owes too long is told of once a day", () => {
	const overdue = { object: "key/key_1", records: 51_234, since: NOW - 3_600_000 };
	const incidents = [NOW, NOW + 60_000, NOW + 86_400_000].map((now) => backlogIncidents([overdue], now)[0]);
	expect(new Set(incidents.map((incident) => incident?.id)).size).toBe(2);
	expect(incidents[0]?.summary).toBe(
		"The database does not take what key/key_1 owes it: 51234 records, the oldest since 2026-11-03T11:30:00.000Z",
	);
});

test("what the database refused of an object is told of once a day", () => {
	const refused = {
		object: "key/key_1",
		entries: 1,
		records: 3,
		cost: 2_000,
		unbookedCost: 0,
		reason: "SQLITE_TOOBIG",
	};
	const incidents = [NOW, NOW + 60_000, NOW + 86_400_000].map((now) => refusedIncidents([refused], now)[0]);
	expect(new Set(incidents.map((incident) => incident?.id)).size).toBe(2);
	expect(incidents[0]).toMatchObject({
		type: "backlog",
		summary:
			"The database refused an entry of key/key_1 (SQLITE_TOOBIG): 3 records and 0.000002 USD, of which 0 USD are in no row",
		facts: { object: "key/key_1", entries: 1, records: 3, cost_usd: "0.000002", unbooked_usd: "0" },
	});
});
