// A token for the admin API as the admin API shows it: of its text, only the end.
import * as v from "valibot";
import { ROLES } from "#core/rights";
import { instant } from "#http/views/instant";
import { Instant, type Shown } from "#http/views/shown";
import type { StoredToken } from "#store/keys/admin-tokens";

export const TokenView = v.object({
	id: v.string(),
	object: v.literal("admin_token"),
	name: v.string(),
	role: v.picklist(ROLES),
	teams: v.nullable(v.array(v.string())),
	owner_id: v.nullable(v.string()),
	status: v.picklist(["active", "expired", "revoked"]),
	last4: v.string(),
	expires_at: v.nullable(Instant),
	last_used_at: v.nullable(Instant),
	revoked_at: v.nullable(Instant),
	created_at: Instant,
});

/** A token with its text, which is shown once. */
export const NewTokenView = v.object({ ...TokenView.entries, token: v.string() });

export function renderToken(token: StoredToken, now: number): Shown<typeof TokenView> {
	const { id, name, role, teams, ownerId, last4, expiresAt, lastUsedAt, revokedAt, createdAt } = token;
	const hasExpired = expiresAt !== null && expiresAt <= now;
	return {
		id,
		object: "admin_token",
		name,
		role,
		teams,
		owner_id: ownerId,
		status: revokedAt !== null ? "revoked" : hasExpired ? "expired" : "active",
		last4,
		expires_at: instant(expiresAt),
		last_used_at: instant(lastUsedAt),
		revoked_at: instant(revokedAt),
		created_at: instant(createdAt),
	};
}
