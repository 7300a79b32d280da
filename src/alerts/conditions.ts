// When a rule has something to tell: pure functions from figures to incidents.

import type { AlertCondition, Incident } from "#core/alert";
import type { BudgetSpec } from "#core/budget/budget";
import { greatestOf } from "#lib/list";
import { DAY_MS, HOUR_MS } from "#lib/time";
import { nanoUsd, usdString } from "#metering/money";

type Condition<Type extends AlertCondition["type"]> = Extract<AlertCondition, { type: Type }>;

/** The state of a budget, for a rule. Nano-dollars. */
export interface BudgetUse {
	readonly owner: string;
	readonly budget: Pick<BudgetSpec, "id" | "name" | "window">;
	readonly limit: number;
	/** Charged or held. */
	readonly used: number;
	/** Charged beyond what was held. */
	readonly overrun: number;
	readonly resetsAt: number | null;
	/**
	 * Requests were refused of late because this budget could not cover them, so it is used up whatever is left of it.
	 */
	readonly refusing: boolean;
}

/** The highest of the thresholds that a budget has reached, once per threshold and window. */
export function budgetIncidents(
	{ thresholds }: Condition<"budget">,
	figures: readonly BudgetUse[],
	now: number,
): Incident[] {
	return figures.flatMap(({ owner, budget, limit, used, resetsAt, refusing }) => {
		const percent = limit === 0 ? 100 : (used / limit) * 100;
		const reached = Math.max(0, greatestOf(thresholds.filter((each) => percent >= each || (refusing && each <= 100))));
		if (reached === 0) return [];
		// A rolling budget has no window that ends, so it is told once a day.
		const isRolling = typeof budget.window === "object";
		const window = isRolling ? `day ${dayOf(now)}` : String(resetsAt ?? "total");
		const name = budget.name ?? budget.id;
		return [
			{
				id: `budget/${owner}/${budget.id}/${window}/${reached}`,
				type: "budget",
				at: now,
				summary: `Budget ${name} of ${owner} has reached ${reached} %: ${usd(used)} of ${usd(limit)} USD`,
				facts: {
					owner,
					budget_id: budget.id,
					threshold_percent: reached,
					used_usd: usd(used),
					limit_usd: usd(limit),
					resets_at: resetsAt === null ? null : new Date(resetsAt).toISOString(),
				},
			},
		];
	});
}

/** A circuit that opened. */
interface OpenedCircuit {
	/** Unique to the transition. */
	readonly id: string;
	readonly at: number;
	readonly provider: string;
	readonly credential: string | null;
	readonly model: string | null;
	readonly reason: string;
}

export function circuitIncidents(
	{ provider }: Condition<"circuit_opened">,
	opened: readonly OpenedCircuit[],
): Incident[] {
	return opened
		.filter((each) => provider === null || each.provider === provider)
		.map((each) => ({
			id: `circuit/${each.id}`,
			type: "circuit_opened",
			at: each.at,
			summary: `The circuit of ${[each.provider, each.credential, each.model].filter(Boolean).join(" / ")} opened: ${each.reason}`,
			facts: { provider: each.provider, credential: each.credential, model: each.model, reason: each.reason },
		}));
}

/** What one hour came to for one subject: a team, a key, a provider, or the gateway as a whole. */
export interface HourFigure {
	readonly subject: string;
	readonly requests: number;
	/** Of the requests: failed on the gateway's or a provider's side. */
	readonly serverErrors: number;
	/** Nano-dollars. */
	readonly cost: number;
	/** Of the seven days before, altogether. */
	readonly costBefore: number;
}

/** `hour` is where the hour starts. */
export function errorShareIncidents(
	{ percent, minRequests }: Condition<"error_share">,
	figures: readonly HourFigure[],
	hour: number,
	now: number,
): Incident[] {
	return figures
		.filter(({ requests, serverErrors }) => requests >= minRequests && serverErrors * 100 >= percent * requests)
		.map(({ subject, requests, serverErrors }) => {
			const share = Math.round((serverErrors / requests) * 1000) / 10;
			return {
				id: `error_share/${subject}/${hour}`,
				type: "error_share",
				at: now,
				summary: `${share} % of ${requests} requests of ${subject} failed in the hour from ${isoOf(hour)}`,
				facts: { subject, hour: isoOf(hour), requests, errors: serverErrors, percent: share },
			};
		});
}

const HOURS_BEFORE = (7 * DAY_MS) / HOUR_MS;

