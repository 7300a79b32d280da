import type { KeyId } from "../core/ids";
import { BoundedMemory } from "../core/routing-memory";
import type { Env } from "../env";
import { askObject } from "../store/object-call";

/** How long a request waits to hear where its conversation was; it goes on without, in milliseconds. */
const DEADLINE_MS = 150;

/** What this isolate has learnt while serving. */
export const routingMemory = new BoundedMemory({ conversations: 4_096, families: 512 });

/** Asks the key's object where a conversation was, and remembers it here. A lost answer costs no more than a cold cache. */
export async function recallRoute(
	keys: Env["API_KEYS"],
	keyId: KeyId,
	conversation: string,
	family: string,
): Promise<void> {
	try {
		const recollection = await askObject(keys, keyId, DEADLINE_MS, async (stub) => {
			return await stub.recallRoute(conversation, family);
		});
		routingMemory.adopt(conversation, family, recollection);
	} catch {
		// Not a reason to refuse or to wait any longer.
	}
}
