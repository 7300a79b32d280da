// Comparisons of objects' ledgers with D1.
import * as v from "valibot";
import type { KeyId } from "#core/ids";
import { Integer, Millis, NanoDollars } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";
import { Where } from "#store/d1/where";

/** What is in D1 of one object. Nano-dollars. */
export interface ObjectSums {
	/** By how far its outbox has come. */
	readonly markedEntries: number;
	readonly markedCost: number;
	/** By the roll-ups, of all days. */
	readonly rolledCost: number;
	/** By the log and by the roll-ups, of the same last hours. */
	readonly loggedRecentCost: number;
	readonly rolledRecentCost: number;
	/** Attempts that were charged at their hold because what their provider reported cannot be true, of all days. */
	readonly implausible: number;
	/** How much the reported usage would have cost beyond that: never charged, if the report was true after all. */
	readonly possibleOverrun: number;
}

/** One object's ledger against what is in D1, at one time in milliseconds since the epoch. */
export interface Reconciliation extends ObjectSums {
	readonly object: string;
	readonly at: number;
	/** What D1 confirmed to the object, by the object's own count. */
	readonly toldEntries: number;
	readonly toldCost: number;
	/** Records that it owed still. */
	readonly pending: number;
	/** Charged by its ledger without a proof; the object has forgotten the request, so D1 has no row for it. */
	readonly unproven: number;
	readonly differs: boolean;
}

export interface ListedReconciliation extends Reconciliation {
	readonly id: string;
}

const ObjectRow = v.object({ object: v.string() });
const SumsRow = v.object({
	markedEntries: Integer,
	markedCost: NanoDollars,
	rolledCost: NanoDollars,
	loggedRecentCost: NanoDollars,
	rolledRecentCost: NanoDollars,
	implausible: Integer,
	possibleOverrun: NanoDollars,
});

/** Objects that flushed since they were last looked at, which was before a time; those that waited longest first. */
export async function activeObjects(db: D1Database, before: number, most: number): Promise<string[]> {
	// The recursion steps from object to object by the primary key, whatever number of marks each has.
	const query = `
		WITH RECURSIVE objects (object) AS (
			SELECT min(object) FROM outbox_marks
			UNION ALL
			SELECT (SELECT min(object) FROM outbox_marks WHERE object > objects.object) FROM objects WHERE object IS NOT NULL),
		looked (object, flushed_at, at) AS (
			SELECT object,
				(SELECT flushed_at FROM outbox_marks m WHERE m.object = objects.object ORDER BY epoch DESC LIMIT 1),
				coalesce((SELECT max(at) FROM reconciliations r WHERE r.object = objects.object), 0)
			FROM objects WHERE object IS NOT NULL)
		SELECT object FROM looked WHERE flushed_at > at AND at <= ? ORDER BY at LIMIT ?`;
	const { results } = await db.prepare(query).bind(before, most).all();
	return results.map((row) => v.parse(ObjectRow, row).object);
}

/** What is in D1 of an object; `keyId` is null for one that charges nothing. All figures are of the same moment. */
export async function objectSums(
	db: D1Database,
	object: string,
	keyId: KeyId | null,
	since: number,
): Promise<ObjectSums> {
	// A request's id begins with its time, so the index finds those of the last hours.
	const query = `SELECT
		(SELECT coalesce(sum(seq), 0) FROM outbox_marks WHERE object = ?1) AS markedEntries,
		(SELECT coalesce(sum(cost), 0) FROM outbox_marks WHERE object = ?1) AS markedCost,
		(SELECT coalesce(sum(cost), 0) FROM usage_daily WHERE key_id = ?2) AS rolledCost,
		(SELECT coalesce(sum(cost), 0) FROM request_log WHERE key_id = ?2 AND id >= ?3 AND at >= ?4) AS loggedRecentCost,
		(SELECT coalesce(sum(cost), 0) FROM usage_hourly WHERE key_id = ?2 AND period >= ?4) AS rolledRecentCost,
		(SELECT coalesce(sum(implausible), 0) FROM usage_daily WHERE key_id = ?2) AS implausible,
		(SELECT coalesce(sum(possible_overrun), 0) FROM usage_daily WHERE key_id = ?2) AS possibleOverrun`;
	const first = `req_${since.toString(16).padStart(12, "0")}`;
	return v.parse(SumsRow, await db.prepare(query).bind(object, keyId, first, since).first());
}

export async function recordReconciliations(db: D1Database, found: readonly Reconciliation[]): Promise<void> {
	if (found.length === 0) return;
	const query = `INSERT INTO reconciliations (object, at, told_entries, told_cost, marked_entries, marked_cost,
			rolled_cost, logged_recent_cost, rolled_recent_cost, implausible, possible_overrun, pending, unproven, differs)
		SELECT value ->> 'object', value ->> 'at', value ->> 'toldEntries', value ->> 'toldCost', value ->> 'markedEntries',
			value ->> 'markedCost', value ->> 'rolledCost', value ->> 'loggedRecentCost', value ->> 'rolledRecentCost', value ->> 'implausible', value ->> 'possibleOverrun',
			value ->> 'pending', value ->> 'unproven', value ->> 'differs'
		FROM json_each(?) WHERE true ON CONFLICT (object, at) DO NOTHING`;
	await db.prepare(query).bind(JSON.stringify(found)).run();
}

/** Sorts by time: fourteen digits reach beyond any time that there will be. */
const ID = "printf('%014d/%s', at, object)";

const ReconciliationRow = v.pipe(
	v.object({
		id: v.string(),
		object: v.string(),
		at: Millis,
		told_entries: Integer,
		told_cost: NanoDollars,
		marked_entries: Integer,
		marked_cost: NanoDollars,
		rolled_cost: NanoDollars,
		logged_recent_cost: NanoDollars,
		rolled_recent_cost: NanoDollars,
		implausible: Integer,
		possible_overrun: NanoDollars,
		pending: Integer,
		unproven: NanoDollars,
		differs: v.picklist([0, 1]),
	}),
	v.transform(
		(row): ListedReconciliation => ({
			id: row.id,
			object: row.object,
			at: row.at,
			toldEntries: row.told_entries,
			toldCost: row.told_cost,
			markedEntries: row.marked_entries,
			markedCost: row.marked_cost,
			rolledCost: row.rolled_cost,
			loggedRecentCost: row.logged_recent_cost,
			rolledRecentCost: row.rolled_recent_cost,
			implausible: row.implausible,
			possibleOverrun: row.possible_overrun,
			pending: row.pending,
			unproven: row.unproven,
			differs: row.differs === 1,
		}),
	),
);

/** The newest first, those before the id `after`. Throws `DatabaseUnavailable`. */
export function listReconciliations(
	db: D1Database,
	filter: {
		readonly object: string | null;
		readonly differs: boolean | null;
		readonly from: number | null;
		readonly to: number | null;
	},
	{ after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<{ readonly found: ListedReconciliation[]; readonly more: boolean }> {
	const { object, differs, from, to } = filter;
	const where = new Where()
		.and("object = ?", object)
		.and("differs = ?", differs === null ? null : Number(differs))
		.and("at >= ?", from)
		.and("at < ?", to)
		.and(`${ID} < ?`, after);
	const query = `SELECT *, ${ID} AS id FROM reconciliations ${where.sql} ORDER BY at DESC, object DESC LIMIT ?`;
	return inDatabase(async () => {
		const { results } = await db
			.prepare(query)
			.bind(...where.values, limit + 1)
			.all();
		const found = v.parse(v.array(ReconciliationRow), results);
		return { found: found.slice(0, limit), more: found.length > limit };
	});
}
