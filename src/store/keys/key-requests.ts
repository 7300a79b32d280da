// Keys that members asked for, in D1. A key and the request for it are made in one transaction.
import * as v from "valibot";
import type { KeyId, KeyRequestId, TeamId } from "#core/ids";
import { countedSince, type KeyTerms, type SelfService } from "#core/key/self-service";
import type { Scope } from "#core/rights";
import { type Author, audited, withRecord } from "#store/d1/audit";
import { Millis } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";
import { Where } from "#store/d1/where";
import { KeyTermsSchema } from "./key-schemas";

export const KEY_REQUEST_STATUSES = ["waiting", "granted", "approved", "refused"] as const;

/** A request for a key as the registry holds it. Times in milliseconds since the epoch. */
export interface StoredKeyRequest {
	readonly id: KeyRequestId;
	readonly teamId: TeamId;
	/** The person who asked, and whose key it becomes. */
	readonly ownerId: string;
	/** As the audit names that person. */
	readonly asker: string;
	readonly name: string;
	readonly terms: KeyTerms;
	readonly reason: string | null;
	/** `granted` within the team's ceilings, `approved` by a person. */
	readonly status: (typeof KEY_REQUEST_STATUSES)[number];
	readonly keyId: KeyId | null;
	readonly decidedBy: string | null;
	readonly decidedAt: number | null;
	/** Why it was refused. */
	readonly refusal: string | null;
	readonly createdAt: number;
}

export type NewKeyRequest = Pick<StoredKeyRequest, "id" | "teamId" | "ownerId" | "name" | "terms" | "reason">;

const RequestRow = v.pipe(
	v.object({
		id: v.string(),
		team_id: v.string(),
		owner_id: v.string(),
		asker: v.string(),
		name: v.string(),
		terms: v.pipe(v.string(), v.parseJson(), KeyTermsSchema),
		reason: v.nullable(v.string()),
		status: v.picklist(KEY_REQUEST_STATUSES),
		key_id: v.nullable(v.string()),
		decided_by: v.nullable(v.string()),
		decided_at: v.nullable(Millis),
		refusal: v.nullable(v.string()),
		created_at: Millis,
	}),
	v.transform(
		(row): StoredKeyRequest => ({
			id: row.id as KeyRequestId,
			teamId: row.team_id as TeamId,
			ownerId: row.owner_id,
			asker: row.asker,
			name: row.name,
			terms: row.terms,
			reason: row.reason,
			status: row.status,
			keyId: row.key_id as KeyId | null,
			decidedBy: row.decided_by,
			decidedAt: row.decided_at,
			refusal: row.refusal,
			createdAt: row.created_at,
		}),
	),
);

const COLUMNS = `id, team_id, owner_id, asker, name, terms, reason, status, key_id, decided_by, decided_at, refusal,
	created_at`;

/** As it stands in the audit. */
const SNAPSHOT = `
	SELECT json_object('team_id', team_id, 'owner_id', owner_id, 'name', name, 'terms', json(terms), 'reason', reason,
		'status', status, 'key_id', key_id, 'refusal', refusal)
	FROM key_requests WHERE id = ?1`;

const INSERT = `
	INSERT INTO key_requests (id, team_id, owner_id, asker, name, terms, reason, created_at, status, key_id, decided_at)
	SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11`;

/** The keys of ?3 in ?2 that had not ended by ?12. */
const COUNTED = `
	SELECT count(*) FROM api_keys WHERE team_id = ?2 AND owner_id = ?3
		AND coalesce(min(coalesce(revoked_at, json_extract(policy, '$.expiresAt')),
			coalesce(json_extract(policy, '$.expiresAt'), revoked_at)), ?12 + 1) > ?12`;

function subject(id: KeyRequestId, action: string) {
	return { kind: "key_request", id, action, snapshot: SNAPSHOT } as const;
}

function values({ id, teamId, ownerId, name, terms, reason }: NewKeyRequest, { who, at }: Author) {
	return [id, teamId, ownerId, who, name, JSON.stringify(terms), reason, at];
}

/**
 * What records that a key is granted for a request, unless its owner has as many keys in the team as the ceilings
 * allow: for `createKey`, which then makes none.
 */
