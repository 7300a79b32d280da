/** Where conversations were served lately: in the isolate's memory, else in the key's object. */
import type { KeyId } from "#core/ids";
import { BoundedMemory } from "#core/routing/routing-memory";
import type { Env } from "#env";
import { KeyClient } from "#objects/key-client";

/** What an isolate learns while serving, and has not yet. */
export function newRoutingMemory(): BoundedMemory {
	return new BoundedMemory({ conversations: 4_096, families: 512 });
}

/**
 * Asks the key's object where a conversation was, and remembers it here. A lost answer costs no more than a cold cache.
 */
export async function recallRoute(
	memory: BoundedMemory,
	keys: Env["API_KEYS"],
	keyId: KeyId,
	conversation: string,
	family: string,
): Promise<void> {
	try {
		const recollection = await new KeyClient(keys, keyId).recallRoute(conversation, family);
		memory.adopt(conversation, family, recollection);
	} catch {
		// Not a reason to refuse or to wait any longer.
	}
}
