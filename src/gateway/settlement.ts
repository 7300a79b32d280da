import type { KeyId } from "../core/ids";
import type { EndedAttempt } from "../core/settlement";
import type { Env } from "../env";
import { askKeyObject } from "./key-object";

/** How long attempts wait for company, in milliseconds. */
const GATHER_MS = 20;
/** The most attempts that are sent together. */
const BATCH = 128;
/** How often a batch is sent before its holds are left to stand; they stay charged then. */
const TRIES = 5;
const DEADLINE_MS = 5_000;

/** Attempts of this isolate that nobody has taken along yet, by key. */
const waiting = new Map<KeyId, EndedAttempt[]>();

/**
 * Settles an attempt after its answer, together with whatever else of the same key ends at about the same time. Every
 * caller waits in its own request and then takes along all that is there, so no request depends on another's life.
 */
export async function settle(keys: Env["API_KEYS"], keyId: KeyId, attempt: EndedAttempt): Promise<void> {
	const queue = waiting.get(keyId);
	if (queue === undefined) waiting.set(keyId, [attempt]);
	else queue.push(attempt);
	await pause(GATHER_MS);
	const items = waiting.get(keyId);
	if (items === undefined) return;
	waiting.delete(keyId);
	for (let from = 0; from < items.length; from += BATCH) await send(keys, keyId, items.slice(from, from + BATCH));
}

/** Forgets everything, as a new isolate would. */
export function forgetWaiting(): void {
	waiting.clear();
}

/** Repeats a batch under its id until it is confirmed: the object applies it once. */
async function send(keys: Env["API_KEYS"], keyId: KeyId, items: readonly EndedAttempt[]): Promise<void> {
	const batch = { id: crypto.randomUUID(), sentAt: Date.now(), items };
	for (let attempt = 1; attempt <= TRIES; attempt++) {
		try {
			await askKeyObject(keys, keyId, DEADLINE_MS, async (stub) => await stub.settle(batch));
			return;
		} catch {
			await pause(250 * 2 ** attempt);
		}
	}
	console.error(JSON.stringify({ level: "error", error: "SettlementFailed", key: keyId, attempts: items.length }));
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
