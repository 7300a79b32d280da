import { type DirtyObject, forgetDirty, readDirty } from "../store/dirty-objects";

/** An object that was noted longer ago than this, in milliseconds, should have flushed by itself and been noted anew. */
export const STALE_MS = 300_000;
/** How many objects one run looks after, and how many at a time. */
const MOST = 500;
const AT_ONCE = 5;

/** Has an object ship what it owes; returns whether it owes nothing more. Throws when it cannot be reached. */
export type Touch = (object: string) => Promise<boolean>;

/**
 * Wakes objects that may sleep on what they owe because an alarm was lost with the copy that held it. Returns how many
 * were found clean, and how many not.
 */
export async function sweep(db: D1Database, touch: Touch, now: number): Promise<{ clean: number; left: number }> {
	const waiting = await readDirty(db, now - STALE_MS, MOST);
	const found = waiting.length;
	const clean: DirtyObject[] = [];
	const walk = async (): Promise<void> => {
		for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
			// One that cannot be reached now is tried again by the next run.
			if (await touch(next.object).catch(() => false)) clean.push(next);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, walk));
	if (clean.length > 0) await forgetDirty(db, clean);
	return { clean: clean.length, left: found - clean.length };
}
