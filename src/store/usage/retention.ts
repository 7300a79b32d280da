/** Times before which rows are forgotten, in milliseconds since the epoch. */
interface Retention {
	readonly requests: number;
	readonly hours: number;
	readonly histories: number;
}

/** The most rows that one statement takes away, so that none holds the database for long. */
export const RETENTION_ROWS = 500;

/**
 * Forgets old usage in small statements, the tables by turns, until nothing is left or `goesOn` says no. Returns how
 * many rows went. Throws what D1 throws.
 */
export async function forgetUsage(db: D1Database, retention: Retention, goesOn: () => boolean): Promise<number> {
	let gone = 0;
	let open = statementsFor(db, retention);
	while (open.length > 0) {
		const full: D1PreparedStatement[] = [];
		for (const statement of open) {
			if (!goesOn()) return gone;
			const { changes } = (await statement.run()).meta;
			gone += changes;
			if (changes >= RETENTION_ROWS) full.push(statement);
		}
		open = full;
	}
	return gone;
}

function statementsFor(db: D1Database, { requests, hours, histories }: Retention): D1PreparedStatement[] {
	const forget = (table: string, key: string, by: string, before: string | number): D1PreparedStatement =>
		db
			.prepare(
				`DELETE FROM ${table} WHERE (${key}) IN (
					SELECT ${key} FROM ${table} WHERE ${by} < ? ORDER BY ${by} LIMIT ${RETENTION_ROWS})`,
			)
			.bind(before);
	const entry = "object, epoch, seq, item";
	return [
		// The time is in the id, so the primary key finds the oldest.
		forget("request_log", "id", "id", `req_${requests.toString(16).padStart(12, "0")}`),
		forget("usage_hourly", "period, team_id, key_id, app, provider, model", "period", hours),
		forget("team_grants", entry, "at", histories),
		forget("circuit_transitions", entry, "at", histories),
		forget("refused_entries", "object, epoch, seq", "at", histories),
		forget("reconciliations", "object, at", "at", histories),
	];
}

/**
 * Puts one sum in the place of marks that were last moved before a time: every copy of an object leaves one. An object
 * may be restored to a time up to 30 days back, so until later than that they are needed one by one.
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
