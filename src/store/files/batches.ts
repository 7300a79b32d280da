// Batches of teams in D1: what was charged for them, and how far their vendors are.
import * as v from "valibot";
import type { StoredFile } from "#core/files/file";
import type { BatchId, CredentialId, FileId, KeyId, ProviderName, TeamId } from "#core/ids";
import { isObject } from "#lib/json";
import { BATCH_STATUSES, type BatchLine, type BatchProgress, type StoredBatch, type Tariff } from "#metering/batch";
import { Integer, Millis, NanoDollars } from "#store/d1/columns";
import { inDatabase } from "#store/d1/database";
import { insertFile } from "./files";

const Token = v.object({
	attemptId: v.string(),
	amount: NanoDollars,
	lines: v.array(v.object({ budgetId: v.string(), endUser: v.string(), window: Millis })),
});
const Lines: v.GenericSchema<unknown, BatchLine[]> = v.array(
	v.object({
		customId: v.string(),
		model: v.string(),
		attemptId: v.string(),
		jobId: v.string(),
		token: v.nullable(Token),
		charged: v.nullable(NanoDollars),
	}),
);
/** The gateway wrote it. */
function isTariff(value: unknown): boolean {
	return isObject(value) && Array.isArray(value.prices) && isObject(value.rules);
}

const Id = v.nullable(v.string());
const Progress: v.GenericSchema<unknown, BatchProgress> = v.object({
	status: v.picklist(BATCH_STATUSES),
	completed: Integer,
	failed: Integer,
	times: v.record(v.string(), Integer),
	problems: v.array(v.object({ code: v.string(), message: v.string() })),
	files: v.object({ input: Id, output: Id, error: Id }),
});
const json = <Schema extends v.GenericSchema>(schema: Schema) => v.pipe(v.string(), v.parseJson(), schema);

const BatchRow = v.pipe(
	v.object({
		id: v.string(),
		team_id: v.string(),
		key_id: v.string(),
		provider: v.string(),
		credential: v.string(),
		endpoint: v.string(),
		input_file_id: v.string(),
		metadata: json(v.record(v.string(), v.string())),
		lines: json(Lines),
		tariffs: json(v.record(v.string(), v.custom<Tariff>(isTariff))),
		charged: NanoDollars,
		cost: v.nullable(NanoDollars),
		vendor_id: Id,
		progress: json(Progress),
		output_file_id: Id,
		error_file_id: Id,
		created_at: Millis,
		looked_at: Millis,
		settled_at: v.nullable(Millis),
	}),
	v.transform(
		(row): StoredBatch => ({
			id: row.id as BatchId,
			teamId: row.team_id as TeamId,
			keyId: row.key_id as KeyId,
			provider: row.provider as ProviderName,
			credential: row.credential as CredentialId,
			endpoint: row.endpoint,
			inputFileId: row.input_file_id as FileId,
			metadata: row.metadata,
			lines: row.lines,
			tariffs: row.tariffs,
			charged: row.charged,
			cost: row.cost,
			vendorId: row.vendor_id,
			progress: row.progress,
			outputFileId: row.output_file_id as FileId | null,
			errorFileId: row.error_file_id as FileId | null,
			createdAt: row.created_at,
			lookedAt: row.looked_at,
			settledAt: row.settled_at,
		}),
	),
);

const COLUMNS = `id, team_id, key_id, provider, credential, endpoint, input_file_id, metadata, lines, tariffs, charged, cost,
	vendor_id, progress, output_file_id, error_file_id, created_at, looked_at, settled_at`;

