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

/** What identifies a mark, in the order of the table. */
interface MarkId {
	readonly object: string;
	readonly epoch: number;
}

/** Marks that may be folded. */
const PAST = "epoch > 0 AND flushed_at < ?1";

/**
 * Puts one sum in the place of marks that were last moved before a time: every copy of an object leaves one. An object
 * may be restored to a time up to 30 days back, so until later than that they are needed one by one. Goes through the
 * table in parcels of `RETENTION_ROWS` marks, each of them one transaction, until none is left or `goesOn` says no.
 * Throws what D1 throws.
 */
export async function foldMarks(db: D1Database, before: number, goesOn: () => boolean): Promise<void> {
	let after: MarkId = { object: "", epoch: 0 };
	while (goesOn()) {
		const last = await lastOfParcel(db, before, after);
		if (last === null) return;
		const parcel = `${PAST} AND (object, epoch) > (?2, ?3) AND (object, epoch) <= (?4, ?5)`;
		const bound = [before, after.object, after.epoch, last.object, last.epoch];
		await db.batch([
			db
				.prepare(
					`INSERT INTO outbox_marks (object, epoch, seq, cost, flushed_at)
					SELECT object, 0, sum(seq), sum(cost), max(flushed_at) FROM outbox_marks WHERE ${parcel} GROUP BY object
					ON CONFLICT (object, epoch) DO UPDATE SET
						seq = seq + excluded.seq, cost = cost + excluded.cost, flushed_at = excluded.flushed_at`,
				)
				.bind(...bound),
			db.prepare(`DELETE FROM outbox_marks WHERE ${parcel}`).bind(...bound),
		]);
		after = last;
	}
}

/** The mark that ends the next parcel behind one; null when nothing is left to fold there. */
function lastOfParcel(db: D1Database, before: number, { object, epoch }: MarkId): Promise<MarkId | null> {
	return db
		.prepare(
			`SELECT object, epoch FROM (
				SELECT object, epoch FROM outbox_marks WHERE ${PAST} AND (object, epoch) > (?2, ?3)
				ORDER BY object, epoch LIMIT ${RETENTION_ROWS})
			ORDER BY object DESC, epoch DESC LIMIT 1`,
		)
		.bind(before, object, epoch)
		.first<MarkId>();
}
