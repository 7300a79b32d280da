import type { KeyId } from "../core/ids";
import type { Env } from "../env";
import { withinRequest } from "../store/deadline";
import { askTwice } from "../store/object-call";

type KeyStub = ReturnType<Env["API_KEYS"]["getByName"]>;

/**
 * Calls a key's object, under the rules of `askTwice`. Throws what the object threw, or `DeadlineError` after `ms` over
 * both attempts.
 */
export function askKeyObject<T>(
	keys: Env["API_KEYS"],
	keyId: KeyId,
	ms: number,
	ask: (stub: KeyStub) => Promise<T>,
): Promise<T> {
	const answer = askTwice(() => keys.getByName(keyId), ask);
	return withinRequest(ms, "the key's object", answer);
}
