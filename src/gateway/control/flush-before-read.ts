/** Has the keys' objects send what they owe to D1 before usage is read. */

import type { Scope } from "#core/rights";
import type { Env } from "#env";
import { leastOf } from "#lib/list";
import { mapConcurrent } from "#lib/map-concurrent";
import { KeyClient } from "#objects/key-client";
import { dirtyKeys } from "#store/usage/dirty-objects";
import type { LiveReads } from "./live-reads";

/** How many objects one question wakes. */
const MAX_OBJECTS = 40;

/** What the database does not have yet: of how many keys, and since when, in milliseconds since the epoch. */
export interface UsageLag {
	readonly keys: number;
	readonly since: number | null;
}

/**
 * Has the keys that a question is about ship what they owe, so that the database can answer it to the last request.
 * Those beyond a bound, and those that cannot, are said to lag. With `live`, which a screen is that asks again and
 * again, no more are woken than that allows. Throws `DatabaseUnavailable`.
 */
export async function flushBeforeRead(
	env: Pick<Env, "DB" | "API_KEYS">,
	scope: { readonly teamId: string | null; readonly keyId: string | null; readonly within?: Scope },
	live: LiveReads | null = null,
): Promise<UsageLag> {
	const { keys: dirty, total, since } = await dirtyKeys(env.DB, scope, MAX_OBJECTS);
	const keys = live === null ? dirty : dirty.slice(0, live.left);
	live?.spend(keys.length);
	const owing = await mapConcurrent(keys, async (key) => {
		try {
			const { weight, oldestAt } = await new KeyClient(env.API_KEYS, key.keyId).sweepBeforeRead();
			return weight === 0 ? [] : [oldestAt];
		} catch {
			return [key.since];
		}
	});
	const behind = owing.flat();
	const unasked = total - keys.length;
	const times = [...behind, ...(unasked > 0 ? [since] : [])].filter((at) => at !== null);
	return { keys: behind.length + unasked, since: times.length === 0 ? null : leastOf(times) };
}
