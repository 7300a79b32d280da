// Looks at every rule once a minute and queues what it has to tell.

import type { AlertCondition, Incident } from "#core/alert";
import { hourOf } from "#core/usage/usage-count";
import type { Env } from "#env";
import { HOUR_MS } from "#lib/time";
import { type AlertRule, listAlertRules } from "#store/alerts/alert-rules";
import { queueDeliveries } from "#store/alerts/deliveries";
import {
	differences,
	hourFigures,
	implausibleUsage,
	openedCircuits,
	overdueObjects,
	unpricedUsage,
} from "#store/alerts/figures";
import { refusedSince } from "#store/usage/refused-entries";
import { budgetFigures } from "./budgets";
import {
	backlogIncidents,
	budgetIncidents,
	circuitIncidents,
	errorShareIncidents,
	implausibleIncidents,
	reconciliationIncidents,
	refusedIncidents,
	spendJumpIncidents,
	unpricedIncidents,
} from "./conditions";

/** How long a finished hour is looked at, and a history read: objects may flush late. */
const LATE_MS = 30 * 60_000;

type Stores = Pick<Env, "DB" | "API_KEYS" | "TEAMS">;

/**
 * Holds every rule against the figures, and queues what there is to tell. May be repeated: an incident is queued once.
 */
export async function evaluateAlerts(env: Stores, now: number): Promise<void> {
	for (const rule of await listAlertRules(env.DB)) {
		if (rule.disabled) continue;
		const incidents = await incidentsOf(env, rule, now);
		if (incidents.length > 0) await queueDeliveries(env.DB, rule.id, incidents, now);
	}
}

async function incidentsOf(env: Stores, { condition, createdAt }: AlertRule, now: number): Promise<Incident[]> {
	switch (condition.type) {
		case "budget":
			return budgetIncidents(condition, await budgetFigures(env, condition, hourOf(now) - HOUR_MS), now);
		case "circuit_opened":
			// Not what happened before the rule existed.
			return circuitIncidents(condition, await openedCircuits(env.DB, Math.max(createdAt, now - HOUR_MS)));
		case "reconciliation":
			return [
				...reconciliationIncidents(await differences(env.DB, Math.max(createdAt, now - HOUR_MS))),
				...implausibleIncidents(await implausibleUsage(env.DB, hourOf(Math.max(createdAt, now - HOUR_MS))), now),
			];
		case "unpriced":
			return unpricedIncidents(await unpricedUsage(env.DB, hourOf(Math.max(createdAt, now - HOUR_MS))), now);
		case "backlog": {
			const { records, minutes } = condition;
			const refused = await refusedSince(env.DB, Math.max(createdAt, now - HOUR_MS));
			const overdue = await overdueObjects(env.DB, records, now - minutes * 60_000);
			return [...refusedIncidents(refused, now), ...backlogIncidents(overdue, now)];
		}
		case "error_share":
		case "spend_jump":
			return (await Promise.all(hoursInView(now).map((hour) => hourly(env.DB, condition, hour, now)))).flat();
	}
}

async function hourly(
	db: D1Database,
	condition: Extract<AlertCondition, { type: "error_share" | "spend_jump" }>,
	hour: number,
	now: number,
): Promise<Incident[]> {
	const figures = await hourFigures(db, condition.by, hour);
	return condition.type === "error_share"
		? errorShareIncidents(condition, figures, hour, now)
		: spendJumpIncidents(condition, figures, hour, now);
}

/** The hour that runs, and the one before for a while. */
function hoursInView(now: number): number[] {
	const hour = hourOf(now);
	return now - hour < LATE_MS ? [hour, hour - HOUR_MS] : [hour];
}
