// Looks after objects whose alarm may have been lost.
import type { Backlog } from "#core/usage/owed";
import { mapConcurrent } from "#lib/map-concurrent";
import { type DirtyObject, forgetDirty, noteOwing, type OwingObject, readDirty } from "#store/usage/dirty-objects";

/**
 * An object that was noted longer ago than this, in milliseconds, should have flushed by itself and been noted anew.
 */
const STALE_MS = 300_000;
/** How many objects one run looks after. */
const MAX_OBJECTS_A_RUN = 500;

/** Has an object ship what it owes. Throws when it cannot be reached. */
type Touch = (object: string) => Promise<Backlog>;

/**
 * Wakes objects that may sleep on what they owe because an alarm was lost with the copy that held it. Returns how many
 * were found clean, and how many not.
 */
export async function sweep(db: D1Database, touch: Touch, now: number): Promise<{ clean: number; left: number }> {
	const found = await readDirty(db, now - STALE_MS, MAX_OBJECTS_A_RUN);
	const looked = await mapConcurrent(found, async (dirty): Promise<(DirtyObject & OwingObject)[]> => {
		try {
			const { weight, oldestAt } = await touch(dirty.object);
			return [{ ...dirty, weight, oldestAt }];
		} catch {
			// One that cannot be reached now is tried again by the next run.
			return [];
		}
	});
	const clean = looked.flat().filter(({ weight }) => weight === 0);
	const owing = looked.flat().filter(({ weight }) => weight > 0);
	if (clean.length > 0) await forgetDirty(db, clean);
	if (owing.length > 0) await noteOwing(db, owing);
	return { clean: clean.length, left: found.length - clean.length };
}
