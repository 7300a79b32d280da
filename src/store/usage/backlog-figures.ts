// Reads what objects still owe to D1.

import * as v from "valibot";
import { DAY_MS } from "#lib/time";
import { Integer, Millis } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";

const BacklogRow = v.object({
	/**
	 * Objects that may owe usage to the database, the records that they owed when they last said so, and since when the
	 * earliest may, in milliseconds since the epoch.
	 */
	dirty: Integer,
	owed: Integer,
	dirtySince: v.nullable(Millis),
	/** The id of the oldest request in the log, which has its time. */
	oldestRequest: v.nullable(v.string()),
	/** Entries of objects that the database refused in the last day. */
	refused: Integer,
	/** Alerts that are still to be delivered, and those of the last day that were given up. */
	alertsDue: Integer,
	alertsFailed: Integer,
	/** Differences that reconciliations of the last day found. */
	differences: Integer,
});
export type BacklogFigures = v.InferOutput<typeof BacklogRow>;

/** What waits, and what went wrong in the last day. Throws `DatabaseUnavailable`. */
export function backlogFigures(db: D1Database, now: number): Promise<BacklogFigures> {
	return inDatabase(async () => {
		const row = await db
			.prepare(
				`SELECT (SELECT count(*) FROM dirty_objects) AS dirty,
					(SELECT coalesce(sum(weight), 0) FROM dirty_objects) AS owed,
					(SELECT min(coalesce(oldest_at, since)) FROM dirty_objects) AS dirtySince,
					(SELECT min(id) FROM request_log) AS oldestRequest,
					(SELECT count(*) FROM refused_entries WHERE at >= ?1) AS refused,
					(SELECT count(*) FROM alert_deliveries WHERE next_at IS NOT NULL) AS alertsDue,
					(SELECT count(*) FROM alert_deliveries
						WHERE id >= ?2 AND next_at IS NULL AND delivered_at IS NULL) AS alertsFailed,
					(SELECT count(*) FROM reconciliations WHERE at >= ?1 AND differs <> 0) AS differences`,
			)
			.bind(now - DAY_MS, `dlv_${(now - DAY_MS).toString(16).padStart(12, "0")}`)
			.first();
		return v.parse(BacklogRow, row);
	});
}
