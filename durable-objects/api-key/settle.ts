import type { BatchOutcome, EndedBatch } from "../../src/core/settlement";
import type { Desk } from "./reserve";

/**
 * Ends attempts: frees their slots, corrects the token limit, and charges what they cost. May be repeated under its id.
 * Throws what the store throws; the charge stands at the whole hold until a repetition succeeds.
 */
export function settle({ ledger, running, clock, limits }: Desk, batch: EndedBatch): BatchOutcome {
	const now = clock();
	const { limiter } = limits();
	for (const { attemptId, tokens } of batch.items) {
		// What this copy does not know to run was corrected before, or by a copy that is gone: its estimate stays.
		const expected = running.get(attemptId)?.tokens;
		running.delete(attemptId);
		if (expected === undefined || tokens === null) limiter.finish(attemptId, 0, 0, now);
		else limiter.finish(attemptId, expected, tokens, now);
	}
	const items = batch.items.flatMap((item) => (item.token === null ? [] : [{ ...item, token: item.token }]));
	if (items.length === 0) return "applied";
	return ledger.settle({ id: batch.id, sentAt: batch.sentAt, items }, now).outcome;
}
