// Files of teams in D1: which of them lies where. What they hold lies with the vendor.
import * as v from "valibot";
import type { StoredFile } from "#core/files/file";
import type { CredentialId, FileId, KeyId, ProviderName, TeamId } from "#core/ids";
import { Integer, Millis } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";
import { Where } from "#store/d1/where";

const FileRow = v.pipe(
	v.object({
		id: v.string(),
		team_id: v.string(),
		key_id: v.string(),
		provider: v.string(),
		credential: v.string(),
		vendor_id: v.string(),
		filename: v.string(),
		purpose: v.string(),
		bytes: Integer,
		created_at: Millis,
		expires_at: v.nullable(Millis),
	}),
	v.transform(
		(row): StoredFile => ({
			id: row.id as FileId,
			teamId: row.team_id as TeamId,
			keyId: row.key_id as KeyId,
			provider: row.provider as ProviderName,
			credential: row.credential as CredentialId,
			vendorId: row.vendor_id,
			filename: row.filename,
			purpose: row.purpose,
			bytes: row.bytes,
			createdAt: row.created_at,
			expiresAt: row.expires_at,
		}),
	),
);

const COLUMNS =
	"id, team_id, key_id, provider, credential, vendor_id, filename, purpose, bytes, created_at, expires_at";
/** ?1 is the time. */
const LIVE = "(expires_at IS NULL OR expires_at > ?1)";

/** Writes a file down, where a condition on one parameter holds. */
export function insertFile(db: D1Database, file: StoredFile, where: string, parameter: string): D1PreparedStatement {
	return db
		.prepare(`INSERT INTO files (${COLUMNS}) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE ${where}`)
		.bind(
			file.id,
			file.teamId,
			file.keyId,
			file.provider,
			file.credential,
			file.vendorId,
			file.filename,
			file.purpose,
			file.bytes,
			file.createdAt,
			file.expiresAt,
			parameter,
		);
}

/** Throws `DatabaseUnavailable`, as all of these do. */
export function createFile(db: D1Database, file: StoredFile): Promise<void> {
	return inDatabase(async () => {
		await insertFile(db, file, "? <> ''", file.id).run();
	});
}

/** How many a team has. */
export function countFiles(db: D1Database, team: TeamId): Promise<number> {
	return inDatabase(async () => {
		const row = await db.prepare("SELECT count(*) AS files FROM files WHERE team_id = ?").bind(team).first();
		return v.parse(v.object({ files: Integer }), row).files;
	});
}

/** Those of a team's files that have one of these ids; a file of another team is none. */
export function findFiles(
	db: D1Database,
	team: TeamId,
	ids: readonly FileId[],
	now: number,
): Promise<readonly StoredFile[]> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`SELECT ${COLUMNS} FROM files
				WHERE team_id = ?2 AND id IN (SELECT value FROM json_each(?3)) AND ${LIVE}`,
			)
			.bind(now, team, JSON.stringify(ids))
			.all();
		return v.parse(v.array(FileRow), results);
	});
}

/** Which files are listed. */
interface FilePage {
	readonly purpose: string | null;
	readonly order: "asc" | "desc";
	/** The id behind which the page begins. */
	readonly after: string | null;
	readonly limit: number;
}

/** One page of a team's files, and whether more follow. */
export function listFiles(
	db: D1Database,
	team: TeamId,
	{ purpose, order, after, limit }: FilePage,
	now: number,
): Promise<{ files: StoredFile[]; more: boolean }> {
	const where = new Where()
		.and("team_id = ?", team)
		.and("(expires_at IS NULL OR expires_at > ?)", now)
		.and("purpose = ?", purpose)
		.and(order === "asc" ? "id > ?" : "id < ?", after);
	return inDatabase(async () => {
		const { results } = await db
			.prepare(`SELECT ${COLUMNS} FROM files ${where.sql} ORDER BY id ${order} LIMIT ?`)
			.bind(...where.values, limit + 1)
			.all();
		const files = v.parse(v.array(FileRow), results);
		return { files: files.slice(0, limit), more: files.length > limit };
	});
}

export function deleteFile(db: D1Database, id: FileId): Promise<void> {
	return inDatabase(async () => {
		await db.prepare("DELETE FROM files WHERE id = ?").bind(id).run();
	});
}

/** The most rows that one statement takes away. */
const FORGOTTEN_ROWS = 500;

/** Forgets files that their vendors have deleted by now. Throws what D1 throws. */
export async function forgetExpiredFiles(db: D1Database, now: number): Promise<void> {
	await db
		.prepare(
			`DELETE FROM files WHERE id IN (
				SELECT id FROM files WHERE expires_at IS NOT NULL AND expires_at <= ? LIMIT ${FORGOTTEN_ROWS})`,
		)
		.bind(now)
		.run();
}
