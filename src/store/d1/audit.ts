// The audit log in D1, written in the transaction of the change itself.
import * as v from "valibot";
import { newId, type RequestId } from "#core/ids";
import { Millis } from "./columns";
import { inDatabase } from "./database";
import { Where } from "./where";

/** Who changes something through the admin API, in which request and when, in milliseconds since the epoch. */
export interface Author {
	readonly who: string;
	readonly requestId: RequestId;
	readonly at: number;
}

/** What is changed, and how its row reads for the record. */
interface AuditSubject {
	readonly kind: AuditKind;
	readonly id: string;
	readonly action: string;
	/**
	 * A query for one JSON text, or for no row when the subject is not there. `?1` is the subject's id. Never secrets.
	 */
	readonly snapshot: string;
}

export const AUDIT_KINDS = [
	"team",
	"key",
	"budget_change",
	"cost_import",
	"provider",
	"credential",
	"alias",
	"model",
	"routing_rules",
	"learnt_models",
	"model_sync",
	"defaults",
	"alert",
	"circuit",
	"payload",
	"token",
	"invitation",
	"key_request",
] as const;
type AuditKind = (typeof AUDIT_KINDS)[number];

/** One change on record. */
export interface AuditEntry {
	readonly id: string;
	readonly at: number;
	readonly who: string;
	readonly requestId: string;
	readonly kind: string;
	readonly subject: string;
	readonly action: string;
	/** Null where there was nothing before, or nothing is left after. */
	readonly before: unknown;
	readonly after: unknown;
}

/**
 * Runs statements as one transaction together with the record of what they changed: how the subject read before and
 * after. Either both are there or neither. Returns the results of the statements. When they changed nothing, nothing is
 * recorded.
 */
export async function audited(
	db: D1Database,
	author: Author,
	subject: AuditSubject,
	statements: readonly D1PreparedStatement[],
): Promise<D1Result[]> {
	const results = await db.batch(withRecord(db, author, subject, statements));
	return results.slice(1, -2);
}

/** Statements between those that record what they change, for a transaction that changes something else too. */
export function withRecord(
	db: D1Database,
	{ who, requestId, at }: Author,
	{ kind, id, action, snapshot }: AuditSubject,
	statements: readonly D1PreparedStatement[],
): D1PreparedStatement[] {
	const entry = newId("aud", at, crypto.randomUUID());
	return [
		db
			.prepare(
				`INSERT INTO audit (id, at, who, request_id, kind, subject, action, before)
				VALUES (?2, ?3, ?4, ?5, ?6, ?1, ?7, (${snapshot}))`,
			)
			.bind(id, entry, at, who, requestId, kind, action),
		...statements,
		db.prepare(`UPDATE audit SET after = (${snapshot}) WHERE id = ?2`).bind(id, entry),
		db.prepare("DELETE FROM audit WHERE id = ? AND before IS after").bind(entry),
	];
}

/** Records what is done outside the registry, before it is done. `after` is what was asked for, without secrets. */
export function recordAudit(
	db: D1Database,
	{ who, requestId, at }: Author,
	{ kind, id, action, after }: Omit<AuditSubject, "snapshot"> & { readonly after: object | null },
): Promise<void> {
	return inDatabase(async () => {
		await db
			.prepare(
				`INSERT INTO audit (id, at, who, request_id, kind, subject, action, after)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			)
			.bind(newId("aud", at, crypto.randomUUID()), at, who, requestId, kind, id, action, after && JSON.stringify(after))
			.run();
	});
}

/**
 * Which changes are asked for; null asks for all. `from` and `to` are milliseconds since the epoch, `to` is not
 * included.
 */
interface AuditFilter {
	readonly kind: AuditKind | null;
	readonly subject: string | null;
	readonly who: string | null;
	readonly from: number | null;
	readonly to: number | null;
}

const Json = v.nullable(v.pipe(v.string(), v.parseJson()));

const AuditRow = v.pipe(
	v.object({
		id: v.string(),
		at: Millis,
		who: v.string(),
		request_id: v.string(),
		kind: v.string(),
		subject: v.string(),
		action: v.string(),
		before: Json,
		after: Json,
	}),
	v.transform(({ request_id, ...row }): AuditEntry => ({ ...row, requestId: request_id })),
);

/** One page, newest first, and whether more follow. `after` is the id of the last entry of the page before. */
export function listAudit(
	db: D1Database,
	filter: AuditFilter,
	page: { after: string | null; limit: number },
): Promise<{ entries: AuditEntry[]; more: boolean }> {
	const where = new Where()
		.and("kind = ?", filter.kind)
		.and("subject = ?", filter.subject)
		.and("who = ?", filter.who)
		.and("id >= ?", firstId(filter.from))
		.and("id < ?", firstId(filter.to))
		.and("id < ?", page.after);
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`SELECT id, at, who, request_id, kind, subject, action, before, after FROM audit
				${where.sql} ORDER BY id DESC LIMIT ?`,
			)
			.bind(...where.values, page.limit + 1)
			.all();
		const entries = v.parse(v.array(AuditRow), results);
		return { entries: entries.slice(0, page.limit), more: entries.length > page.limit };
	});
}

/** Before every id of that moment and after every earlier one. */
function firstId(at: number | null): string | null {
	return at === null ? null : newId("aud", at, "");
}
