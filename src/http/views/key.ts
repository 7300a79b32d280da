// A key as the API shows it.
import * as v from "valibot";
import { type KeyPolicy, VENDOR_TOOLS } from "#core/key/policy";
import { nanoUsd, usdString } from "#metering/money";
import type { StoredKey } from "#store/keys/keys";
import { BudgetStateView, BudgetView, FigureView, LimitsView, renderBudget, renderLimits } from "./budget";
import { instant } from "./instant";
import { Instant, Labels, type Shown } from "./shown";
import { PayloadPolicyView } from "./team";

const Names = v.nullable(v.array(v.string()));

const PolicyView = v.object({
	models: Names,
	providers: Names,
	regions: Names,
	expires_at: v.nullable(Instant),
	ip_ranges: Names,
	payloads: v.nullable(PayloadPolicyView),
	vendor_state: v.boolean(),
	stored_responses: v.boolean(),
	vendor_tools: v.array(v.picklist(VENDOR_TOOLS)),
	cache_prompts: v.boolean(),
	native_ceiling_usd: v.nullable(v.string()),
});

export const KeyView = v.object({
	id: v.string(),
	object: v.literal("api_key"),
	team_id: v.string(),
	name: v.string(),
	owner_id: v.nullable(v.string()),
	status: v.picklist(["active", "expired", "revoked"]),
	prefix: v.nullable(v.string()),
	last4: v.nullable(v.string()),
	...PolicyView.entries,
	limits: LimitsView,
	budgets: v.array(BudgetView),
	metadata: Labels,
	created_at: Instant,
	updated_at: Instant,
	last_used_at: v.pipe(
		v.nullable(Instant),
		v.description("the start of the hour of its last request, of the day where that is long ago; null for never"),
	),
	revoked_at: v.nullable(Instant),
	secrets: v.array(
		v.object({
			id: v.string(),
			prefix: v.string(),
			last4: v.string(),
			created_at: Instant,
			valid_until: v.nullable(Instant),
		}),
	),
});

/** A key with its text, which is shown once. */
export const NewKeyView = v.object({
	...KeyView.entries,
	key: v.pipe(v.string(), v.description("the key's text; it is shown here and never again")),
});

/** What the holder of a key may know of it. */
export const OwnKeyView = v.object({
	id: v.string(),
	object: v.literal("api_key"),
	team_id: v.string(),
	name: v.string(),
	last4: v.string(),
	...PolicyView.entries,
	limits: LimitsView,
	requests: FigureView,
	tokens: FigureView,
	budgets: v.array(BudgetStateView),
});

/** A key as the admin API shows it: nothing that would let anyone use it. */
export function renderKey(key: StoredKey, now: number): Shown<typeof KeyView> {
	const secrets = key.secrets.filter(({ validUntil }) => validUntil === null || validUntil > now);
	return {
		id: key.id,
		object: "api_key",
		team_id: key.teamId,
		name: key.name,
		owner_id: key.ownerId,
		status: status(key, now),
		prefix: secrets[0]?.prefix ?? null,
		last4: secrets[0]?.last4 ?? null,
		...renderPolicy(key.policy),
		limits: renderLimits(key.limits),
		budgets: key.budgets.map(renderBudget),
		metadata: key.metadata,
		created_at: instant(key.createdAt),
		updated_at: instant(key.updatedAt),
		last_used_at: instant(key.lastUsedAt),
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
export function renderPolicy(policy: KeyPolicy): Shown<typeof PolicyView> {
	const {
		models,
		providers,
		regions,
		expiresAt,
		ipRanges,
		payloads,
		vendorState,
		storedResponses,
		vendorTools,
		cachePrompts,
		nativeCeiling,
	} = policy;
	return {
		models: models ?? null,
		providers: providers ?? null,
		regions: regions ?? null,
		expires_at: instant(expiresAt ?? null),
		ip_ranges: ipRanges ?? null,
		payloads: payloads ?? null,
		vendor_state: vendorState ?? false,
		stored_responses: storedResponses ?? false,
		vendor_tools: vendorTools ?? [],
		cache_prompts: cachePrompts ?? false,
		native_ceiling_usd: nativeCeiling === undefined ? null : usdString(nanoUsd(nativeCeiling)),
	};
}