export function granting(
	db: D1Database,
	request: NewKeyRequest,
	keyId: KeyId,
	ceilings: SelfService,
	author: Author,
): D1PreparedStatement[] {
	return withRecord(db, author, subject(request.id, "grant"), [
		db
			.prepare(`${INSERT} WHERE (${COUNTED}) < ?13`)
			.bind(
				...values(request, author),
				...["granted", keyId, author.at, countedSince(ceilings, author.at), ceilings.maxKeys],
			),
	]);
}

/** What records that a person approves a request which waits: for `createKey`, which makes no key for any other. */
export function approving(db: D1Database, id: KeyRequestId, keyId: KeyId, author: Author): D1PreparedStatement[] {
	return withRecord(db, author, subject(id, "approve"), [
		db
			.prepare(
				`UPDATE key_requests SET status = 'approved', key_id = ?, decided_by = ?, decided_at = ?
				WHERE id = ? AND status = 'waiting'`,
			)
			.bind(keyId, author.who, author.at, id),
	]);
}

/**
 * Has a request wait for a person to decide it. False when `most` of the same person wait already. Throws
 * `DatabaseUnavailable`, as all of these do.
 */
export function fileKeyRequest(
	db: D1Database,
	request: NewKeyRequest,
	most: number,
	author: Author,
): Promise<StoredKeyRequest | null> {
	return inDatabase(async () => {
		const [filed] = await audited(db, author, subject(request.id, "ask"), [
			db
				.prepare(
					`${INSERT} WHERE (SELECT count(*) FROM key_requests WHERE owner_id = ?3 AND status = 'waiting') < ?12
					RETURNING ${COLUMNS}`,
				)
				.bind(...values(request, author), ...["waiting", null, null, most]),
		]);
		const row = filed?.results[0];
		return row === undefined ? null : v.parse(RequestRow, row);
	});
}

/** Refuses a request that waits; otherwise returns it as it is. Null when there is none. */
export function refuseKeyRequest(
	db: D1Database,
	id: KeyRequestId,
	reason: string,
	author: Author,
): Promise<StoredKeyRequest | null> {
	return inDatabase(async () => {
		const results = await audited(db, author, subject(id, "refuse"), [
			db
				.prepare(
					`UPDATE key_requests SET status = 'refused', refusal = ?, decided_by = ?, decided_at = ?
					WHERE id = ? AND status = 'waiting'`,
				)
				.bind(reason, author.who, author.at, id),
			db.prepare(`SELECT ${COLUMNS} FROM key_requests WHERE id = ?`).bind(id),
		]);
		const row = results[1]?.results[0];
		return row === undefined ? null : v.parse(RequestRow, row);
	});
}

export function findKeyRequest(db: D1Database, id: KeyRequestId): Promise<StoredKeyRequest | null> {
	return inDatabase(async () => {
		const row = await db.prepare(`SELECT ${COLUMNS} FROM key_requests WHERE id = ?`).bind(id).first();
		return row === null ? null : v.parse(RequestRow, row);
	});
}

/** One page, newest first, and whether more follow. */
export function listKeyRequests(
	db: D1Database,
	page: { status: StoredKeyRequest["status"] | null; after: string | null; limit: number },
	within: Scope,
): Promise<{ requests: StoredKeyRequest[]; more: boolean }> {
	const where = new Where()
		.and("status = ?", page.status)
		.and("id < ?", page.after)
		.among("team_id", within.teams)
		.and("owner_id = ?", within.ownerId);
	return inDatabase(async () => {
		const { results } = await db
			.prepare(`SELECT ${COLUMNS} FROM key_requests ${where.sql} ORDER BY id DESC LIMIT ?`)
			.bind(...where.values, page.limit + 1)
			.all();
		const requests = v.parse(v.array(RequestRow), results);
		return { requests: requests.slice(0, page.limit), more: requests.length > page.limit };
	});
}

/** How many keys of a person count against their team's ceilings now. */
export function countKeysOf(
	db: D1Database,
	teamId: TeamId,
	ownerId: string,
	ceilings: SelfService,
	now: number,
): Promise<number> {
	return inDatabase(async () => {
		const since = countedSince(ceilings, now);
		const counted = COUNTED.replaceAll("?12", "?1");
		return Number(await db.prepare(`SELECT (${counted}) AS keys`).bind(since, teamId, ownerId).first("keys"));
	});
}
