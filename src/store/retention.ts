/** Times before which rows are forgotten, in milliseconds since the epoch. */
export interface Retention {
	readonly requests: number;
	readonly hours: number;
	readonly histories: number;
}

/** The most rows that one statement takes away, so that none holds the database for long. */
const BATCH = 500;
/** How many such statements a run makes of each table. */
const ROUNDS = 20;

/** Forgets old usage, as much as a run may; what is left is for the next. Returns how many rows went. */
export async function forgetUsage(db: D1Database, retention: Retention): Promise<number> {
	const { requests, hours, histories } = retention;
	// The time is in the id, so the primary key finds the oldest.
	const firstKept = `req_${requests.toString(16).padStart(12, "0")}`;
	const rollUp = "period, team_id, key_id, app, provider, model";
	const entry = "object, epoch, seq, item";
	let gone = await forget(db, "request_log", "id", "id", firstKept);
	gone += await forget(db, "usage_hourly", rollUp, "period", hours);
	gone += await forget(db, "team_grants", entry, "at", histories);
	gone += await forget(db, "circuit_transitions", entry, "at", histories);
	gone += await forget(db, "refused_entries", "object, epoch, seq", "at", histories);
	gone += await forget(db, "reconciliations", "object, at", "at", histories);
	return gone;
}

async function forget(
	db: D1Database,
	table: string,
	key: string,
	by: string,
	before: string | number,
): Promise<number> {
	const query = `DELETE FROM ${table} WHERE (${key}) IN (
		SELECT ${key} FROM ${table} WHERE ${by} < ? ORDER BY ${by} LIMIT ${BATCH})`;
	let gone = 0;
	for (let round = 0; round < ROUNDS; round++) {
		const { changes } = (await db.prepare(query).bind(before).run()).meta;
		gone += changes;
		if (changes < BATCH) break;
	}
	return gone;
}

/**
 * Puts one sum in the place of marks that were last moved before a time: every copy of an object leaves one. An object may
 * be restored to a time up to 30 days back, so until later than that they are needed one by one.
 */
export async function foldMarks(db: D1Database, before: number): Promise<void> {
	const past = "epoch > 0 AND flushed_at < ?";
	await db.batch([
		db
			.prepare(
				`INSERT INTO outbox_marks (object, epoch, seq, cost, flushed_at)
				SELECT object, 0, sum(seq), sum(cost), max(flushed_at) FROM outbox_marks WHERE ${past} GROUP BY object
				ON CONFLICT (object, epoch) DO UPDATE SET
					seq = seq + excluded.seq, cost = cost + excluded.cost, flushed_at = excluded.flushed_at`,
			)
			.bind(before),
		db.prepare(`DELETE FROM outbox_marks WHERE ${past}`).bind(before),
	]);
}
