// A team's batches, as its keys ask about them.
import { GatewayError, quoted } from "#core/errors";
import { type FilesCall, orUnavailable } from "#gateway/files/team-files";
import { askAccountJson, openAccount } from "#gateway/files/vendor-account";
import type { ServingProviders } from "#gateway/routing/serving-providers";
import { FINAL_STATUSES, isBatchId, type StoredBatch } from "#metering/batch";
import { findBatch, writeProgress } from "#store/files/batches";
import { progressOf, VendorBatch } from "./vendor-batch";
import { lookAt, type WatchOn } from "./watch-batch";

/** How long what the vendor said is good enough for a caller, in milliseconds. */
const FRESH_MS = 1_000;

/** Where a caller asks about a batch. */
export type BatchesCall = FilesCall & Pick<WatchOn, "env">;

function watchOn({ env, isolate, caller }: BatchesCall, { byName }: ServingProviders): WatchOn {
	return { env, providers: byName, caller, clock: isolate.clock, newId: isolate.newId };
}

/**
 * A team's batch as it stands now. Throws `GatewayError`: 404 for every id of another team's, 503, and the vendor's.
 */
export async function teamBatch(call: BatchesCall, serving: ServingProviders, id: string): Promise<StoredBatch> {
	const batch = await storedBatch(call, id);
	const isFresh = call.isolate.clock() - batch.lookedAt < FRESH_MS && !FINAL_STATUSES.has(batch.progress.status);
	if (batch.settledAt !== null || isFresh) return batch;
	return orUnavailable(lookAt(watchOn(call, serving), batch));
}

/** Asks the vendor to work on a batch no more; what it has done by then is charged. Throws `GatewayError`. */
export async function cancelBatch(call: BatchesCall, serving: ServingProviders, id: string): Promise<StoredBatch> {
	const batch = await teamBatch(call, serving, id);
	const { vendorId } = batch;
	if (FINAL_STATUSES.has(batch.progress.status) || vendorId === null) {
		throw GatewayError.of("batch_ended", `the batch is ${batch.progress.status}; it cannot be cancelled any more`);
	}
	const account = openAccount(serving.byName, batch);
	const path = `/batches/${encodeURIComponent(vendorId)}/cancel`;
	const said = await askAccountJson(VendorBatch, account, { path, body: {} }, call.caller, call.isolate.clock);
	if (said === null) throw batchNotFound(id);
	const progress = progressOf(said);
	const now = call.isolate.clock();
	await orUnavailable(writeProgress(call.env.DB, batch.id, vendorId, progress, now));
	return { ...batch, progress, lookedAt: now };
}

async function storedBatch({ env, principal }: BatchesCall, id: string): Promise<StoredBatch> {
	const batch = isBatchId(id) ? await orUnavailable(findBatch(env.DB, principal.teamId, id)) : null;
	if (batch === null) throw batchNotFound(id);
	return batch;
}

function batchNotFound(id: string): GatewayError {
	return GatewayError.of("batch_not_found", `this team has no batch ${quoted(id)}`);
}
