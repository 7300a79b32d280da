// Invitations in D1: links by which a person gets a token of their own, once.
import * as v from "valibot";
import type { InvitationId, TeamId, TokenId } from "#core/ids";
import { ROLES, type Role } from "#core/rights";
import { type Author, audited } from "#store/d1/audit";
import { Millis } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";

/** An invitation as the registry holds it. Times in milliseconds since the epoch. */
export interface StoredInvitation {
	readonly id: InvitationId;
	readonly role: Role;
	/** Null for all. */
	readonly teams: readonly TeamId[] | null;
	readonly createdAt: number;
	readonly expiresAt: number;
	readonly acceptedBy: TokenId | null;
}

const InvitationRow = v.pipe(
	v.object({
		id: v.string(),
		role: v.picklist(ROLES),
		teams: v.nullable(v.pipe(v.string(), v.parseJson(), v.array(v.string()))),
		created_at: Millis,
		expires_at: Millis,
		accepted_by: v.nullable(v.string()),
	}),
	v.transform(
		(row): StoredInvitation => ({
			id: row.id as InvitationId,
			role: row.role,
			teams: row.teams as TeamId[] | null,
			createdAt: row.created_at,
			expiresAt: row.expires_at,
			acceptedBy: row.accepted_by as TokenId | null,
		}),
	),
);

const COLUMNS = "id, role, teams, created_at, expires_at, accepted_by";

/** As it stands in the audit. */
const SNAPSHOT = `
	SELECT json_object('role', role, 'teams', json(teams), 'expires_at', expires_at, 'accepted_by', accepted_by)
	FROM invitations WHERE id = ?1`;

/** `digest` is the HMAC of the code, in hex. Throws `DatabaseUnavailable`, as all of these do. */
export function createInvitation(
	db: D1Database,
	invitation: Omit<StoredInvitation, "acceptedBy">,
	digest: string,
	author: Author,
): Promise<void> {
	const { id, role, teams, createdAt, expiresAt } = invitation;
	return inDatabase(async () => {
		await audited(db, author, { kind: "invitation", id, action: "create", snapshot: SNAPSHOT }, [
			db
				.prepare("INSERT INTO invitations (id, digest, role, teams, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)")
				.bind(id, digest, role, teams && JSON.stringify(teams), createdAt, expiresAt),
		]);
	});
}

/** The invitation of a code, unless it has ended or was accepted. */
export function findOpenInvitation(db: D1Database, digest: string, now: number): Promise<StoredInvitation | null> {
	return inDatabase(async () => {
		const row = await db
			.prepare(`SELECT ${COLUMNS} FROM invitations WHERE digest = ? AND expires_at > ? AND accepted_by IS NULL`)
			.bind(digest, now)
			.first();
		return row === null ? null : v.parse(InvitationRow, row);
	});
}

/** Says by which token it was accepted. False when another was faster. */
export function acceptInvitation(db: D1Database, id: InvitationId, token: TokenId): Promise<boolean> {
	return inDatabase(async () => {
		const { meta } = await db
			.prepare("UPDATE invitations SET accepted_by = ? WHERE id = ? AND accepted_by IS NULL")
			.bind(token, id)
			.run();
		return meta.changes > 0;
	});
}

/** One page, newest first, and whether more follow. */
export function listInvitations(
	db: D1Database,
	page: { after: string | null; limit: number },
): Promise<{ invitations: StoredInvitation[]; more: boolean }> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(`SELECT ${COLUMNS} FROM invitations WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2`)
			.bind(page.after, page.limit + 1)
			.all();
		const invitations = v.parse(v.array(InvitationRow), results);
		return { invitations: invitations.slice(0, page.limit), more: invitations.length > page.limit };
	});
}

/** Takes an invitation back. Says whether there was one. */
export function removeInvitation(db: D1Database, id: InvitationId, author: Author): Promise<boolean> {
	return inDatabase(async () => {
		const results = await audited(db, author, { kind: "invitation", id, action: "delete", snapshot: SNAPSHOT }, [
			db.prepare("DELETE FROM invitations WHERE id = ? AND accepted_by IS NULL RETURNING id").bind(id),
		]);
		return (results[0]?.results.length ?? 0) > 0;
	});
}
