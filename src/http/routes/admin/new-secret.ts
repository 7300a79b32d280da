// The text of a new key, and what the registry keeps of it.
import { newId, type SecretId } from "#core/ids";
import { KEY_PREFIX, lastFour, newKeyText } from "#http/auth/key-format";
import { digestKey } from "#store/keys/key-digest";
import type { NewSecret } from "#store/keys/keys";

export function newSecret(pepper: string, now: number): { text: string; secret: NewSecret } {
	const text = newKeyText();
	const id = newId("sec", now, crypto.randomUUID()) as SecretId;
	return { text, secret: { id, digest: digestKey(text, pepper), prefix: KEY_PREFIX, last4: lastFour(text) } };
}
