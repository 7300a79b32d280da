// The memory of one copy of the key's object in front of the stored ledger, and drafts of changes to it.
import type { PeriodRef } from "#core/budget/budget";
import { type BudgetPeriod, closed, headRoom, type NextPeriod } from "./budget-period";
import { NOTHING } from "./counters";
import type { LedgerRecord, LedgerStore } from "./ledger-store";
import type { OpenHold } from "./open-holds";
import { newRecentSpend, type RecentSpend } from "./recent-spend";

/** A budget, or one end user of it, as one copy of the object knows it. */
export interface Account {
	/** By the start of the window. */
	readonly periods: Map<number, BudgetPeriod>;
	readonly recentSpend: RecentSpend;
}

/**
 * All that one copy of the object keeps in memory, as plain data. Losing it is always safe. Its size is bounded by open
 * holds, windows that still count, and `MAX_END_USERS`; never by past requests.
 */
export interface LedgerMemory {
	/** By budget, then by end user, the end user that was used last at the end. */
	readonly accounts: Map<string, Map<string, Account>>;
	readonly open: Map<string, OpenHold>;
	/** The latest time seen: windows never run backwards, whatever the host's clock does. */
	latest: number;
}

export function newLedgerMemory(): LedgerMemory {
	return { accounts: new Map(), open: new Map(), latest: 0 };
}

/** How many end users of one budget are kept in memory; the others are read again when they come back. */
const MAX_END_USERS = 1_000;

/** A change in the making: nothing of it is true before its commit. */
export class LedgerDraft {
	readonly periods = new Map<BudgetPeriod, NextPeriod>();
	readonly forgotten: PeriodRef[] = [];
	record: LedgerRecord | null = null;

	/** A period as this change leaves it so far. */
	of(period: BudgetPeriod): NextPeriod {
		return this.periods.get(period) ?? period;
	}

	set(period: BudgetPeriod, next: NextPeriod): void {
		this.periods.set(period, next);
	}

	/** Gives up head-room, where there is any. */
	close(period: BudgetPeriod): void {
		const next = this.of(period);
		if (headRoom(next) > 0) this.set(period, closed(next));
	}

	get isEmpty(): boolean {
		return this.periods.size === 0 && this.forgotten.length === 0 && this.record === null;
	}
}

/** The periods that a copy of the object works on: read when first needed, and changed only after a commit. */
export class LedgerCache {
	readonly memory: LedgerMemory;
	readonly #store: LedgerStore;

	constructor(store: LedgerStore, memory: LedgerMemory) {
		this.#store = store;
		this.memory = memory;
	}

	/** Takes the time of an event; returns the time that counts, which never runs backwards. */
	advance(now: number): number {
		this.memory.latest = Math.max(this.memory.latest, now);
		return this.memory.latest;
	}

	account(budgetId: string, endUser: string): Account {
		let users = this.memory.accounts.get(budgetId);
		if (users === undefined) {
			users = new Map();
			this.memory.accounts.set(budgetId, users);
		}
		let account = users.get(endUser);
		if (account === undefined) {
			if (users.size >= MAX_END_USERS) this.#evict(users);
			account = this.#load(budgetId, endUser);
		} else if (endUser !== "") users.delete(endUser);
		if (endUser !== "" || !users.has(endUser)) users.set(endUser, account);
		return account;
	}

	/** The period of the window that starts at `ref.window`; a new one is stored by the commit that first raises it. */
	period(account: Account, ref: PeriodRef): BudgetPeriod {
		let period = account.periods.get(ref.window);
		if (period === undefined) {
			period = { ref, counters: NOTHING, gross: 0 };
			account.periods.set(ref.window, period);
		}
		return period;
	}

	/**
	 * Makes a draft true, first in the store, then in memory. When the store throws, the commit may or may not have
	 * happened, so this copy forgets its periods and reads them again as a fresh copy would: with everything allowed
	 * counted as used.
	 */
	commit(draft: LedgerDraft): "committed" | "repeated" {
		if (draft.isEmpty) return "committed";
		const periods = [...draft.periods].map(([{ ref }, { counters }]) => ({ ref, counters }));
		let outcome: "committed" | "repeated";
		try {
			outcome = this.#store.commit({ periods: periods, forgotten: draft.forgotten, record: draft.record });
		} catch (error) {
			this.memory.accounts.clear();
			throw error;
		}
		if (outcome === "repeated") return outcome;
		for (const [period, { counters, gross }] of draft.periods) {
			period.counters = counters;
			period.gross = gross;
		}
		for (const { budgetId, endUser, window } of draft.forgotten) {
			this.memory.accounts.get(budgetId)?.get(endUser)?.periods.delete(window);
		}
		return outcome;
	}

	/** Has the store forget periods, and forgets them here: what is in memory only goes with what is stored. */
	forget<Result>(inStore: () => Result, isForgotten: (ref: PeriodRef) => boolean): Result {
		let result: Result;
		try {
			result = inStore();
		} catch (error) {
			this.memory.accounts.clear();
			throw error;
		}
		for (const [budgetId, users] of this.memory.accounts) {
			for (const [endUser, { periods }] of users) {
				for (const [window, { ref }] of periods) if (isForgotten(ref)) periods.delete(window);
				if (periods.size === 0) users.delete(endUser);
			}
			if (users.size === 0) this.memory.accounts.delete(budgetId);
		}
		return result;
	}

	/** A fresh copy begins with gross = W: all that an earlier copy was allowed counts as admitted. */
	#load(budgetId: string, endUser: string): Account {
		const periods = new Map<number, BudgetPeriod>();
		for (const { ref, counters } of this.#store.load(budgetId, endUser)) {
			periods.set(ref.window, { ref, counters, gross: counters.allowed });
			this.advance(ref.window);
		}
		return { periods, recentSpend: newRecentSpend() };
	}

	/** Drops the end user that was used longest ago, and closes its head-room, which would else count as used. */
	#evict(users: Map<string, Account>): void {
		for (const [endUser, account] of users) {
			const draft = new LedgerDraft();
			for (const period of account.periods.values()) draft.close(period);
			this.commit(draft);
			users.delete(endUser);
			return;
		}
	}
}
