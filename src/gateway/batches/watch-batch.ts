// Follows a batch at its vendor, and books what its lines truly cost when the vendor is done with it.
import type { StoredFile } from "#core/files/file";
import { type FileId, newId } from "#core/ids";
import type { Env } from "#env";
import { askAccount, askAccountJson, type OpenAccount, openAccount } from "#gateway/files/vendor-account";
import { bookLateCost } from "#gateway/spending/late-cost";
import { mapConcurrent } from "#lib/map-concurrent";
import { byteLength } from "#lib/text-bytes";
import { type BatchLine, type BatchProgress, FINAL_STATUSES, type StoredBatch } from "#metering/batch";
import type { Provider } from "#providers/provider";
import { settleBatch, writeProgress } from "#store/files/batches";
import { lineCost, linesOf } from "./line-costs";
import { progressOf, VendorBatch, VendorBatches } from "./vendor-batch";

/** Where a batch is followed. */
export interface WatchOn {
	readonly env: Pick<Env, "DB" | "API_KEYS">;
	readonly providers: ReadonlyMap<string, Provider>;
	/** Aborts when it is not waited for any more. */
	readonly caller: AbortSignal;
	readonly clock: () => number;
	readonly newId: () => string;
}

/** By which a batch is found again at its vendor whose answer was lost: among what its creator said of it. */
export const BATCH_LABEL = "tollgate_batch";
/** How long after it began a batch may still come to its vendor, in milliseconds: no request lives longer. */
const MAX_BEGIN_MS = 15 * 60_000;
/** What is said of a batch that never came there. */
const NOT_BEGUN: BatchProgress = {
	status: "failed",
	completed: 0,
	failed: 0,
	times: {},
	problems: [{ code: "batch_not_begun", message: "the provider never took this batch" }],
	files: { input: null, output: null, error: null },
};

/**
 * Asks the vendor how far a batch is, and writes that down; when the vendor is done with it, the true costs are booked,
 * each once, and its files become the team's. May be repeated, and cut off anywhere. Throws `GatewayError` and
 * `DatabaseUnavailable`.
 */
export async function lookAt(on: WatchOn, batch: StoredBatch): Promise<StoredBatch> {
	if (batch.settledAt !== null) return batch;
	const account = openAccount(on.providers, batch);
	const told = await toldOf(on, account, batch);
	if (told === null) return batch;
	const { vendorId, progress } = told;
	const now = on.clock();
	await writeProgress(on.env.DB, batch.id, vendorId, progress, now);
	const seen = { ...batch, vendorId, progress, lookedAt: now };
	return FINAL_STATUSES.has(progress.status) ? settled(on, account, seen) : seen;
}

/** What the vendor says; null where it says nothing yet. */
async function toldOf(
	{ caller, clock }: WatchOn,
	account: OpenAccount,
	{ id, vendorId, createdAt }: StoredBatch,
): Promise<Pick<StoredBatch, "vendorId" | "progress"> | null> {
	if (vendorId !== null) {
		const path = `/batches/${encodeURIComponent(vendorId)}`;
		const batch = await askAccountJson(VendorBatch, account, { path }, caller, clock);
		return batch === null ? null : { vendorId, progress: progressOf(batch) };
	}
	const list = await askAccountJson(VendorBatches, account, { path: "/batches?limit=100" }, caller, clock);
	const batch = list?.data.find(({ metadata }) => metadata?.[BATCH_LABEL] === id);
	if (batch !== undefined) return { vendorId: batch.id, progress: progressOf(batch) };
	return list !== null && clock() - createdAt > MAX_BEGIN_MS ? { vendorId, progress: NOT_BEGUN } : null;
}

async function settled(on: WatchOn, account: OpenAccount, batch: StoredBatch): Promise<StoredBatch> {
	const { env, caller, clock } = on;
	const { files } = batch.progress;
	const costs = new Map<string, number | null>();
	const output = files.output === null ? null : await readFile(on, account, batch, files.output, "output", costs);
	const error = files.error === null ? null : await readFile(on, account, batch, files.error, "errors", costs);
	let cost = 0;
	// What stands in neither file was never run.
	const actual = ({ customId, charged }: BatchLine) => costs.get(customId) ?? (costs.has(customId) ? charged : 0) ?? 0;
	for (const line of batch.lines) cost += line.charged === null ? 0 : actual(line);
	const booked = await mapConcurrent(
		// What is free, or has no known price, was charged nothing.
		batch.lines.filter(({ charged }) => charged !== null && charged > 0),
		(line) =>
			bookLateCost(env, batch.keyId, {
				jobId: line.jobId,
				createdAt: batch.createdAt,
				attemptId: line.attemptId,
				token: line.token,
				provider: batch.provider,
				model: line.model,
				actual: actual(line),
			}),
	);
	// The settlement of a line may still be on its way: the rest is booked already, and nothing of it twice.
	if (booked.includes(false)) return batch;
	await settleBatch(env.DB, batch.id, cost, { output, error }, clock());
	if (files.input !== null) {
		const path = `/files/${encodeURIComponent(files.input)}`;
		await askAccount(account, { path, method: "DELETE" }, caller, clock);
	}
	const outputFileId = output?.id ?? null;
	return { ...batch, cost, outputFileId, errorFileId: error?.id ?? null, settledAt: clock() };
}

/** Reads a file that the vendor wrote: what its lines cost goes to `costs`, and the file will be the team's. */
async function readFile(
	{ clock, newId: uuid, caller }: WatchOn,
	account: OpenAccount,
	batch: StoredBatch,
	vendorId: string,
	what: "output" | "errors",
	costs: Map<string, number | null>,
): Promise<StoredFile> {
	const path = `/files/${encodeURIComponent(vendorId)}/content`;
	const content = await askAccount(account, { path }, caller, clock);
	const endpoints = account.provider.adapter.native?.api.endpoints ?? [];
	const endpoint = endpoints.find((each) => `/v1${each.path}` === batch.endpoint);
	if (content?.body == null || endpoint === undefined) throw new TypeError("the batch's output is gone");
	const lines = new Map(batch.lines.map((line) => [line.customId, line]));
	let bytes = 0;
	for await (const text of linesOf(content.body)) {
		bytes += byteLength(text) + 1;
		const read = lineCost(text, endpoint, lines, batch.tariffs, batch.createdAt);
		if (read !== null) costs.set(read.customId, read.cost);
	}
	const now = clock();
	return {
		id: newId("file", now, uuid()) as FileId,
		teamId: batch.teamId,
		keyId: batch.keyId,
		provider: batch.provider,
		credential: batch.credential,
		vendorId,
		filename: `${batch.id}_${what}.jsonl`,
		purpose: "batch_output",
		bytes,
		createdAt: now,
		expiresAt: null,
	};
}
