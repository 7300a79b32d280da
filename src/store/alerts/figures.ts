/** What the conditions of alerts are held against, as the roll-ups and the histories have it. */

import * as v from "valibot";
import type { AlertScope } from "#core/alert";
import type { KeyId, TeamId } from "#core/ids";
import { DAY_MS } from "#lib/time";
import { Integer, Millis, NanoDollars } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";

/** The most rows that one question brings. */
const MAX_ROWS = 200;

const SUBJECTS: Record<AlertScope, string> = {
	gateway: "'gateway'",
	team: "team_id",
	key: "key_id",
	provider: "provider",
};

const HourRow = v.object({
	subject: v.string(),
	requests: Integer,
	serverErrors: Integer,
	cost: NanoDollars,
	costBefore: NanoDollars,
});

/** What an hour came to, by subject, and the seven days before its own. Those who spent most come first. */
export function hourFigures(db: D1Database, by: AlertScope, hour: number): Promise<v.InferOutput<typeof HourRow>[]> {
	const subject = SUBJECTS[by];
	const day = hour - (hour % DAY_MS);
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`WITH earlier AS (
					SELECT ${subject} AS subject, sum(cost) AS cost FROM usage_daily WHERE period >= ?2 AND period < ?3 GROUP BY 1)
				SELECT now.subject, now.requests, now.serverErrors, now.cost, coalesce(earlier.cost, 0) AS costBefore
				FROM (
					SELECT ${subject} AS subject, sum(requests) AS requests, sum(server_errors) AS serverErrors, sum(cost) AS cost
					FROM usage_hourly WHERE period = ?1 AND ${subject} <> '' GROUP BY 1) AS now
				LEFT JOIN earlier ON earlier.subject = now.subject ORDER BY now.cost DESC LIMIT ${MAX_ROWS}`,
			)
			.bind(hour, day - 7 * DAY_MS, day)
			.all();
		return v.parse(v.array(HourRow), results);
	});
}

const OpenedRow = v.object({
	id: v.string(),
	at: Millis,
	provider: v.string(),
	credential: v.nullable(v.string()),
	model: v.nullable(v.string()),
	reason: v.string(),
});

/** Circuits that opened since then. */
export function openedCircuits(db: D1Database, since: number): Promise<v.InferOutput<typeof OpenedRow>[]> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`SELECT object || '/' || epoch || '/' || seq || '/' || item AS id, at, provider, credential, model, reason
				FROM circuit_transitions WHERE at >= ? AND to_state = 'open' ORDER BY at LIMIT ${MAX_ROWS}`,
			)
			.bind(since)
			.all();
		return v.parse(v.array(OpenedRow), results);
	});
}

const DifferenceRow = v.object({
	object: v.string(),
	at: Millis,
	toldCost: NanoDollars,
	markedCost: NanoDollars,
	rolledCost: NanoDollars,
});

/** Differences that reconciliations found since then. */
export function differences(db: D1Database, since: number): Promise<v.InferOutput<typeof DifferenceRow>[]> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`SELECT object, at, told_cost AS toldCost, marked_cost AS markedCost, rolled_cost AS rolledCost
				FROM reconciliations WHERE at >= ? AND differs <> 0 ORDER BY at LIMIT ${MAX_ROWS}`,
			)
			.bind(since)
			.all();
		return v.parse(v.array(DifferenceRow), results);
	});
}

const ImplausibleRow = v.object({
	provider: v.string(),
	model: v.string(),
	hour: Millis,
	attempts: Integer,
	beyond: NanoDollars,
});

/** Where attempts had reported usage that cannot be true, by provider, model and hour, in the hours from `since` on. */
export function implausibleUsage(db: D1Database, since: number): Promise<v.InferOutput<typeof ImplausibleRow>[]> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`SELECT provider, model, period AS hour, sum(implausible) AS attempts, sum(possible_overrun) AS beyond
				FROM usage_hourly WHERE period >= ? AND implausible > 0
				GROUP BY period, provider, model ORDER BY beyond DESC LIMIT ${MAX_ROWS}`,
			)
			.bind(since)
			.all();
		return v.parse(v.array(ImplausibleRow), results);
	});
}

const UnpricedRow = v.object({
	provider: v.string(),
	model: v.string(),
	hour: Millis,
	attempts: Integer,
	tokens: Integer,
});

/** Where tokens were used whose price is not known, by provider, model and hour, in the hours from `since` on. */
export function unpricedUsage(db: D1Database, since: number): Promise<v.InferOutput<typeof UnpricedRow>[]> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`SELECT provider, model, period AS hour, sum(unpriced) AS attempts, sum(input_tokens + output_tokens) AS tokens
				FROM usage_hourly WHERE period >= ? AND unpriced > 0
				GROUP BY period, provider, model ORDER BY tokens DESC LIMIT ${MAX_ROWS}`,
			)
			.bind(since)
			.all();
		return v.parse(v.array(UnpricedRow), results);
	});
}

const OverdueRow = v.object({ object: v.string(), records: Integer, since: Millis });

/** Objects that owe at least `records`, or any record noted at `before` or earlier; the oldest first. */
export function overdueObjects(
	db: D1Database,
	records: number,
	before: number,
): Promise<v.InferOutput<typeof OverdueRow>[]> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`SELECT object, weight AS records, coalesce(oldest_at, since) AS since FROM dirty_objects
				WHERE weight >= ?1 OR coalesce(oldest_at, since) <= ?2 ORDER BY 3 LIMIT ${MAX_ROWS}`,
			)
			.bind(records, before)
			.all();
		return v.parse(v.array(OverdueRow), results);
	});
}

const SpenderRow = v.pipe(
	v.object({ keyId: v.string(), teamId: v.string(), refusals: Integer, teamHasBudgets: v.picklist([0, 1]) }),
	v.transform((row) => ({
		keyId: row.keyId as KeyId,
		teamId: row.teamId as TeamId,
		/** Requests that no budget could cover. */
		refusals: row.refusals,
		teamHasBudgets: row.teamHasBudgets === 1,
	})),
);
export type BudgetSpender = v.InferOutput<typeof SpenderRow>;

/**
 * Keys under budgets, of their own or of their team, that were used since an hour began; those who spent most come
 * first.
 */
export function budgetSpenders(
	db: D1Database,
	since: number,
	narrow: { teamId: TeamId | null; keyId: KeyId | null },
): Promise<BudgetSpender[]> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`SELECT k.id AS keyId, k.team_id AS teamId, used.refusals, t.budgets <> '[]' AS teamHasBudgets
				FROM (
					SELECT key_id, sum(cost) AS cost, sum(quota_errors) AS refusals
					FROM usage_hourly WHERE period >= ?1 GROUP BY key_id) AS used
				JOIN api_keys k ON k.id = used.key_id JOIN teams t ON t.id = k.team_id
				WHERE (k.budgets <> '[]' OR t.budgets <> '[]')
					AND (?2 IS NULL OR k.team_id = ?2) AND (?3 IS NULL OR k.id = ?3)
				ORDER BY used.cost DESC LIMIT ${MAX_ROWS}`,
			)
			.bind(since, narrow.teamId, narrow.keyId)
			.all();
		return v.parse(v.array(SpenderRow), results);
	});
}
