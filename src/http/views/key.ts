// A key as the API shows it.
import type { KeyPolicy } from "#core/key/policy";
import type { StoredKey } from "#store/keys/keys";
import { renderBudget, renderLimits } from "./budget";
import { instant } from "./instant";

/** A key as the admin API shows it: nothing that would let anyone use it. */
export function renderKey(key: StoredKey, now: number) {
	const secrets = key.secrets.filter(({ validUntil }) => validUntil === null || validUntil > now);
	return {
		id: key.id,
		object: "api_key",
		team_id: key.teamId,
		name: key.name,
		status: status(key, now),
		prefix: secrets[0]?.prefix ?? null,
		last4: secrets[0]?.last4 ?? null,
		...renderPolicy(key.policy),
		limits: renderLimits(key.limits),
		budgets: key.budgets.map(renderBudget),
		metadata: key.metadata,
		created_at: instant(key.createdAt),
		updated_at: instant(key.updatedAt),
		revoked_at: instant(key.revokedAt),
		secrets: secrets.map(({ id, prefix, last4, createdAt, validUntil }) => ({
			id,
			prefix,
			last4,
			created_at: instant(createdAt),
			valid_until: instant(validUntil),
		})),
	};
}

function status({ revokedAt, policy }: StoredKey, now: number): "active" | "expired" | "revoked" {
	if (revokedAt !== null) return "revoked";
	return policy.expiresAt !== undefined && policy.expiresAt <= now ? "expired" : "active";
}

/** What a key may do, in the fields in which an admin writes it. */
export function renderPolicy(policy: KeyPolicy) {
	const { models, providers, regions, expiresAt, ipRanges, payloads, vendorState, vendorTools } = policy;
	return {
		models: models ?? null,
		providers: providers ?? null,
		regions: regions ?? null,
		expires_at: instant(expiresAt ?? null),
		ip_ranges: ipRanges ?? null,
		payloads: payloads ?? null,
		vendor_state: vendorState ?? false,
		vendor_tools: vendorTools ?? [],
	};
}
