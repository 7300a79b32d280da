// Which objects owe something, in D1.
import * as v from "valibot";
import type { KeyId } from "#core/ids";
import type { Scope } from "#core/rights";
import type { Backlog } from "#core/usage/owed";
import { Integer, Millis } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";
import { Where } from "#store/d1/where";

/** An object that may owe usage; `since` in milliseconds since the epoch. */
export interface DirtyObject {
	/** `key/`, `team/` or `provider/`, then its name. */
	readonly object: string;
	readonly since: number;
}

/** What an object is known to owe. */
export interface OwingObject extends Backlog {
	readonly object: string;
}

const DirtyRow = v.object({ object: v.string(), since: Millis });

/** Notes that an object may owe something. A later note takes the place of an earlier one. */
export async function markDirty(db: D1Database, note: DirtyObject & OwingObject): Promise<void> {
	const query = `INSERT INTO dirty_objects (object, since, weight, oldest_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (object) DO UPDATE SET since = excluded.since, weight = excluded.weight, oldest_at = excluded.oldest_at
		WHERE since < excluded.since`;
	await db.prepare(query).bind(note.object, note.since, note.weight, note.oldestAt).run();
}

/** Those that were noted at a time or before it, the earliest first. */
export async function readDirty(db: D1Database, until: number, most: number): Promise<DirtyObject[]> {
	const query = "SELECT object, since FROM dirty_objects WHERE since <= ? ORDER BY since LIMIT ?";
	const { results } = await db.prepare(query).bind(until, most).all();
	return results.map((row) => v.parse(DirtyRow, row));
}

/** Writes into notes what their objects owe still. */
export async function noteOwing(db: D1Database, owing: readonly OwingObject[]): Promise<void> {
	const query = `UPDATE dirty_objects SET weight = value ->> 'weight', oldest_at = value ->> 'oldestAt'
		FROM json_each(?) WHERE object = value ->> 'object'`;
	await db.prepare(query).bind(JSON.stringify(owing)).run();
}

/** Takes notes back, unless a later one took their place. */
export async function forgetDirty(db: D1Database, clean: readonly DirtyObject[]): Promise<void> {
	const query = `DELETE FROM dirty_objects WHERE (object, since) IN
		(SELECT value ->> 'object', value ->> 'since' FROM json_each(?))`;
	await db.prepare(query).bind(JSON.stringify(clean)).run();
}

/** Keys whose objects may owe something, and how many there are in all. */
interface DirtyKeys {
	readonly keys: readonly {
		readonly keyId: KeyId /** Null: only because it was asked for. */;
		readonly since: number | null;
	}[];
	readonly total: number;
	/** The earliest of all notes. */
	readonly since: number | null;
}

const DirtyKeyRow = v.object({
	keyId: v.string(),
	since: v.nullable(Millis),
	total: Integer,
	earliest: v.nullable(Millis),
});

/**
 * Keys of a team, or all, that were noted, the latest first; or the one that is named, noted or not. Throws
 * `DatabaseUnavailable`.
 */
export function dirtyKeys(
	db: D1Database,
	{
		teamId,
		keyId,
		within,
	}: {
		readonly teamId: string | null;
		readonly keyId: string | null;
		readonly within?: Scope;
	},
	most: number,
): Promise<DirtyKeys> {
	const where = new Where()
		.and("k.team_id = ?", teamId)
		.and("k.id = ?", keyId)
		.among("k.team_id", within?.teams ?? null)
		.and("? IN (k.owner_id, k.id)", within?.ownerId ?? null);
	const query = `SELECT k.id AS keyId, d.since, count(*) OVER () AS total, min(d.since) OVER () AS earliest
		FROM api_keys k ${keyId === null ? "" : "LEFT "}JOIN dirty_objects d ON d.object = 'key/' || k.id
		${where.sql} ORDER BY d.since DESC LIMIT ?`;
	return inDatabase(async () => {
		const { results } = await db
			.prepare(query)
			.bind(...where.values, most)
			.all();
		const rows = v.parse(v.array(DirtyKeyRow), results);
		return {
			keys: rows.map(({ keyId, since }) => ({ keyId: keyId as KeyId, since })),
			total: rows[0]?.total ?? 0,
			since: rows[0]?.earliest ?? null,
		};
	});
}
