// Jobs that attempts began: charged as estimated when they begin, and brought to their true cost once.
import type { BatchContext } from "./batch-context";
import { corrected, isUnstored, returned } from "./budget-period";
import type { Ledger } from "./ledger";
import { LedgerDraft } from "./ledger-cache";
import type { Job, Settlement } from "./ledger-store";
import { isAmount } from "./settlement-item";

/** How long a job is kept, booked or not, in milliseconds. No provider works on one for so long. */
export const MAX_JOB_MS = 40 * 86_400_000;

/** The jobs that a batch of settlements opens. */
export function jobsOf(settlements: readonly Settlement[], { teamId, unheld, jobs }: BatchContext): Job[] {
	const opened: Job[] = [];
	for (const { attemptId, charged, overrun, estimated, suspect, periods } of settlements) {
		const begun = jobs[attemptId];
		if (begun === undefined) continue;
		const { jobId: id, ...rest } = begun;
		// A suspect charge may not be counted anywhere: then it stays, and only the log learns the truth.
		opened.push({ ...rest, id, attemptId, teamId, charged, overrun, estimated, periods: suspect ? [] : periods });
	}
	for (const { attemptId, cost, estimated } of unheld) {
		const begun = jobs[attemptId];
		if (begun === undefined) continue;
		const { jobId: id, ...rest } = begun;
		opened.push({ ...rest, id, attemptId, teamId, charged: cost, overrun: 0, estimated, periods: [] });
	}
	return opened;
}

/**
 * Brings a job's charge to its true cost, in the windows in which it was held, and closes the job in the same commit.
 * What it cost more than its estimate is overrun, which counts before new holds. Throws RangeError for what is no
 * amount, and what the store throws: it may be repeated then.
 */
export function bookLateCost(ledger: Ledger, job: Job, actual: number, at: number): "applied" | "repeated" {
	if (!isAmount(actual)) throw new RangeError(`not what a job can cost: ${actual}`);
	const { cache } = ledger;
	const now = cache.advance(at);
	const draft = new LedgerDraft();
	const { charged, overrun } = job;
	for (const ref of job.periods) {
		const account = cache.account(ref.budgetId, ref.endUser);
		const known = account.periods.get(ref.window);
		// What is forgotten counts nowhere any more; a period that only saw holds of 0 was never stored.
		const isStored = known !== undefined && !isUnstored(known);
		if (!isStored && (charged > 0 || actual <= charged + overrun)) continue;
		const period = cache.period(account, ref);
		const next = corrected(draft.of(period), charged, overrun, actual);
		if (next === null) continue;
		draft.set(period, next);
		// Head-room was allowed before it was known that more was spent. Closing it makes that count before new holds.
		if (actual > charged + overrun) for (const each of account.periods.values()) draft.close(each);
		// A team may have covered the overrun with money that it did not have, which must not be held again.
		if (overrun > 0 && actual < charged + overrun) {
			draft.close(period);
			draft.set(period, returned(draft.of(period)));
		}
	}
	draft.record = { kind: "late-cost", id: job.id, at: now, job, actual };
	return cache.commit(draft) === "repeated" ? "repeated" : "applied";
}
