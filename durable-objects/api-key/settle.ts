import type { ProviderName, TeamId } from "#core/ids";
import type { BatchOutcome, EndedBatch } from "#core/key-object/settlement";
import { isStorable } from "#core/usage/record-size";
import { isAmount } from "#durable-objects/api-key/ledger/settlement-item";
import type { ReserveContext, RunningAttempt } from "#durable-objects/api-key/reserve/reserve";
import type { Charge, Target } from "#durable-objects/api-key/usage/usage-entries";
import type { UsageOutbox } from "#durable-objects/api-key/usage/usage-outbox";

/**
 * Ends attempts: frees their slots, corrects the token limit, and charges what they cost; and writes down the requests
 * that ended. May be repeated under its id. Throws RangeError, and changes nothing, when the records are too large for
 * a row; and what the store throws: the charge stands at the whole hold until a repetition succeeds.
 */
export function settle(
	{ authority, ledger, running, clock, limits }: ReserveContext,
	accounting: UsageOutbox,
	batch: EndedBatch,
): BatchOutcome {
	if (!isStorable(batch)) throw new RangeError("the records of the batch are too large for a row");
	const now = clock();
	const { limiter } = limits();
	const targets: Record<string, Target> = {};
	/** Their holds may have been written down as expired. */
	const late: string[] = [];
	for (const { attemptId, token, tokens } of batch.items) {
		// What this copy does not know to run was corrected before, or by a copy that is gone: its estimate stays.
		const attempt = running.get(attemptId);
		running.delete(attemptId);
		if (attempt === undefined || tokens === null) limiter.finish(attemptId, 0, 0, now);
		else limiter.finish(attemptId, attempt.tokens, tokens, now);
		if (attempt !== undefined) targets[attemptId] = targetOf(attempt);
		if (token !== null && (attempt === undefined || attempt.expiresAt <= now)) late.push(attemptId);
	}
	const requests = (batch.requests ?? []).filter((request) => !accounting.refusals.fold(request, now));
	const items = batch.items.flatMap((item) => {
		// Whoever got no answer names what may be held for it without a token.
		const token = item.token ?? (item.void ? ledger.tokenOf(item.attemptId) : null);
		return token === null ? [] : [{ ...item, token }];
	});
	const unheld = batch.items.flatMap(({ attemptId, token, actual, estimated }): Charge[] =>
		token === null && isAmount(actual) && actual > 0 ? [{ attemptId, cost: actual, estimated }] : [],
	);
	if (items.length === 0 && unheld.length === 0 && requests.length === 0) return "applied";
	const expired = late.length === 0 ? [] : accounting.expiredAmong(late);
	// Every copy that granted anything holds a registration.
	const teamId = authority.held?.teamId ?? requests[0]?.teamId ?? ("" as TeamId);
	const beside = { teamId, requests, unheld, targets, expired };
	const { id, sentAt, partOf = [] } = batch;
	return ledger.settle({ id, sentAt, partOf, items, beside }, now).outcome;
}

/** Whom an attempt was meant for; its model is told as `provider/model`. */
export function targetOf({ scope: { provider, model } }: RunningAttempt): Target {
	return { provider: provider as ProviderName, model: model.slice(provider.length + 1) };
}
