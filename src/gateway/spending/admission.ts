/** Asks the key's object whether a request may go on, for what cannot spend. */

import { GatewayError } from "#core/errors";
import type { Identified, KeyState } from "#core/key/key";
import type { Principal } from "#core/key/principal";
import type { Admission } from "#core/key-object/admission";
import type { Env } from "#env";
import type { IsolateState } from "#gateway/isolate-state";
import { inRanges } from "#lib/ip-range";
import { KeyClient } from "#objects/key-client";
import { keyRefused, namedKey, REFUSALS } from "./key-errors";

/** Where a key is admitted. */
interface On {
	readonly env: Pick<Env, "API_KEYS">;
	readonly isolate: Pick<IsolateState, "keyLookup">;
}

/**
 * Asks the key's object whether the request may go on, and returns the caller under the policy in force now; a caller
 * whose key cannot be checked is refused. For routes that cannot spend: spending goes through `reserve`.
 *
 * `address` is where the request came from, null if unknown. Throws `GatewayError`: 401 revoked, rotated, expired or
 * unknown, 403 `ip_not_allowed`, 503 when the object does not answer.
 */
export async function admit(on: On, identified: Identified, address: string | null, now: number): Promise<Principal> {
	return principalOf(await stateInForce(on, identified, identified.record, now), identified.last4, address);
}

/** The state of the key that is in force now, which may be the one that was `seen`. Throws as `admit` does. */
export async function stateInForce(
	on: On,
	{ record: { keyId, secretId }, digest, last4 }: Identified,
	seen: KeyState,
	now: number,
): Promise<KeyState> {
	const { version } = seen;
	let admission: Admission;
	try {
		admission = await new KeyClient(on.env.API_KEYS, keyId).admit({ secretId, version });
	} catch {
		throw unavailable();
	}
	switch (admission.outcome) {
		case "ok":
			return seen;
		case "stale":
			on.isolate.keyLookup.remember(digest, { ...admission.current, secretId }, now);
			return admission.current;
		case "refused":
			throw keyRefused(`${namedKey(last4)} ${REFUSALS[admission.reason]}`);
		case "unavailable":
			throw unavailable();
	}
}

/** The caller under a state of the key. Throws `GatewayError` 403 `ip_not_allowed`. */
export function principalOf(state: KeyState, last4: string, address: string | null): Principal {
	const { keyId, teamId, name, policy } = state;
	if (policy.ipRanges !== undefined && (address === null || !inRanges(policy.ipRanges, address))) {
		throw GatewayError.of(
			"ip_not_allowed",
			`${namedKey(last4)} may not be used from ${address ?? "an unknown address"}`,
		);
	}
	return { keyId, teamId, name, last4, policy };
}

function unavailable(): GatewayError {
	return GatewayError.of("key_admission_unavailable", "the API key could not be checked just now; try again");
}
