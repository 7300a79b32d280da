// How the object ends a batch of attempts: slots, the token limit, charges and records.
import type { TeamId } from "#core/ids";
import type { BatchOutcome, EndedBatch } from "#core/key-object/settlement";
import { isStorable } from "#core/usage/record-size";
import type { AttemptTarget, BegunJob, Charge } from "#durable-objects/api-key/ledger/batch-context";
import type { JobStore } from "#durable-objects/api-key/ledger/ledger-store";
import { isAmount } from "#durable-objects/api-key/ledger/settlement-item";
import type { ReserveContext } from "#durable-objects/api-key/reserve/reserve";
import { attemptTarget } from "#durable-objects/api-key/reserve/running-attempt";
import type { UsageOutbox } from "#durable-objects/api-key/usage/usage-outbox";

/**
 * Ends attempts: frees their slots, corrects the token limit, and charges what they cost; and records the requests that
 * ended. May be repeated under its id. Throws RangeError, and changes nothing, when the records are too large for a
 * row; and what the store throws: the charge stands at the whole hold until a repetition succeeds.
 */
export function settle(
	{ authority, ledger, running, clock, limits }: ReserveContext,
	store: JobStore,
	usage: UsageOutbox,
	batch: EndedBatch,
	/** Where an attempt of the batch was sent that this copy does not know. */
	target: AttemptTarget | null = null,
): BatchOutcome {
	if (!isStorable(batch)) throw new RangeError("the records of the batch are too large for a row");
	const now = clock();
	const { limiter } = limits();
	const targets: Record<string, AttemptTarget> = {};
	/** Attempts whose holds may have been recorded as expired. */
	const late: string[] = [];
	// A job whose true cost came before the settlement of its attempt was settled with it.
	const ended = batch.items.filter(({ jobId }) => jobId === undefined || store.job(jobId) === null);
	for (const { attemptId, token, tokens } of ended) {
		// An attempt that this copy does not know was corrected before, or was granted by an earlier copy: its estimate
		// stays.
		const attempt = running.get(attemptId);
		running.delete(attemptId);
		if (attempt === undefined || tokens === null) limiter.finish(attemptId, 0, 0, now);
		else limiter.finish(attemptId, attempt.tokens, tokens, now);
		if (attempt !== undefined) targets[attemptId] = attemptTarget(attempt);
		else if (target !== null) targets[attemptId] = target;
		if (token !== null && (attempt === undefined || attempt.expiresAt <= now)) late.push(attemptId);
	}
	const requests = (batch.requests ?? []).filter((request) => !usage.refusals.isCounted(request, now));
	const items = ended.flatMap((item) => {
		// An isolate that got no answer to its `reserve` has no token, and asks to void what may be held for it.
		const token = item.token ?? (item.void ? ledger.tokenOf(item.attemptId) : null);
		return token === null ? [] : [{ ...item, token }];
	});
	const unheld = ended.flatMap(({ attemptId, token, actual, estimated }): Charge[] =>
		token === null && isAmount(actual) && actual > 0 ? [{ attemptId, cost: actual, estimated }] : [],
	);
	if (items.length === 0 && unheld.length === 0 && requests.length === 0) return "applied";
	const expired = late.length === 0 ? [] : usage.expiredAmong(late);
	// A copy of the object that granted anything has a registration.
	const teamId = authority.current?.teamId ?? requests[0]?.teamId ?? ("" as TeamId);
	const jobs = begunJobs(batch, targets);
	const context = { teamId, requests, unheld, targets, expired, jobs };
	const { id, sentAt, partOf = [] } = batch;
	return ledger.settle({ id, sentAt, partOf, items, context }, now).outcome;
}

/** The jobs that a batch's attempts began, with what the records of their requests say of them. */
function begunJobs({ items, requests = [] }: EndedBatch, targets: Readonly<Record<string, AttemptTarget>>) {
	const jobs: Record<string, BegunJob> = {};
	for (const { attemptId, jobId } of items) {
		if (jobId === undefined) continue;
		const request = requests.find(({ attempts }) => attempts.some((attempt) => attempt.attemptId === attemptId));
		const recorded = request?.attempts.find((attempt) => attempt.attemptId === attemptId);
		const { provider, model } = recorded ?? targets[attemptId] ?? { provider: null, model: null };
		jobs[attemptId] = { jobId, app: request?.app ?? null, provider, model };
	}
	return jobs;
}
