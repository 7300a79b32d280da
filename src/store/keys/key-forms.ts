// A key of the registry in the forms that its object and the edge keep.
import { tighterLimits } from "#core/budget/limits";
import type { KeyId } from "#core/ids";
import type { KeyRecord, KeyRegistration } from "#core/key/key";
import { findKey, policyInForce, type StoredKey } from "./keys";

/** What the key's object needs. Null when there is no such key. */
export async function readRegistration(db: D1Database, id: KeyId, now: number): Promise<KeyRegistration | null> {
	const key = await findKey(db, id, now);
	return key === null ? null : registrationOf(key);
}

/** What the key's object needs of a key. */
export function registrationOf(key: StoredKey): KeyRegistration {
	return {
		keyId: key.id,
		teamId: key.teamId,
		name: key.name,
		version: key.version,
		policy: policyInForce(key.policy, key.team.payloads),
		revokedAt: key.revokedAt,
		secrets: key.secrets.map(({ id, validUntil }) => ({ id, validUntil })),
		limits: tighterLimits(key.limits, key.team.limits),
		budgets: [...key.budgets, ...key.team.budgets],
	};
}

/** The edge copies of a key: one for each valid secret, under its digest. */
export function recordsOf(key: StoredKey): { digest: string; record: KeyRecord }[] {
	const { id: keyId, teamId, name, version } = key;
	const policy = policyInForce(key.policy, key.team.payloads);
	return key.secrets.map(({ id: secretId, digest }) => ({
		digest,
		record: { keyId, teamId, name, version, policy, secretId },
	}));
}
