import type { KeyId } from "../core/ids";
import type { Env } from "../env";
import { askKeyObject } from "./key-object";
import { OPEN_MS } from "./reservation";

const BEAT_MS = 20_000;
const DEADLINE_MS = 5_000;

/**
 * Tells the key's object from time to time that an attempt is under way, so that its hold and its place among the
 * concurrent requests stay open. Returns how to stop. A beat that is lost does no harm while the next arrives.
 */
export function beatWhile(keys: Env["API_KEYS"], keyId: KeyId, attemptId: string): () => void {
	const timer = setInterval(() => {
		askKeyObject(keys, keyId, DEADLINE_MS, async (stub) => await stub.extend(attemptId, OPEN_MS)).catch(() => {});
	}, BEAT_MS);
	return () => clearInterval(timer);
}
