// Sessions of the console in D1: who is signed in, and until when.
import * as v from "valibot";
import type { KeyId, SessionId, TeamId, TokenId } from "#core/ids";
import { ROLES, type Role } from "#core/rights";
import { Millis } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";

/** A session as the registry holds it. Times in milliseconds since the epoch. */
export interface StoredSession {
	readonly id: SessionId;
	readonly name: string;
	readonly role: Role;
	/** Null for all. */
	readonly teams: readonly TeamId[] | null;
	/** The person, or the key, whose things a member reaches. */
	readonly ownerId: string | null;
	/** The admin token by which it was begun; null where it was the environment's, or a key. */
	readonly tokenId: TokenId | null;
	readonly keyId: KeyId | null;
	/** The browser, by its own word. */
	readonly agent: string;
	readonly createdAt: number;
	/** To the minute. */
	readonly lastUsedAt: number;
	readonly expiresAt: number;
}

/** How old the note of a session's last use may be before it is written anew, in milliseconds. */
const USE_NOTED_MS = 60_000;

const SessionRow = v.pipe(
	v.object({
		id: v.string(),
		name: v.string(),
		role: v.picklist(ROLES),
		teams: v.nullable(v.pipe(v.string(), v.parseJson(), v.array(v.string()))),
		owner_id: v.nullable(v.string()),
		token_id: v.nullable(v.string()),
		key_id: v.nullable(v.string()),
		agent: v.string(),
		created_at: Millis,
		last_used_at: Millis,
		expires_at: Millis,
	}),
	v.transform(
		(row): StoredSession => ({
			id: row.id as SessionId,
			name: row.name,
			role: row.role,
			teams: row.teams as TeamId[] | null,
			ownerId: row.owner_id,
			tokenId: row.token_id as TokenId | null,
			keyId: row.key_id as KeyId | null,
			agent: row.agent,
			createdAt: row.created_at,
			lastUsedAt: row.last_used_at,
			expiresAt: row.expires_at,
		}),
	),
);

const COLUMNS = `s.id, s.name, s.role, s.teams, s.owner_id, s.token_id, s.key_id, s.agent, s.created_at, s.last_used_at,
	s.expires_at`;

/** A session lives no longer than what it was begun with; ?1 is the time. */
const LIVE = `
	FROM sessions s
	LEFT JOIN admin_tokens t ON t.id = s.token_id
	LEFT JOIN api_keys k ON k.id = s.key_id
	WHERE s.expires_at > ?1
		AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ?1)
		AND k.revoked_at IS NULL
		AND (k.id IS NULL OR coalesce(json_extract(k.policy, '$.expiresAt'), ?1 + 1) > ?1)`;

/** `digest` is the HMAC of the cookie, in hex. Throws `DatabaseUnavailable`, as all of these do. */
export function createSession(db: D1Database, session: StoredSession, digest: string): Promise<void> {
	return inDatabase(async () => {
		await db
			.prepare(
				`INSERT INTO sessions (id, digest, name, role, teams, owner_id, token_id, key_id, agent, created_at, last_used_at,
				expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			)
			.bind(
				...[session.id, digest, session.name, session.role, session.teams && JSON.stringify(session.teams)],
				...[session.ownerId, session.tokenId, session.keyId, session.agent],
				...[session.createdAt, session.lastUsedAt, session.expiresAt],
			)
			.run();
	});
}

/** The session that holds now of a presented cookie, by any of its digests; null when there is none. */
export function findSessionBy(db: D1Database, digests: readonly string[], now: number): Promise<StoredSession | null> {
	return inDatabase(async () => {
		const row = await db
			.prepare(`SELECT ${COLUMNS} ${LIVE} AND s.digest IN (SELECT value FROM json_each(?2))`)
			.bind(now, JSON.stringify(digests))
			.first();
		return row === null ? null : v.parse(SessionRow, row);
	});
}

/** One page of those that hold now, newest first, and whether more follow. */
export function listSessions(
	db: D1Database,
	page: { after: string | null; limit: number },
	now: number,
): Promise<{ sessions: StoredSession[]; more: boolean }> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(`SELECT ${COLUMNS} ${LIVE} AND (?2 IS NULL OR s.id < ?2) ORDER BY s.id DESC LIMIT ?3`)
			.bind(now, page.after, page.limit + 1)
			.all();
		const sessions = v.parse(v.array(SessionRow), results);
		return { sessions: sessions.slice(0, page.limit), more: sessions.length > page.limit };
	});
}

/** Ends a session, and takes away those that ended by themselves. Says whether there was one. */
export function endSession(db: D1Database, id: SessionId, now: number): Promise<boolean> {
	return inDatabase(async () => {
		const [ended] = await db.batch([
			db.prepare("DELETE FROM sessions WHERE id = ?").bind(id),
			db.prepare("DELETE FROM sessions WHERE expires_at <= ?").bind(now),
		]);
		return (ended?.meta.changes ?? 0) > 0;
	});
}

/** Notes when a session was used, unless that was noted within the last minute. */
export async function noteSessionUse(db: D1Database, { id, lastUsedAt }: StoredSession, now: number): Promise<void> {
	if (now - lastUsedAt < USE_NOTED_MS) return;
	await db.prepare("UPDATE sessions SET last_used_at = ? WHERE id = ?").bind(now, id).run();
}
