// A session of the console, and an invitation to it, as the API shows them.
import * as v from "valibot";
import { ROLES } from "#core/rights";
import { instant } from "#http/views/instant";
import { Instant, type Shown } from "#http/views/shown";
import type { StoredInvitation } from "#store/keys/invitations";
import type { StoredSession } from "#store/keys/sessions";
import { NewTokenView } from "./token";

const Teams = v.nullable(v.array(v.string()));

export const SessionView = v.object({
	id: v.string(),
	object: v.literal("session"),
	name: v.string(),
	role: v.picklist(ROLES),
	teams: Teams,
	owner_id: v.pipe(v.nullable(v.string()), v.description("the person, or the key, whose things a member reaches")),
	environment: v.picklist(["production", "local"]),
	agent: v.pipe(v.string(), v.description("the browser, by its own word")),
	created_at: Instant,
	last_used_at: Instant,
	expires_at: Instant,
});

/** A session that was begun by an invitation: with the person's own token, which is shown once. */
export const BegunSessionView = v.object({
	...SessionView.entries,
	token: v.exactOptional(NewTokenView.entries.token),
});

export const InvitationView = v.object({
	id: v.string(),
	object: v.literal("invitation"),
	role: v.picklist(ROLES),
	teams: Teams,
	status: v.picklist(["open", "accepted", "expired"]),
	created_at: Instant,
	expires_at: Instant,
	accepted_by: v.pipe(v.nullable(v.string()), v.description("the id of the person's token")),
});

/** An invitation with its link, which is shown once. */
export const NewInvitationView = v.object({ ...InvitationView.entries, url: v.string() });

export function renderSession(session: StoredSession, local: boolean): Shown<typeof SessionView> {
	const { id, name, role, teams, ownerId, agent, createdAt, lastUsedAt, expiresAt } = session;
	return {
		id,
		object: "session",
		name,
		role,
		teams,
		owner_id: ownerId,
		environment: local ? "local" : "production",
		agent,
		created_at: instant(createdAt),
		last_used_at: instant(lastUsedAt),
		expires_at: instant(expiresAt),
	};
}

export function renderInvitation(invitation: StoredInvitation, now: number): Shown<typeof InvitationView> {
	const { id, role, teams, createdAt, expiresAt, acceptedBy } = invitation;
	return {
		id,
		object: "invitation",
		role,
		teams,
		status: acceptedBy !== null ? "accepted" : expiresAt <= now ? "expired" : "open",
		created_at: instant(createdAt),
		expires_at: instant(expiresAt),
		accepted_by: acceptedBy,
	};
}
