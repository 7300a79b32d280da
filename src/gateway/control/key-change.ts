// Puts an admin's change of a key into force at the key's object and at the edge.
import { GatewayError } from "#core/errors";
import type { Env } from "#env";
import { KeyClient } from "#objects/key-client";
import { recordsOf, registrationOf } from "#store/keys/key-forms";
import { writeKeyRecord } from "#store/keys/key-records";
import type { StoredKey } from "#store/keys/keys";

/** Copies a key to the edge. A copy that fails to arrive costs a look at the registry, no more. */
export function publishKey(env: Pick<Env, "KEY_RECORDS">, execution: ExecutionContext, key: StoredKey): void {
	const writes = recordsOf(key).map(({ digest, record }) => writeKeyRecord(env.KEY_RECORDS, digest, record));
	execution.waitUntil(Promise.allSettled(writes));
}

/**
 * Puts a change that the registry holds into force: when this returns, the next request meets it. Throws `GatewayError`
 * 503 when the key's object did not confirm. The edge copies are written even then, because a request that comes with a
 * later version than the object's makes the object look at the registry itself.
 */
export async function enforceKey(
	env: Pick<Env, "KEY_RECORDS" | "API_KEYS">,
	execution: ExecutionContext,
	key: StoredKey,
): Promise<void> {
	const registration = registrationOf(key);
	try {
		await new KeyClient(env.API_KEYS, key.id).configure(registration);
	} catch {
		throw GatewayError.of(
			"key_change_unconfirmed",
			"the change is recorded, but the key's object did not confirm it, so the key may still work as before for some minutes; repeat the request: that is safe",
		);
	} finally {
		publishKey(env, execution, key);
	}
}
