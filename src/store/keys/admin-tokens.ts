// Tokens for the admin API in D1.
import * as v from "valibot";
import type { TeamId, TokenId } from "#core/ids";
import { ROLES, type Role } from "#core/rights";
import { type Author, audited } from "#store/d1/audit";
import { Millis } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";

/** A token as the registry holds it. Times in milliseconds since the epoch. */
export interface StoredToken {
	readonly id: TokenId;
	readonly last4: string;
	readonly name: string;
	readonly role: Role;
	/** Null for all. */
	readonly teams: readonly TeamId[] | null;
	readonly ownerId: string | null;
	readonly expiresAt: number | null;
	/** To the minute. */
	readonly lastUsedAt: number | null;
	readonly revokedAt: number | null;
	readonly createdAt: number;
}

/** How old the note of a token's last use may be before it is written anew, in milliseconds. */
const USE_NOTED_MS = 60_000;

const TokenRow = v.pipe(
	v.object({
		id: v.string(),
		last4: v.string(),
		name: v.string(),
		role: v.picklist(ROLES),
		teams: v.nullable(v.pipe(v.string(), v.parseJson(), v.array(v.string()))),
		owner_id: v.nullable(v.string()),
		expires_at: v.nullable(Millis),
		last_used_at: v.nullable(Millis),
		revoked_at: v.nullable(Millis),
		created_at: Millis,
	}),
	v.transform(
		(row): StoredToken => ({
			id: row.id as TokenId,
			last4: row.last4,
			name: row.name,
			role: row.role,
			teams: row.teams as TeamId[] | null,
			ownerId: row.owner_id,
			expiresAt: row.expires_at,
			lastUsedAt: row.last_used_at,
			revokedAt: row.revoked_at,
			createdAt: row.created_at,
		}),
	),
);

const COLUMNS = "id, last4, name, role, teams, owner_id, expires_at, last_used_at, revoked_at, created_at";

/** As it stands in the audit. */
const SNAPSHOT = `
	SELECT json_object('name', name, 'role', role, 'teams', json(teams), 'owner_id', owner_id, 'expires_at', expires_at,
		'revoked_at', revoked_at)
	FROM admin_tokens WHERE id = ?1`;

type NewToken = Pick<StoredToken, "id" | "last4" | "name" | "role" | "teams" | "ownerId" | "expiresAt">;

/** `digest` is the HMAC of the token's text, in hex. Throws `DatabaseUnavailable`, as all of these do. */
export function createToken(db: D1Database, token: NewToken, digest: string, author: Author): Promise<StoredToken> {
	const subject = { kind: "token", id: token.id, action: "create", snapshot: SNAPSHOT } as const;
	return inDatabase(async () => {
		const [created] = await audited(db, author, subject, [
			db
				.prepare(
					`INSERT INTO admin_tokens (id, digest, last4, name, role, teams, owner_id, expires_at, created_at)
					VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
				)
				.bind(
					...[token.id, digest, token.last4, token.name, token.role],
					...[token.teams && JSON.stringify(token.teams), token.ownerId, token.expiresAt, author.at],
				),
		]);
		return v.parse(TokenRow, created?.results[0]);
	});
}

/** The token of a presented text, whatever its state; null when there is none. */
export function findTokenBy(db: D1Database, digest: string): Promise<StoredToken | null> {
	return inDatabase(async () => {
		const row = await db.prepare(`SELECT ${COLUMNS} FROM admin_tokens WHERE digest = ?`).bind(digest).first();
		return row === null ? null : v.parse(TokenRow, row);
	});
}

/** One page, newest first, and whether more follow. `after` is the id of the last token of the page before. */
export function listTokens(
	db: D1Database,
	page: { after: string | null; limit: number },
): Promise<{ tokens: StoredToken[]; more: boolean }> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(`SELECT ${COLUMNS} FROM admin_tokens WHERE ?1 IS NULL OR id < ?1 ORDER BY id DESC LIMIT ?2`)
			.bind(page.after, page.limit + 1)
			.all();
		const tokens = v.parse(v.array(TokenRow), results);
		return { tokens: tokens.slice(0, page.limit), more: tokens.length > page.limit };
	});
}

/** Ends a token for good; repeating changes nothing more. Null when there is no such token. */
export function revokeToken(db: D1Database, id: TokenId, author: Author): Promise<StoredToken | null> {
	const subject = { kind: "token", id, action: "revoke", snapshot: SNAPSHOT } as const;
	return inDatabase(async () => {
		const results = await audited(db, author, subject, [
			db.prepare("UPDATE admin_tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL").bind(author.at, id),
			db.prepare(`SELECT ${COLUMNS} FROM admin_tokens WHERE id = ?`).bind(id),
		]);
		const row = results[1]?.results[0];
		return row === undefined ? null : v.parse(TokenRow, row);
	});
}

/** Notes when a token was used, unless that was noted within the last minute. */
export async function noteTokenUse(db: D1Database, { id, lastUsedAt }: StoredToken, now: number): Promise<void> {
	if (lastUsedAt !== null && now - lastUsedAt < USE_NOTED_MS) return;
	await db.prepare("UPDATE admin_tokens SET last_used_at = ? WHERE id = ?").bind(now, id).run();
}
