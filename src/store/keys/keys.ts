// API keys in D1.
import * as v from "valibot";
import type { BudgetSpec } from "#core/budget/budget";
import type { KeyLimits } from "#core/budget/limits";
import type { KeyId, SecretId, TeamId } from "#core/ids";
import type { KeyRecord } from "#core/key/key";
import type { PayloadPolicy } from "#core/key/payload-policy";
import type { KeyPolicy } from "#core/key/policy";
import type { Scope } from "#core/rights";
import { type Author, audited } from "#store/d1/audit";
import { Millis, Version } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";
import { unlessOvertaken } from "#store/d1/optimistic-retry";
import { Where } from "#store/d1/where";
import {
	BudgetSpecsSchema,
	KeyLimitsSchema,
	KeyPolicySchema,
	keyRecordEntries,
	PayloadPolicySchema,
	SecretIdSchema,
} from "./key-schemas";

/** What is kept of one issued secret. */
export interface NewSecret {
	readonly id: SecretId;
	/** HMAC of the key's text, in hex. */
	readonly digest: string;
	/** What may be shown of the text. */
	readonly prefix: string;
	readonly last4: string;
}

interface StoredSecret extends NewSecret {
	readonly createdAt: number;
	readonly validUntil: number | null;
}

/**
 * A key as the registry holds it, with the secrets that have not ended before now, newest first. Times in ms since the
 * epoch.
 */
export interface StoredKey {
	readonly id: KeyId;
	readonly teamId: TeamId;
	readonly name: string;
	/** The person whose key it is; null for none. */
	readonly ownerId: string | null;
	readonly policy: KeyPolicy;
	/** Its own. */
	readonly limits: KeyLimits;
	readonly budgets: readonly BudgetSpec[];
	/** What its team adds. */
	readonly team: {
		readonly limits: KeyLimits;
		readonly budgets: readonly BudgetSpec[];
		readonly payloads: PayloadPolicy | null;
	};
	readonly metadata: Record<string, string>;
	readonly version: number;
	readonly revokedAt: number | null;
	readonly createdAt: number;
	readonly updatedAt: number;
	/** The start of the hour of its last request, or of the day where the hours of then are kept no more. */
	readonly lastUsedAt: number | null;
	readonly secrets: readonly StoredSecret[];
}

interface NewKey
	extends Pick<StoredKey, "id" | "teamId" | "name" | "ownerId" | "policy" | "limits" | "budgets" | "metadata"> {
	readonly secret: NewSecret;
}

/** Fields to change; in `policy` and `limits` a null takes a limit away. */
export interface KeyChanges {
	readonly name?: string;
	readonly ownerId?: string | null;
	readonly policy: { readonly [Field in keyof KeyPolicy]?: KeyPolicy[Field] | null };
	readonly limits: LimitChanges;
	/** What becomes of the budgets that are there. */
	readonly budgets?: (before: readonly BudgetSpec[]) => readonly BudgetSpec[];
	readonly metadata?: Record<string, string>;
}

export type LimitChanges = { readonly [Name in keyof KeyLimits]?: KeyLimits[Name] | null };

const SecretSchema = v.pipe(
	v.object({
		id: SecretIdSchema,
		digest: v.string(),
		prefix: v.string(),
		last4: v.string(),
		created_at: Millis,
		valid_until: v.nullable(Millis),
	}),
	v.transform(({ created_at, valid_until, ...secret }) => ({
		...secret,
		createdAt: created_at,
		validUntil: valid_until,
	})),
);

const Limits = v.pipe(v.string(), v.parseJson(), KeyLimitsSchema);
const Budgets = v.pipe(v.string(), v.parseJson(), BudgetSpecsSchema);
const Payloads = v.nullable(v.pipe(v.string(), v.parseJson(), PayloadPolicySchema));