/** Throws `DatabaseUnavailable`, as all of these do. */
export function createBatch(db: D1Database, batch: StoredBatch): Promise<void> {
	return inDatabase(async () => {
		await db
			.prepare(`INSERT INTO batches (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
			.bind(
				...[batch.id, batch.teamId, batch.keyId, batch.provider, batch.credential, batch.endpoint, batch.inputFileId],
				...[
					JSON.stringify(batch.metadata),
					JSON.stringify(batch.lines),
					JSON.stringify(batch.tariffs),
					batch.charged,
					batch.cost,
					batch.vendorId,
				],
				...[JSON.stringify(batch.progress), batch.outputFileId, batch.errorFileId],
				...[batch.createdAt, batch.lookedAt, batch.settledAt],
			)
			.run();
	});
}

/** Takes back one that never came to be. */
export function deleteBatch(db: D1Database, id: BatchId): Promise<void> {
	return inDatabase(async () => {
		await db.prepare("DELETE FROM batches WHERE id = ?").bind(id).run();
	});
}

/** Writes down what the vendor said. */
export function writeProgress(
	db: D1Database,
	id: BatchId,
	vendorId: string | null,
	progress: BatchProgress,
	now: number,
): Promise<void> {
	return inDatabase(async () => {
		await db
			.prepare("UPDATE batches SET vendor_id = ?2, progress = ?3, looked_at = ?4 WHERE id = ?1 AND settled_at IS NULL")
			.bind(id, vendorId, JSON.stringify(progress), now)
			.run();
	});
}

/** The vendor could not be asked, or nothing has changed: the other batches come first now. */
export function noteLook(db: D1Database, id: BatchId, now: number): Promise<void> {
	return inDatabase(async () => {
		await db.prepare("UPDATE batches SET looked_at = ? WHERE id = ?").bind(now, id).run();
	});
}

/** All true costs are booked, and the vendor's files are the team's: once, however often it is tried. */
export function settleBatch(
	db: D1Database,
	id: BatchId,
	cost: number,
	files: { readonly output: StoredFile | null; readonly error: StoredFile | null },
	now: number,
): Promise<void> {
	return inDatabase(async () => {
		const open = "EXISTS (SELECT 1 FROM batches WHERE id = ? AND settled_at IS NULL)";
		const kept = [files.output, files.error].filter((file) => file !== null);
		await db.batch([
			...kept.map((file) => insertFile(db, file, open, id)),
			db
				.prepare(
					`UPDATE batches SET cost = ?2, output_file_id = ?3, error_file_id = ?4, settled_at = ?5
					WHERE id = ?1 AND settled_at IS NULL`,
				)
				.bind(id, cost, files.output?.id ?? null, files.error?.id ?? null, now),
		]);
	});
}

/** A team's batch; one of another team's is none. */
export function findBatch(db: D1Database, team: TeamId, id: BatchId): Promise<StoredBatch | null> {
	return inDatabase(async () => {
		const row = await db.prepare(`SELECT ${COLUMNS} FROM batches WHERE team_id = ? AND id = ?`).bind(team, id).first();
		return row === null ? null : v.parse(BatchRow, row);
	});
}

/** One page of a team's, newest first, and whether more follow. */
export function listBatches(
	db: D1Database,
	team: TeamId,
	page: { readonly after: string | null; readonly limit: number },
): Promise<{ batches: StoredBatch[]; more: boolean }> {
	return inDatabase(async () => {
		const { results } = await db
			.prepare(
				`SELECT ${COLUMNS} FROM batches WHERE team_id = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3`,
			)
			.bind(team, page.after, page.limit + 1)
			.all();
		const batches = v.parse(v.array(BatchRow), results);
		return { batches: batches.slice(0, page.limit), more: batches.length > page.limit };
	});
}

/** The most rows that one statement takes away. */
const FORGOTTEN_ROWS = 200;

/** Forgets batches that began before a time, in milliseconds since the epoch. Throws what D1 throws. */
export async function forgetBatches(db: D1Database, before: number): Promise<void> {
	await db
		.prepare(
			`DELETE FROM batches WHERE id IN (SELECT id FROM batches WHERE id < ? ORDER BY id LIMIT ${FORGOTTEN_ROWS})`,
		)
		.bind(`batch_${before.toString(16).padStart(12, "0")}`)
		.run();
}

/**
 * Those of which the costs are not booked, the longest unasked first: not looked at since `before`, and begun after
 * `since`, in milliseconds since the epoch. Throws what D1 throws.
 */
export async function openBatches(
	db: D1Database,
	{ before, since }: { readonly before: number; readonly since: number },
	most: number,
): Promise<StoredBatch[]> {
	const { results } = await db
		.prepare(
			`SELECT ${COLUMNS} FROM batches WHERE settled_at IS NULL AND looked_at < ? AND created_at > ? ORDER BY looked_at LIMIT ?`,
		)
		.bind(before, since, most)
		.all();
	return v.parse(v.array(BatchRow), results);
}
