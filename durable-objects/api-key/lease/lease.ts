// The key's side of money that its team lends: how much to ask for, what to give back, and what to report.
import type { PeriodRef } from "#core/budget/budget";
import { type BudgetPeriod, granted, isUnstored, returned, taken } from "#durable-objects/api-key/ledger/budget-period";
import { lent, used } from "#durable-objects/api-key/ledger/counters";
import type { Lacking, Ledger } from "#durable-objects/api-key/ledger/ledger";
import { type Account, LedgerDraft } from "#durable-objects/api-key/ledger/ledger-cache";
import { recent } from "#durable-objects/api-key/ledger/recent-spend";
import type { LeaseReply, LeaseReport } from "#durable-objects/shared/lease-protocol";

/**
 * A key's side of the money that its team lends. It asks before it runs dry, sized by what it held lately; it gives
 * back what it does not use, and records that before it says so. Nothing here waits: the caller carries the messages.
 */
export class Lease {
	readonly #ledger: Ledger;
	readonly #keyId: string;
	/** The order of the latest report that this copy made, or that the team has heard of an earlier one. */
	#order = 0;

	constructor(ledger: Ledger, keyId: string) {
		this.#ledger = ledger;
		this.#keyId = keyId;
	}

	/** What to ask the team for, so that a hold fits which `reserve` found lacking. Asking again asks for no more. */
	ask(money: readonly Lacking[], at: number): LeaseReport[] {
		const { cache } = this.#ledger;
		const now = cache.advance(at);
		return this.#reportsAsking(
			money.map(({ period: ref, amount }) => {
				const account = cache.account(ref.budgetId, ref.endUser);
				return [account, cache.period(account, ref), amount];
			}),
			now,
		);
	}

	/** What to ask for before it is needed: where less is left than was held lately. Empty on most calls. */
	askAhead(at: number): LeaseReport[] {
		const now = this.#ledger.cache.advance(at);
		const runningLow = this.#teamPeriods(now).flatMap(
			([account, period, isCurrent]): [Account, BudgetPeriod, number][] => {
				const recentSpend = recent(account.recentSpend, now);
				const left = lent(period.counters) - taken(period);
				return isCurrent && left < recentSpend ? [[account, period, recentSpend]] : [];
			},
		);
		return this.#reportsAsking(runningLow, now);
	}

	/**
	 * Reports that ask. A period is stored before the first ask for it, so that every later copy of the object knows that
	 * an answer may have been lost. What earlier parts of a rolling window do not use goes back first: the team may have
	 * nothing else to lend.
	 */
	#reportsAsking(lacking: readonly (readonly [Account, BudgetPeriod, number])[], now: number): LeaseReport[] {
		if (lacking.length === 0) return [];
		const past = this.#teamPeriods(now).filter(
			([, period, isCurrent]) => !isCurrent && lent(period.counters) > taken(period),
		);
		const draft = new LedgerDraft();
		for (const [, period] of past) returnUnused(draft, period);
		for (const [, period] of lacking) if (isUnstored(period)) draft.set(period, granted(period, 0));
		this.#ledger.cache.commit(draft);
		return [
			...past.map(([account, period]) => this.#report(account, period, 0, now)),
			...lacking.map(([account, period, amount]) => this.#report(account, period, amount, now)),
		];
	}

	/** Takes over an answer of the team, stored before it is used. Answers may come late, twice, or out of order. */
	take(reply: LeaseReply, at: number): void {
		this.#order = Math.max(this.#order, reply.heard);
		const { cache, budgets } = this.#ledger;
		const budget = budgets.find(({ spec }) => spec.id === reply.budgetId && spec.owner === "team");
		if (budget === undefined) return;
		const account = cache.account(reply.budgetId, "");
		// A period of this window may have been lost with an older copy; one of the past is gone for good.
		budget.currentPeriod(cache, account, "", cache.advance(at));
		const period = account.periods.get(reply.window);
		if (period === undefined || reply.granted <= period.counters.granted) return;
		const draft = new LedgerDraft();
		draft.set(period, granted(period, reply.granted));
		cache.commit(draft);
	}

	/**
	 * Gives back what is not used: `past` windows only, or everything, for a key that fell idle, was revoked, or is asked
	 * to because another key lacks money. This is stored first; a report that is lost is made again with the same
	 * figures.
	 */
	giveBack(which: "past" | "all", at: number): LeaseReport[] {
		const now = this.#ledger.cache.advance(at);
		const periods = this.#teamPeriods(now).filter(([, , isCurrent]) => which === "all" || !isCurrent);
		const draft = new LedgerDraft();
		for (const [, period] of periods) returnUnused(draft, period);
		this.#ledger.cache.commit(draft);
		return periods.map(([account, period]) => this.#report(account, period, 0, now));
	}

	/** What was spent, as far as this copy knows. */
	report(at: number): LeaseReport[] {
		const now = this.#ledger.cache.advance(at);
		return this.#teamPeriods(now).map(([account, period]) => this.#report(account, period, 0, now));
	}

	/** Gives back what is not used of the current periods that are doubted; the next report tells the team. */
	giveBackDoubted(isDoubted: (period: PeriodRef) => boolean, at: number): void {
		const { cache, budgets } = this.#ledger;
		const now = cache.advance(at);
		const draft = new LedgerDraft();
		for (const budget of budgets) {
			if (budget.spec.owner !== "team") continue;
			const period = budget.currentPeriod(cache, cache.account(budget.spec.id, ""), "", now);
			if (isDoubted(period.ref)) returnUnused(draft, period);
		}
		cache.commit(draft);
	}

	/** All periods of team money in memory, and whether each is of the current window. */
	#teamPeriods(now: number): [Account, BudgetPeriod, boolean][] {
		const { cache, budgets } = this.#ledger;
		return budgets
			.filter(({ spec }) => spec.owner === "team")
			.flatMap((budget) => {
				const account = cache.account(budget.spec.id, "");
				const current = budget.currentPeriod(cache, account, "", now);
				return [...account.periods.values()].map((period): [Account, BudgetPeriod, boolean] => [
					account,
					period,
					period === current,
				]);
			});
	}

	#report(account: Account, { ref, counters }: BudgetPeriod, lacking: number, now: number): LeaseReport {
		// Time is what orders the reports of a copy after those of the copies before it.
		this.#order = Math.max(this.#order + 1, now);
		return {
			keyId: this.#keyId,
			budgetId: ref.budgetId,
			window: ref.window,
			order: this.#order,
			least: lacking === 0 ? 0 : counters.granted + lacking,
			wanted: lacking === 0 ? 0 : counters.granted + Math.max(lacking, 2 * recent(account.recentSpend, now)),
			owed: counters.returned + used(counters),
			returned: counters.returned,
			settled: counters.settled,
			overrun: counters.overrun,
		};
	}
}

/** Gives back what is not used of a period. */
function returnUnused(draft: LedgerDraft, period: BudgetPeriod): void {
	draft.close(period);
	const next = returned(draft.of(period));
	if (next.counters.returned > period.counters.returned) draft.set(period, next);
}