const KeyRow: v.GenericSchema<unknown, StoredKey> = v.pipe(
	v.object({
		id: v.string(),
		team_id: v.string(),
		name: v.string(),
		owner_id: v.nullable(v.string()),
		policy: v.pipe(v.string(), v.parseJson(), KeyPolicySchema),
		limits: Limits,
		budgets: Budgets,
		team_limits: Limits,
		team_budgets: Budgets,
		team_payloads: Payloads,
		metadata: v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.string())),
		version: Version,
		revoked_at: v.nullable(Millis),
		created_at: Millis,
		updated_at: Millis,
		last_used_at: v.nullable(Millis),
		secrets: v.pipe(v.string(), v.parseJson(), v.array(SecretSchema)),
	}),
	v.transform((row) => ({
		id: row.id as KeyId,
		teamId: row.team_id as TeamId,
		name: row.name,
		ownerId: row.owner_id,
		policy: row.policy,
		limits: row.limits,
		budgets: row.budgets,
		team: { limits: row.team_limits, budgets: row.team_budgets, payloads: row.team_payloads },
		metadata: row.metadata,
		version: row.version,
		revokedAt: row.revoked_at,
		createdAt: row.created_at,
		updatedAt: row.updated_at,
		lastUsedAt: row.last_used_at,
		secrets: row.secrets.toSorted(newestFirst),
	})),
);

/** The one without an end is the newest; times alone do not tell what happened within a millisecond. */
function newestFirst(a: StoredSecret, b: StoredSecret): number {
	const ended = Number(a.validUntil !== null) - Number(b.validUntil !== null);
	return ended === 0 ? b.createdAt - a.createdAt : ended;
}

const RecordRow: v.GenericSchema<unknown, KeyRecord> = v.pipe(
	v.object({
		...keyRecordEntries,
		policy: v.pipe(v.string(), v.parseJson(), KeyPolicySchema),
		teamPayloads: Payloads,
	}),
	v.transform(({ teamPayloads, ...record }) => ({ ...record, policy: policyInForce(record.policy, teamPayloads) })),
);

/** Of the secrets, those that `?1` has not passed: one that ends at this very moment has yet to be told to the edge. */
const SELECT_KEY = `
	SELECT k.id, k.team_id, k.name, k.owner_id, k.policy, k.limits, k.budgets, k.metadata, k.version, k.revoked_at, k.created_at,
		k.updated_at, t.limits AS team_limits, t.budgets AS team_budgets, t.payloads AS team_payloads,
		coalesce((SELECT max(period) FROM usage_hourly WHERE key_id = k.id),
			(SELECT max(period) FROM usage_daily WHERE key_id = k.id)) AS last_used_at,
		(SELECT json_group_array(json_object(
			'id', s.id, 'digest', s.digest, 'prefix', s.prefix, 'last4', s.last4,
			'created_at', s.created_at, 'valid_until', s.valid_until))
		FROM api_key_secrets s
		WHERE s.key_id = k.id AND (s.valid_until IS NULL OR s.valid_until >= ?1)) AS secrets
	FROM api_keys k JOIN teams t ON t.id = k.team_id`;

/** Rises by at least one, and to the clock: a registry restored to an earlier day issues no version twice. */
export const NEXT_VERSION = "max(version + 1, ?1)";

const INSERT_SECRET = `
	INSERT INTO api_key_secrets (digest, id, key_id, prefix, last4, created_at)
	SELECT ?2, ?3, id, ?4, ?5, ?1 FROM api_keys WHERE id = ?6 AND revoked_at IS NULL`;

/** As it stands in the audit: of its secrets what tells them apart, those that had not ended by its last change. */
const SNAPSHOT = `
	SELECT json_object('name', k.name, 'owner_id', k.owner_id, 'team_id', k.team_id, 'policy', json(k.policy), 'limits', json(k.limits),
		'budgets', json(k.budgets), 'metadata', json(k.metadata), 'version', k.version, 'revoked_at', k.revoked_at,
		'secrets', json((
			SELECT json_group_array(json_object('id', s.id, 'last4', s.last4, 'valid_until', s.valid_until))
			FROM api_key_secrets s
			WHERE s.key_id = k.id AND (s.valid_until IS NULL OR s.valid_until >= k.updated_at))))
	FROM api_keys k WHERE k.id = ?1`;

