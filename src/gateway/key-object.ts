import type { KeyId } from "../core/ids";
import type { Env } from "../env";
import { askObject } from "../store/object-call";

type KeyStub = ReturnType<Env["API_KEYS"]["getByName"]>;

/** Calls a key's object, under the rules of `askObject`. */
export function askKeyObject<T>(
	keys: Env["API_KEYS"],
	keyId: KeyId,
	ms: number,
	ask: (stub: KeyStub) => Promise<T>,
): Promise<T> {
	return askObject("the key's object", ms, () => keys.getByName(keyId), ask);
}