export function spendJumpIncidents(
	{ factor, minCost }: Condition<"spend_jump">,
	figures: readonly HourFigure[],
	hour: number,
	now: number,
): Incident[] {
	return figures
		.filter(({ cost, costBefore }) => cost >= minCost && cost * HOURS_BEFORE > factor * costBefore)
		.map(({ subject, cost, costBefore }) => {
			const usual = Math.round(costBefore / HOURS_BEFORE);
			return {
				id: `spend_jump/${subject}/${hour}`,
				type: "spend_jump",
				at: now,
				summary: `${subject} spent ${usd(cost)} USD in the hour from ${isoOf(hour)}; its usual hour is ${usd(usual)} USD`,
				facts: { subject, hour: isoOf(hour), cost_usd: usd(cost), usual_usd: usd(usual) },
			};
		});
}

/** A difference that a reconciliation found. Nano-dollars. */
interface Difference {
	readonly object: string;
	readonly at: number;
	readonly toldCost: number;
	readonly markedCost: number;
	readonly rolledCost: number;
}

export function reconciliationIncidents(differences: readonly Difference[]): Incident[] {
	return differences.map(({ object, at, toldCost, markedCost, rolledCost }) => ({
		// One that stays is told once a day.
		id: `reconciliation/${object}/${dayOf(at)}`,
		type: "reconciliation",
		at,
		summary: `The books of ${object} differ: it says ${usd(toldCost)} USD, the database has ${usd(rolledCost)} USD`,
		facts: { object, told_usd: usd(toldCost), marked_usd: usd(markedCost), rolled_usd: usd(rolledCost) },
	}));
}

/** Attempts of one hour, at one model, whose provider reported usage that cannot be true. */
interface ImplausibleUsage {
	readonly provider: string;
	readonly model: string;
	/** Where the hour starts. */
	readonly hour: number;
	readonly attempts: number;
	/** By how much what was reported is more than what was charged, in nano-dollars. */
	readonly beyond: number;
}

export function implausibleIncidents(found: readonly ImplausibleUsage[], now: number): Incident[] {
	return found.map(({ provider, model, hour, attempts, beyond }) => ({
		id: `implausible/${provider}/${model}/${hour}`,
		type: "reconciliation",
		at: now,
		summary:
			`${provider}/${model} reported usage that cannot be true for ${attempts} attempts in the hour from ${isoOf(hour)}; ` +
			`they are charged at what was held, ${usd(beyond)} USD less than was reported`,
		facts: { provider, model, hour: isoOf(hour), attempts, possible_overrun_usd: usd(beyond) },
	}));
}

/** Attempts of one hour at a model whose price is not known. */
interface UnpricedUsage {
	readonly provider: string;
	readonly model: string;
	/** Where the hour starts. */
	readonly hour: number;
	readonly attempts: number;
	readonly tokens: number;
}

export function unpricedIncidents(found: readonly UnpricedUsage[], now: number): Incident[] {
	return found.map(({ provider, model, hour, attempts, tokens }) => ({
		// A model that stays without a price is told once a day.
		id: `unpriced/${provider}/${model}/${dayOf(hour)}`,
		type: "unpriced",
		at: now,
		summary:
			`${provider}/${model} has no known price: ${attempts} attempts in the hour from ${isoOf(hour)} used ${tokens} tokens ` +
			"that are in no cost and no budget",
		facts: { provider, model, hour: isoOf(hour), attempts, tokens },
	}));
}

/** What an object owes, as it last said. */
interface OverdueObject {
	readonly object: string;
	readonly records: number;
	/** Since when at least, in milliseconds since the epoch. */
	readonly since: number;
}

export function backlogIncidents(overdue: readonly OverdueObject[], now: number): Incident[] {
	return overdue.map(({ object, records, since }) => ({
		// One that stays is told once a day.
		id: `backlog/${object}/${dayOf(now)}`,
		type: "backlog",
		at: now,
		summary: `The database does not take what ${object} owes it: ${records} records, the oldest since ${isoOf(since)}`,
		facts: { object, records, since: isoOf(since) },
	}));
}

/** What the database refused of an object's entries. Nano-dollars. */
interface RefusedOfObject {
	readonly object: string;
	readonly entries: number;
	readonly records: number;
	readonly cost: number;
	/** The part of the cost that is in no row. */
	readonly unbookedCost: number;
	readonly reason: string;
}

export function refusedIncidents(refused: readonly RefusedOfObject[], now: number): Incident[] {
	return refused.map(({ object, entries, records, cost, unbookedCost, reason }) => ({
		// However many follow, once a day.
		id: `refused/${object}/${dayOf(now)}`,
		type: "backlog",
		at: now,
		summary: `The database refused ${entries === 1 ? "an entry" : `${entries} entries`} of ${object} (${reason}): ${records} records and ${usd(cost)} USD, of which ${usd(unbookedCost)} USD are in no row`,
		facts: { object, entries, records, cost_usd: usd(cost), unbooked_usd: usd(unbookedCost), reason },
	}));
}

function usd(amount: number): string {
	return usdString(nanoUsd(amount));
}

function isoOf(at: number): string {
	return new Date(at).toISOString();
}

function dayOf(at: number): string {
	return isoOf(at).slice(0, 10);
}
