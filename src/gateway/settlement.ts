import type { KeyId } from "../core/ids";
import type { RequestRecord } from "../core/request-record";
import type { EndedAttempt, EndedBatch } from "../core/settlement";
import type { Env } from "../env";
import { askKeyObject } from "./key-object";

/** How long attempts and records wait for company, in milliseconds. */
const GATHER_MS = 20;
/** The most attempts and records that are sent together. */
const BATCH = 128;
/** How often a batch is sent before its holds are left to stand; they stay charged then. */
const TRIES = 5;
const DEADLINE_MS = 5_000;

/** An attempt that ended, or a request. */
type Told = { readonly attempt: EndedAttempt } | { readonly request: RequestRecord };

/** What ended in this isolate and nobody has taken along yet, by key and in the order in which it ended. */
const waiting = new Map<KeyId, Told[]>();

/** Settles an attempt after its answer, together with whatever else of the same key ends at about the same time. */
export function settle(keys: Env["API_KEYS"], keyId: KeyId, attempt: EndedAttempt): Promise<void> {
	return tell(keys, keyId, { attempt });
}

/**
 * Writes a request into the books, once, when it is over, also when it was refused. Called right after its last attempt
 * was settled, it travels with that. What the attempts cost is taken from their settlements, not from the record.
 */
export function recordRequest(keys: Env["API_KEYS"], keyId: KeyId, request: RequestRecord): Promise<void> {
	return tell(keys, keyId, { request });
}

/** Every caller waits in its own request and then takes along all that is there, so no request depends on another's life. */
async function tell(keys: Env["API_KEYS"], keyId: KeyId, told: Told): Promise<void> {
	const queue = waiting.get(keyId);
	if (queue === undefined) waiting.set(keyId, [told]);
	else queue.push(told);
	await pause(GATHER_MS);
	const all = waiting.get(keyId);
	if (all === undefined) return;
	waiting.delete(keyId);
	for (let from = 0; from < all.length; from += BATCH) await send(keys, keyId, all.slice(from, from + BATCH));
}

/** Forgets everything, as a new isolate would. */
export function forgetWaiting(): void {
	waiting.clear();
}

/** Repeats a batch under its id until it is confirmed: the object applies it once. */
async function send(keys: Env["API_KEYS"], keyId: KeyId, told: readonly Told[]): Promise<void> {
	const batch: EndedBatch = {
		id: crypto.randomUUID(),
		sentAt: Date.now(),
		items: told.flatMap((each) => ("attempt" in each ? [each.attempt] : [])),
		requests: told.flatMap((each) => ("request" in each ? [each.request] : [])),
	};
	for (let attempt = 1; attempt <= TRIES; attempt++) {
		try {
			await askKeyObject(keys, keyId, DEADLINE_MS, async (stub) => await stub.settle(batch));
			return;
		} catch {
			await pause(250 * 2 ** attempt);
		}
	}
	const { items, requests } = batch;
	const lost = { attempts: items.length, requests: requests?.length };
	console.error(JSON.stringify({ level: "error", error: "SettlementFailed", key: keyId, ...lost }));
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
