// Incidents in D1 on their way to a destination.
import * as v from "valibot";
import type { Incident } from "#core/alert";
import { newId } from "#core/ids";
import { Integer, Millis } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";

/** One incident on its way to one rule's destination. Times in milliseconds since the epoch. */
export interface Delivery {
	readonly id: string;
	readonly ruleId: string;
	readonly incident: Incident;
	/** How often it was sent. */
	readonly attempts: number;
	/** When it is sent next; null when it is over. */
	readonly nextAt: number | null;
	readonly deliveredAt: number | null;
	/** Why the last attempt failed; null when it did not. */
	readonly failure: string | null;
}

const IncidentSchema: v.GenericSchema<unknown, Incident> = v.object({
	id: v.string(),
	type: v.picklist([
		"budget",
		"circuit_opened",
		"error_share",
		"spend_jump",
		"reconciliation",
		"unpriced",
		"backlog",
		"test",
	]),
	at: Millis,
	summary: v.string(),
	facts: v.record(v.string(), v.nullable(v.union([v.string(), v.number()]))),
});

const DeliveryRow = v.pipe(
	v.object({
		id: v.string(),
		rule_id: v.string(),
		content: v.pipe(v.string(), v.parseJson(), IncidentSchema),
		attempts: Integer,
		next_at: v.nullable(Millis),
		delivered_at: v.nullable(Millis),
		failure: v.nullable(v.string()),
	}),
	v.transform(
		({ rule_id, content, next_at, delivered_at, ...row }): Delivery => ({
			...row,
			ruleId: rule_id,
			incident: content,
			nextAt: next_at,
			deliveredAt: delivered_at,
		}),
	),
);

const COLUMNS = "id, rule_id, content, attempts, next_at, delivered_at, failure";

/**
 * Queues incidents of a rule; those that it knows already are left out. Throws `DatabaseUnavailable`, as all of these
 * do.
 */
export function queueDeliveries(
	db: D1Database,
	ruleId: string,
	incidents: readonly Incident[],
	now: number,
): Promise<void> {
	const rows = incidents.map((incident) => ({
		id: newId("dlv", now, crypto.randomUUID()),
		incident: incident.id,
		content: incident,
	}));
	return inDatabase(async () => {
		await db
			.prepare(
				`INSERT INTO alert_deliveries (id, rule_id, incident, content, next_at)
				SELECT value ->> 'id', ?1, value ->> 'incident', value -> 'content', ?2 FROM json_each(?3) WHERE true
				ON CONFLICT (rule_id, incident) DO NOTHING`,
			)
			.bind(ruleId, now, JSON.stringify(rows))
			.run();
	});
}

/**
 * Claims what is due, for `ms` milliseconds: another run gets other deliveries meanwhile. Each counts as sent once
 * more.
 */
export function claimDue(db: D1Database, now: number, ms: number, limit: number): Promise<Delivery[]> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`UPDATE alert_deliveries SET attempts = attempts + 1, next_at = ?1 + ?2
				WHERE id IN (SELECT id FROM alert_deliveries WHERE next_at <= ?1 ORDER BY next_at LIMIT ?3)
				RETURNING ${COLUMNS}`,
			)
			.bind(now, ms, limit)
			.all();
		return v.parse(v.array(DeliveryRow), results);
	});
}

/** Records the outcome of an attempt: `nextAt` is null when no further attempt follows. */
export function noteDelivery(
	db: D1Database,
	id: string,
	outcome: { deliveredAt: number | null; nextAt: number | null; failure: string | null },
): Promise<void> {
	return inDatabase(async () => {
		await db
			.prepare("UPDATE alert_deliveries SET delivered_at = ?2, next_at = ?3, failure = ?4 WHERE id = ?1")
			.bind(id, outcome.deliveredAt, outcome.nextAt, outcome.failure)
			.run();
	});
}

/** The newest ones of a rule first, at most `limit`. */
export function listDeliveries(db: D1Database, ruleId: string, limit: number): Promise<Delivery[]> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(`SELECT ${COLUMNS} FROM alert_deliveries WHERE rule_id = ? ORDER BY id DESC LIMIT ?`)
			.bind(ruleId, limit)
			.all();
		return v.parse(v.array(DeliveryRow), results);
	});
}

/**
 * Forgets deliveries that are over and began before `before`, at most `limit`. A rule could report their incidents
 * again then.
 */
export function pruneDeliveries(db: D1Database, before: number, limit: number): Promise<number> {
	return inDatabase(async () => {
		const { meta } = await db
			.prepare(
				`DELETE FROM alert_deliveries WHERE id IN
				(SELECT id FROM alert_deliveries WHERE id < ?1 AND next_at IS NULL ORDER BY id LIMIT ?2)`,
			)
			.bind(newId("dlv", before, ""), limit)
			.run();
		return meta.changes;
	});
}
