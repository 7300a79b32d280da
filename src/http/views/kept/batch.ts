// What callers see of the batches of their team, in OpenAI's shape.
import * as v from "valibot";
import { Dollars, Labels, type Shown } from "#http/views/shown";
import { BATCH_STATUSES, type StoredBatch } from "#metering/batch";
import type { NanoUsd } from "#metering/money";
import { usdString } from "#metering/money";

const Seconds = v.nullable(v.pipe(v.number(), v.integer()));
const Count = v.pipe(v.number(), v.integer());

export const BatchView = v.object({
	id: v.string(),
	object: v.literal("batch"),
	endpoint: v.string(),
	errors: v.nullable(
		v.object({
			object: v.literal("list"),
			data: v.array(v.object({ code: v.string(), message: v.string() })),
		}),
	),
	input_file_id: v.string(),
	completion_window: v.literal("24h"),
	status: v.picklist(BATCH_STATUSES),
	output_file_id: v.nullable(v.string()),
	error_file_id: v.nullable(v.string()),
	created_at: Count,
	in_progress_at: Seconds,
	expires_at: Seconds,
	finalizing_at: Seconds,
	completed_at: Seconds,
	failed_at: Seconds,
	expired_at: Seconds,
	cancelling_at: Seconds,
	cancelled_at: Seconds,
	request_counts: v.object({ total: Count, completed: Count, failed: Count }),
	metadata: Labels,
	provider: v.pipe(v.string(), v.description("whose account works through it")),
	cost_usd: v.pipe(Dollars, v.description("what is charged for it; the most that it can cost while it is estimated")),
	cost_is_estimated: v.boolean(),
});

export const BatchesView = v.object({
	object: v.literal("list"),
	data: v.array(BatchView),
	first_id: v.nullable(v.string()),
	last_id: v.nullable(v.string()),
	has_more: v.boolean(),
});

/** The vendor's files are shown when they are the team's, and only then that it has completed. */
export function renderBatch(batch: StoredBatch): Shown<typeof BatchView> {
	const { progress, settledAt, cost, charged } = batch;
	const { times, problems } = progress;
	const at = (name: string) => times[name] ?? null;
	const isDone = progress.status === "completed" || progress.status === "expired" || progress.status === "cancelled";
	return {
		id: batch.id,
		object: "batch",
		endpoint: batch.endpoint,
		errors: problems.length === 0 ? null : { object: "list", data: problems },
		input_file_id: batch.inputFileId,
		completion_window: "24h",
		status: isDone && settledAt === null ? "finalizing" : progress.status,
		output_file_id: batch.outputFileId,
		error_file_id: batch.errorFileId,
		created_at: Math.floor(batch.createdAt / 1000),
		in_progress_at: at("in_progress_at"),
		expires_at: at("expires_at"),
		finalizing_at: at("finalizing_at"),
		completed_at: at("completed_at"),
		failed_at: at("failed_at"),
		expired_at: at("expired_at"),
		cancelling_at: at("cancelling_at"),
		cancelled_at: at("cancelled_at"),
		request_counts: { total: batch.lines.length, completed: progress.completed, failed: progress.failed },
		metadata: batch.metadata,
		provider: batch.provider,
		cost_usd: usdString((cost ?? charged) as NanoUsd),
		cost_is_estimated: settledAt === null,
	};
}
