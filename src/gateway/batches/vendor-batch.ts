// How a vendor tells of a batch, in OpenAI's shape.
import * as v from "valibot";
import { BATCH_STATUSES, type BatchProgress } from "#metering/batch";

const VendorId = v.pipe(v.string(), v.regex(/^[\w.-]{1,200}$/));
const Count = v.pipe(v.number(), v.safeInteger());

/** What is read of it. */
export const VendorBatch = v.looseObject({
	id: VendorId,
	status: v.picklist(BATCH_STATUSES),
	input_file_id: v.nullish(VendorId),
	output_file_id: v.nullish(VendorId),
	error_file_id: v.nullish(VendorId),
	request_counts: v.nullish(v.looseObject({ completed: Count, failed: Count })),
	errors: v.nullish(
		v.looseObject({
			data: v.nullish(v.array(v.looseObject({ code: v.nullish(v.string()), message: v.nullish(v.string()) }))),
		}),
	),
	metadata: v.nullish(v.record(v.string(), v.unknown())),
});

export const VendorBatches = v.looseObject({ data: v.array(VendorBatch) });

const TIMES = [
	...["in_progress_at", "expires_at", "finalizing_at", "completed_at"],
	...["failed_at", "expired_at", "cancelling_at", "cancelled_at"],
];
/** The most that is kept of what is wrong with a batch. */
const MAX_PROBLEMS = 20;
const MAX_PROBLEM_CHARACTERS = 500;

/** How far the vendor says that it is. */
export function progressOf(batch: v.InferOutput<typeof VendorBatch>): BatchProgress {
	const { status, request_counts: counts, errors } = batch;
	const times = TIMES.flatMap((name) => (v.is(Count, batch[name]) ? [[name, batch[name]] as const] : []));
	return {
		status,
		completed: counts?.completed ?? 0,
		failed: counts?.failed ?? 0,
		times: Object.fromEntries(times),
		problems: (errors?.data ?? []).slice(0, MAX_PROBLEMS).map(({ code, message }) => ({
			code: (code ?? "unknown").slice(0, MAX_PROBLEM_CHARACTERS),
			message: (message ?? "").slice(0, MAX_PROBLEM_CHARACTERS),
		})),
		files: {
			input: batch.input_file_id ?? null,
			output: batch.output_file_id ?? null,
			error: batch.error_file_id ?? null,
		},
	};
}
