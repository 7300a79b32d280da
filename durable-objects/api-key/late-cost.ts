// How the object books the true cost of a job, whatever became of the settlement that should have opened it.
import type { LateCost, LateOutcome } from "#core/key-object/late-cost";
import { bookLateCost, MAX_JOB_MS } from "#durable-objects/api-key/ledger/job";
import { REPEATABLE_MS } from "#durable-objects/api-key/ledger/ledger";
import type { JobStore } from "#durable-objects/api-key/ledger/ledger-store";
import type { ReserveContext } from "#durable-objects/api-key/reserve/reserve";
import type { UsageOutbox } from "#durable-objects/api-key/usage/usage-outbox";
import { settle } from "./settle";

/** How long after its attempt a job may still be settled by its isolate, in milliseconds: twice what is possible. */
const SETTLEABLE_MS = 2 * REPEATABLE_MS;

/**
 * Brings a job's charge to its true cost. An attempt whose settlement was lost with its isolate is settled here, once
 * no other settlement of it can come any more. May be repeated. Throws RangeError for what is no amount, and what the
 * store throws.
 */
export function lateCost(
	context: ReserveContext,
	store: JobStore,
	usage: UsageOutbox,
	{ jobId, createdAt, attemptId, token, provider, model, actual }: LateCost,
): LateOutcome {
	const now = context.clock();
	const known = store.job(jobId);
	if (known === "closed") return "repeated";
	if (known !== null) return bookLateCost(context.ledger, known, actual, now);
	const age = now - createdAt;
	if (age < SETTLEABLE_MS) return "early";
	// The job may have been kept and forgotten again. Days before that is sure, it is not taken for a new one.
	if (age > MAX_JOB_MS / 2) return "late";
	const item = { attemptId, token, actual, estimated: false, void: actual === 0, tokens: null, jobId };
	settle(context, store, usage, { id: `job ${jobId}`, sentAt: now, items: [item] }, { provider, model });
	const opened = store.job(jobId);
	return opened === null || opened === "closed" ? "applied" : bookLateCost(context.ledger, opened, actual, now);
}