/**
 * Registers a key with its first secret. Null when there is no such team. `request` has the request for it say that
 * this key was made, in the same transaction: where none says so, the key is not made, and null is returned. Throws
 * `DatabaseUnavailable`, as all of these do.
 */
export async function createKey(
	db: D1Database,
	key: NewKey,
	author: Author,
	request: readonly D1PreparedStatement[] = [],
): Promise<StoredKey | null> {
	const now = author.at;
	const [, created] = await changesAndKey(db, key.id, "create", author, [
		...request,
		db
			.prepare(
				`INSERT INTO api_keys (id, team_id, name, policy, metadata, limits, budgets, version, created_at, updated_at, owner_id)
				SELECT ?2, id, ?3, ?4, ?5, ?7, ?8, ?1, ?1, ?1, ?9 FROM teams
				WHERE id = ?6 AND (?10 = 0 OR EXISTS (SELECT 1 FROM key_requests WHERE key_id = ?2))`,
			)
			.bind(
				now,
				key.id,
				key.name,
				JSON.stringify(key.policy),
				JSON.stringify(key.metadata),
				key.teamId,
				JSON.stringify(key.limits),
				JSON.stringify(key.budgets),
				key.ownerId,
				request.length,
			),
		insertSecret(db, key.id, key.secret, now),
	]);
	return created;
}

export function findKey(db: D1Database, id: KeyId, now: number): Promise<StoredKey | null> {
	return inDatabase(async () => {
		const row = await selectKey(db, id, now).first();
		return row === null ? null : v.parse(KeyRow, row);
	});
}

/** One page, newest first, and whether more follow. `after` is the id of the last key of the page before. */
export function listKeys(
	db: D1Database,
	page: { teamId: TeamId | null; after: string | null; limit: number },
	within: Scope,
	now: number,
): Promise<{ keys: StoredKey[]; more: boolean }> {
	const where = new Where()
		.and("k.team_id = ?", page.teamId)
		.and("k.id < ?", page.after)
		.among("k.team_id", within.teams)
		.and("? IN (k.owner_id, k.id)", within.ownerId);
	return inDatabase(async () => {
		const { results } = await db
			.prepare(`${SELECT_KEY} ${where.sql} ORDER BY k.id DESC LIMIT ?`)
			.bind(now, ...where.values, page.limit + 1)
			.all();
		const keys = v.parse(v.array(KeyRow), results);
		return { keys: keys.slice(0, page.limit), more: keys.length > page.limit };
	});
}

/**
 * Changes a key that is not revoked; otherwise returns it as it is. Null when there is no such key. Throws what
 * `changes.budgets` throws.
 */
export function updateKey(db: D1Database, id: KeyId, changes: KeyChanges, author: Author): Promise<StoredKey | null> {
	const { budgets } = changes;
	const update = (revised: { version: number; budgets: string } | null) =>
		changesAndKey(db, id, "update", author, [updateStatement(db, id, changes, author.at, revised)]);
	return unlessOvertaken(async () => {
		if (budgets === undefined) return (await update(null))[1];
		const before = await findKey(db, id, author.at);
		if (before === null || before.revokedAt !== null) return before;
		const [updated, after] = await update({
			version: before.version,
			budgets: JSON.stringify(budgets(before.budgets)),
		});
		return updated?.meta.changes === 0 ? "overtaken" : after;
	});
}

/** `revised` replaces the budgets of a certain version of the key, and of no other. */
function updateStatement(
	db: D1Database,
	id: KeyId,
	changes: KeyChanges,
	now: number,
	revised: { version: number; budgets: string } | null,
): D1PreparedStatement {
	return db
		.prepare(
			`UPDATE api_keys SET name = coalesce(?3, name), policy = json_patch(policy, ?4),
				metadata = coalesce(?5, metadata), limits = json_patch(limits, ?6), budgets = coalesce(?7, budgets),
				owner_id = CASE WHEN ?9 THEN ?10 ELSE owner_id END, version = ${NEXT_VERSION}, updated_at = ?1
			WHERE id = ?2 AND revoked_at IS NULL AND (?8 IS NULL OR version = ?8)`,
		)
		.bind(
			now,
			id,
			changes.name ?? null,
			JSON.stringify(changes.policy),
			changes.metadata === undefined ? null : JSON.stringify(changes.metadata),
			JSON.stringify(changes.limits),
			revised?.budgets ?? null,
			revised?.version ?? null,
			changes.ownerId === undefined ? 0 : 1,
			changes.ownerId ?? null,
		);
}

