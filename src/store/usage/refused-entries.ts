/** Entries of outboxes that D1 did not take as they were: what is known of them, for the alert and the metric. */
import * as v from "valibot";
import { Integer, NanoDollars } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";
import { unmarked } from "./watermarks";

/** The most objects that one question brings. */
const MAX_OBJECTS = 200;

/** An entry of which only a part is brought in. */
export interface RefusedEntry {
	readonly seq: number;
	/** When its object stored it, in milliseconds since the epoch. */
	readonly storedAt: number;
	readonly records: number;
	/** Their sum in nano-dollars. */
	readonly cost: number;
	/** What is brought in of it: all but what callers named, one row with the sum, or nothing. */
	readonly form: "unlabelled" | "charge" | "nothing";
	/** Why it was refused, in a word. */
	readonly reason: string;
}

/** Writes down that an entry was refused. Must be part of the transaction that stores the rest of the entry. */
export function refusedStatement(
	db: D1Database,
	object: string,
	epoch: number,
	{ seq, storedAt, records, cost, form, reason }: RefusedEntry,
	now: number,
): D1PreparedStatement {
	return db
		.prepare(
			`INSERT INTO refused_entries (object, epoch, seq, at, stored_at, records, cost, form, reason)
			SELECT ?2, ?3, ?1, ?4, ?5, ?6, ?7, ?8, ?9 WHERE ${unmarked("?1")}`,
		)
		.bind(seq, object, epoch, now, storedAt, records, cost, form, reason);
}

const RefusedRow = v.object({
	object: v.string(),
	entries: Integer,
	records: Integer,
	cost: NanoDollars,
	unbookedCost: NanoDollars,
	reason: v.string(),
});

/**
 * What was refused since a time, by object, in nano-dollars; the reason is that of one of its entries. Throws
 * `DatabaseUnavailable`.
 */
export function refusedSince(db: D1Database, since: number): Promise<v.InferOutput<typeof RefusedRow>[]> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`SELECT object, count(*) AS entries, sum(records) AS records, sum(cost) AS cost,
					sum(iif(form = 'nothing', cost, 0)) AS unbookedCost, min(reason) AS reason
				FROM refused_entries WHERE at >= ? GROUP BY object ORDER BY object LIMIT ${MAX_OBJECTS}`,
			)
			.bind(since)
			.all();
		return v.parse(v.array(RefusedRow), results);
	});
}
