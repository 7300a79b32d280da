import * as v from "valibot";
import { Instant } from "./key-schemas";

/** An object that may owe something since so many milliseconds after the epoch. */
export interface DirtyObject {
	/** `key/`, `team/` or `provider/`, then its name. */
	readonly object: string;
	readonly since: number;
}

const DirtyRow = v.object({ object: v.string(), since: Instant });

/** Notes that an object may owe something. A later note takes the place of an earlier one. */
export async function markDirty(db: D1Database, { object, since }: DirtyObject): Promise<void> {
	const query = `INSERT INTO dirty_objects (object, since) VALUES (?, ?)
		ON CONFLICT (object) DO UPDATE SET since = excluded.since WHERE since < excluded.since`;
	await db.prepare(query).bind(object, since).run();
}

/** Those that were noted at a time or before it, the earliest first. */
export async function readDirty(db: D1Database, until: number, most: number): Promise<DirtyObject[]> {
	const query = "SELECT object, since FROM dirty_objects WHERE since <= ? ORDER BY since LIMIT ?";
	const { results } = await db.prepare(query).bind(until, most).all();
	return results.map((row) => v.parse(DirtyRow, row));
}

/** Takes notes back, unless a later one took their place. */
export async function forgetDirty(db: D1Database, clean: readonly DirtyObject[]): Promise<void> {
	const query = `DELETE FROM dirty_objects WHERE (object, since) IN
		(SELECT value ->> 'object', value ->> 'since' FROM json_each(?))`;
	await db.prepare(query).bind(JSON.stringify(clean)).run();
}
