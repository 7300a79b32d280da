import type { Admission, Question, RefusalReason } from "../../src/core/admission";
import type { SecretId } from "../../src/core/ids";
import type { KeyRegistration } from "../../src/core/key";

/** Decides from what is registered. `now` is in milliseconds since the epoch. */
export function decide(registration: KeyRegistration, question: Question, now: number): Admission {
	const reason = refusal(registration, question.secretId, now);
	if (reason !== null) return { outcome: "refused", reason };
	if (registration.version === question.version) return { outcome: "ok" };
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
