// Versioned documents in D1: what admins decide as data.
import * as v from "valibot";
import { type Author, audited } from "#store/d1/audit";
import { Millis, Version } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";

export type DocumentKind = "alias" | "model" | "routing_rules" | "learnt_models" | "model_sync" | "defaults";

/** One version of something that admins decide as data. */
export interface StoredDocument {
	readonly name: string;
	/** From 1, without gaps; a thing that was removed and made again goes on counting. */
	readonly version: number;
	/** Null: this version removed it. */
	readonly body: unknown;
	/** Milliseconds since the epoch. */
	readonly createdAt: number;
}

const DocumentRow = v.pipe(
	v.object({
		name: v.string(),
		version: Version,
		body: v.nullable(v.pipe(v.string(), v.parseJson())),
		created_at: Millis,
	}),
	v.transform(
		({ name, version, body, created_at }): StoredDocument => ({ name, version, body, createdAt: created_at }),
	),
);
const DocumentRows = v.array(DocumentRow);

const COLUMNS = "name, version, body, created_at";

/** Reads what is in force of one kind, by name. To be run in a batch; `documentsOf` decodes its result. */
export function selectDocuments(db: D1Database, kind: DocumentKind): D1PreparedStatement {
	return db
		.prepare(`SELECT ${COLUMNS} FROM documents WHERE kind = ? AND superseded = 0 AND body IS NOT NULL ORDER BY name`)
		.bind(kind);
}

export function documentsOf(result: D1Result | undefined): StoredDocument[] {
	return v.parse(DocumentRows, result?.results);
}

/**
 * One page of what is in force, by name, and whether more follow. `after` is the last name of the page before. Throws
 * `DatabaseUnavailable`, as all of these do.
 */
export function listDocuments(
	db: D1Database,
	kind: DocumentKind,
	page: { after: string | null; limit: number },
): Promise<{ documents: StoredDocument[]; more: boolean }> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`SELECT ${COLUMNS} FROM documents
				WHERE kind = ?1 AND superseded = 0 AND body IS NOT NULL AND (?2 IS NULL OR name > ?2)
				ORDER BY name LIMIT ?3`,
			)
			.bind(kind, page.after, page.limit + 1)
			.all();
		const documents = v.parse(DocumentRows, results);
		return { documents: documents.slice(0, page.limit), more: documents.length > page.limit };
	});
}

/** The latest version, which may be a removal; null when there never was any. */
export function findDocument(db: D1Database, kind: DocumentKind, name: string): Promise<StoredDocument | null> {
	return inDatabase(async () => {
		const row = await db
			.prepare(`SELECT ${COLUMNS} FROM documents WHERE kind = ? AND name = ? ORDER BY version DESC LIMIT 1`)
			.bind(kind, name)
			.first();
		return row === null ? null : v.parse(DocumentRow, row);
	});
}

/** Null when there is no such version. */
export function findVersion(
	db: D1Database,
	kind: DocumentKind,
	name: string,
	version: number,
): Promise<StoredDocument | null> {
	return inDatabase(async () => {
		const row = await db
			.prepare(`SELECT ${COLUMNS} FROM documents WHERE kind = ? AND name = ? AND version = ?`)
			.bind(kind, name, version)
			.first();
		return row === null ? null : v.parse(DocumentRow, row);
	});
}

/**
 * One page of versions, newest first, and whether more follow: those before the version `before`, null for the newest.
 */
export function listVersions(
	db: D1Database,
	kind: DocumentKind,
	name: string,
	page: { before: number | null; limit: number },
): Promise<{ versions: StoredDocument[]; more: boolean }> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`SELECT ${COLUMNS} FROM documents WHERE kind = ?1 AND name = ?2 AND (?3 IS NULL OR version < ?3)
				ORDER BY version DESC LIMIT ?4`,
			)
			.bind(kind, name, page.before, page.limit + 1)
			.all();
		const versions = v.parse(DocumentRows, results);
		return { versions: versions.slice(0, page.limit), more: versions.length > page.limit };
	});
}

/** As it stands in the audit. */
const snapshot = (kind: DocumentKind) => `
	SELECT json_set(body, '$.version', version) FROM documents
	WHERE kind = '${kind}' AND name = ?1 AND superseded = 0 AND body IS NOT NULL`;

/**
 * Puts a version in force that follows the latest. False when someone else wrote that version first: two that saw the
 * same latest one cannot both write, because a version has one row.
 */
export function writeDocument(
	db: D1Database,
	kind: DocumentKind,
	document: StoredDocument,
	action: string,
	author: Author,
): Promise<boolean> {
	const { name, version, body, createdAt } = document;
	return inDatabase(async () => {
		const [insert] = await audited(db, author, { kind, id: name, action, snapshot: snapshot(kind) }, [
			db
				.prepare(
					`INSERT INTO documents (kind, name, version, body, superseded, created_at) VALUES (?1, ?2, ?3, ?4, 0, ?5)
					ON CONFLICT DO NOTHING`,
				)
				.bind(kind, name, version, body === null ? null : JSON.stringify(body), createdAt),
			db
				.prepare("UPDATE documents SET superseded = 1 WHERE kind = ? AND name = ? AND version < ? AND superseded = 0")
				.bind(kind, name, version),
		]);
		return (insert?.meta.changes ?? 0) > 0;
	});
}

/**
 * Removes all of one kind whose names begin with `prefix` and go on. To be run in the batch that makes them
 * meaningless.
 */
export function removeDocuments(
	db: D1Database,
	kind: DocumentKind,
	prefix: string,
	now: number,
): D1PreparedStatement[] {
	return removed(db, "substr(name, 1, length(?2)) = ?2", kind, prefix, now);
}

/** Removes one document, if it is in force. To be run in the batch that makes it meaningless. */
export function removeDocument(db: D1Database, kind: DocumentKind, name: string, now: number): D1PreparedStatement[] {
	return removed(db, "name = ?2", kind, name, now);
}

function removed(db: D1Database, which: string, kind: DocumentKind, name: string, now: number): D1PreparedStatement[] {
	const named = `kind = ?1 AND superseded = 0 AND ${which}`;
	return [
		db
			.prepare(
				`INSERT INTO documents (kind, name, version, body, superseded, created_at)
				SELECT kind, name, version + 1, NULL, 0, ?3 FROM documents WHERE ${named} AND body IS NOT NULL`,
			)
			.bind(kind, name, now),
		db.prepare(`UPDATE documents SET superseded = 1 WHERE ${named} AND body IS NOT NULL`).bind(kind, name),
	];
}
