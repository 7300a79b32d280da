import { aFewAtOnce } from "../core/a-few-at-once";
import type { KeyId } from "../core/ids";
import type { Swept } from "../core/owed";
import { hourOf } from "../core/usage-count";
import type { Env } from "../env";
import { KeyClient } from "../objects/key-client";
import {
	activeObjects,
	type ObjectSums,
	objectSums,
	type Reconciliation,
	recordReconciliations,
} from "../store/reconciliations";
import { partsOf, touch } from "./touch";

/** An object is looked at once in this time, in milliseconds, if it flushed since. */
const EVERY_MS = 3_600_000;
/** How many objects one run looks at. */
const MOST = 100;
/** The log is compared with the roll-ups over so many hours. */
const HOURS = 2;
const HOUR_MS = 3_600_000;
/** An object that flushes meanwhile is asked again so often. */
const TRIES = 3;

/** Compares the objects' books with what is in D1, and writes down what was found. Returns how many differ. */
export async function reconcile(env: Env, now: number): Promise<number> {
	const objects = await activeObjects(env.DB, now - EVERY_MS, MOST);
	const since = hourOf(now) - HOURS * HOUR_MS;
	const found = await aFewAtOnce(objects, async (object): Promise<Reconciliation[]> => {
		try {
			return [await compare(env, object, since, now)];
		} catch {
			// One that cannot be reached now comes first in the next run.
			return [];
		}
	});
	const all = found.flat();
	await recordReconciliations(env.DB, all);
	return all.filter(({ differs }) => differs).length;
}

async function compare(env: Env, object: string, since: number, now: number): Promise<Reconciliation> {
	const { kind, name } = partsOf(object);
	const keyId = kind === "key" ? (name as KeyId) : null;
	for (let attempt = 1; ; attempt++) {
		const told = await touch(env, object);
		const here = await objectSums(env.DB, object, keyId, since);
		const differs = !agree(told, here);
		if (differs && attempt < TRIES) continue;
		const { entries, cost } = told.acknowledged;
		const unproven = keyId === null ? 0 : await unprovenOf(env, keyId);
		return { object, at: now, toldEntries: entries, toldCost: cost, ...here, pending: told.weight, unproven, differs };
	}
}

function agree({ acknowledged: { entries, cost } }: Swept, here: ObjectSums): boolean {
	return (
		entries === here.markedEntries &&
		cost === here.markedCost &&
		here.markedCost === here.rolledCost &&
		here.loggedRecentCost === here.rolledRecentCost
	);
}

/** What most of a budget is charged without a proof, in nano-dollars. */
async function unprovenOf({ API_KEYS }: Env, keyId: KeyId): Promise<number> {
	const { budgets } = await new KeyClient(API_KEYS, keyId).budgetStatus(null);
	return Math.max(0, ...budgets.map(({ unproven }) => unproven));
}