/** Ends a key for good; repeating changes nothing more. Null when there is no such key. */
export async function revokeKey(db: D1Database, id: KeyId, author: Author): Promise<StoredKey | null> {
	const [, key] = await changesAndKey(db, id, "revoke", author, [
		db
			.prepare(
				`UPDATE api_keys SET revoked_at = ?1, version = ${NEXT_VERSION}, updated_at = ?1
				WHERE id = ?2 AND revoked_at IS NULL`,
			)
			.bind(author.at, id),
	]);
	return key;
}

/**
 * Adds a secret to a key that is not revoked, and ends those before it at `graceEnd`, or earlier where that was already
 * decided. Null when there is no such key.
 */
export async function rotateKey(
	db: D1Database,
	id: KeyId,
	secret: NewSecret,
	graceEnd: number,
	author: Author,
): Promise<StoredKey | null> {
	const now = author.at;
	const [, key] = await changesAndKey(db, id, "rotate", author, [
		db
			.prepare(
				`UPDATE api_key_secrets SET valid_until = min(coalesce(valid_until, ?2), ?2)
				WHERE key_id = ?1 AND EXISTS (SELECT 1 FROM api_keys WHERE id = ?1 AND revoked_at IS NULL)`,
			)
			.bind(id, graceEnd),
		insertSecret(db, id, secret, now),
		db
			.prepare(`UPDATE api_keys SET version = ${NEXT_VERSION}, updated_at = ?1 WHERE id = ?2 AND revoked_at IS NULL`)
			.bind(now, id),
	]);
	return key;
}

/** The key that a presented secret leads to, whatever its state. */
export function findRecord(db: D1Database, digest: string): Promise<KeyRecord | null> {
	return inDatabase(async () => {
		const row = await db
			.prepare(
				`SELECT s.id AS secretId, k.id AS keyId, k.team_id AS teamId, k.name, k.version, k.policy,
					t.payloads AS teamPayloads
				FROM api_key_secrets s JOIN api_keys k ON k.id = s.key_id JOIN teams t ON t.id = k.team_id
				WHERE s.digest = ?`,
			)
			.bind(digest)
			.first();
		return row === null ? null : v.parse(RecordRow, row);
	});
}

/** A key's policy with what its team says where the key says nothing. */
export function policyInForce(policy: KeyPolicy, teamPayloads: PayloadPolicy | null): KeyPolicy {
	return policy.payloads !== undefined || teamPayloads === null ? policy : { ...policy, payloads: teamPayloads };
}

function insertSecret(db: D1Database, keyId: KeyId, secret: NewSecret, now: number): D1PreparedStatement {
	return db.prepare(INSERT_SECRET).bind(now, secret.digest, secret.id, secret.prefix, secret.last4, keyId);
}

function selectKey(db: D1Database, id: KeyId, now: number): D1PreparedStatement {
	return db.prepare(`${SELECT_KEY} WHERE k.id = ?2`).bind(now, id);
}

/** Runs the changes and reads the key, in one transaction: what the first of them did, and the key. */
function changesAndKey(
	db: D1Database,
	id: KeyId,
	action: string,
	author: Author,
	changes: D1PreparedStatement[],
): Promise<[D1Result | undefined, StoredKey | null]> {
	return inDatabase(async () => {
		const subject = { kind: "key", id, action, snapshot: SNAPSHOT } as const;
		const results = await audited(db, author, subject, [...changes, selectKey(db, id, author.at)]);
		const row = results.at(-1)?.results[0];
		return [results[0], row === undefined ? null : v.parse(KeyRow, row)];
	});
}
