// Compares the ledgers of objects with D1.

import type { KeyId } from "#core/ids";
import type { Swept } from "#core/usage/owed";
import { hourOf } from "#core/usage/usage-count";
import type { Env } from "#env";
import { greatestOf } from "#lib/list";
import { mapConcurrent } from "#lib/map-concurrent";
import { HOUR_MS } from "#lib/time";
import { KeyClient } from "#objects/key-client";
import {
	activeObjects,
	type ObjectSums,
	objectSums,
	type Reconciliation,
	recordReconciliations,
} from "#store/usage/reconciliations";
import { partsOf, touch } from "./touch";

/** An object is looked at once in this time, in milliseconds, if it flushed since. */
const EVERY_MS = 3_600_000;
/** How many objects are looked at between two looks at the clock. */
const PAGE = 50;
/** How many objects one run looks at: each takes three calls or more of the ten thousand that a run may make. */
export const RECONCILED_A_RUN = 1_000;
/** Over how many hours the log is compared with the roll-ups. */
const HOURS = 2;
/** How often an object is read before a difference counts: it may flush between the two reads. */
const TRIES = 3;

/**
 * Compares the objects' ledgers with D1 and records the result, until no object is due, the run has read
 * `RECONCILED_A_RUN` of them, or `goesOn` says no. Returns how many differ.
 */
export async function reconcile(env: Env, now: number, goesOn: () => boolean): Promise<number> {
	const objects = await activeObjects(env.DB, now - EVERY_MS, RECONCILED_A_RUN);
	const since = hourOf(now) - HOURS * HOUR_MS;
	let differing = 0;
	for (let first = 0; first < objects.length && goesOn(); first += PAGE) {
		const found = await mapConcurrent(objects.slice(first, first + PAGE), (object) => look(env, object, since, now));
		const all = found.flat();
		await recordReconciliations(env.DB, all);
		differing += all.filter(({ differs }) => differs).length;
	}
	return differing;
}

async function look(env: Env, object: string, since: number, now: number): Promise<Reconciliation[]> {
	try {
		return [await compare(env, object, since, now)];
	} catch {
		// One that cannot be reached now comes first in the next run.
		return [];
	}
}

async function compare(env: Env, object: string, since: number, now: number): Promise<Reconciliation> {
	const { kind, name } = partsOf(object);
	const keyId = kind === "key" ? (name as KeyId) : null;
	for (let attempt = 1; ; attempt++) {
		const swept = await touch(env, object);
		const here = await objectSums(env.DB, object, keyId, since);
		const differs = !agree(swept, here);
		if (differs && attempt < TRIES) continue;
		const { entries, cost } = swept.acknowledged;
		const unproven = keyId === null ? 0 : await unprovenOf(env, keyId);
		return { object, at: now, toldEntries: entries, toldCost: cost, ...here, pending: swept.weight, unproven, differs };
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
	return Math.max(0, greatestOf(budgets.map(({ unproven }) => unproven)));
}
