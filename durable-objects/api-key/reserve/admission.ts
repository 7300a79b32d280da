// Decides from a key's registration whether a secret may be used. Times are in milliseconds since the epoch.
import type { SecretId } from "#core/ids";
import type { KeyRegistration } from "#core/key/key";
import type { Admission, AdmissionRequest, RefusalReason } from "#core/key-object/admission";

export function decide(registration: KeyRegistration, request: AdmissionRequest, now: number): Admission {
	const reason = refusal(registration, request.secretId, now);
	if (reason !== null) return { outcome: "refused", reason };
	if (registration.version === request.version) return { outcome: "ok" };
	const { keyId, teamId, name, version, policy } = registration;
	return { outcome: "stale", current: { keyId, teamId, name, version, policy } };
}

function refusal(registration: KeyRegistration, secretId: SecretId, now: number): RefusalReason | null {
	if (registration.revokedAt !== null) return "revoked";
	const secret = registration.secrets.find(({ id }) => id === secretId);
	if (secret === undefined || (secret.validUntil !== null && secret.validUntil <= now)) return "rotated";
	const { expiresAt } = registration.policy;
	return expiresAt !== undefined && expiresAt <= now ? "expired" : null;
}
