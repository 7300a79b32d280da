/**
 * When periods go that nothing comes for any more: those of end users and budgets that are gone, and all of an idle
 * key.
 */
import { LATE_MS } from "./budget";
import type { Ledger } from "./ledger";

/** Where periods are deleted; both calls are synchronous and throw as `LedgerStore` does. */
export interface PastPeriods {
	/** Deletes a budget's periods whose windows began before a time; returns whether it has others. */
	forgetBefore(budgetId: string, window: number): boolean;
	/** Deletes the periods of all budgets but these. */
	forgetAllBut(budgetIds: readonly string[]): void;
}

/**
 * Forgets the periods of each budget whose window is over and for which no late truth is taken any more; and, a day
 * after the registration in force was made at `registeredAt`, those of budgets that it does not have. Returns when
 * there is more to forget, or null when there never will be without new spending.
 */
export function forgetPast(ledger: Ledger, store: PastPeriods, registeredAt: number, at: number): number | null {
	const { cache } = ledger;
	const now = cache.advance(at);
	let next: number | null = null;
	for (const budget of ledger.budgets) {
		const { before, againAt } = budget.past(now);
		if (againAt === null) continue;
		const hasMore = cache.forget(
			() => store.forgetBefore(budget.spec.id, before),
			({ budgetId, window }) => budgetId === budget.spec.id && window < before,
		);
		if (hasMore) next = Math.min(next ?? againAt, againAt);
	}
	const goneAt = registeredAt + LATE_MS;
	if (now < goneAt) return Math.min(next ?? goneAt, goneAt);
	const ids = ledger.budgets.map(({ spec }) => spec.id);
	cache.forget(
		() => store.forgetAllBut(ids),
		({ budgetId }) => !ids.includes(budgetId),
	);
	return next;
}
