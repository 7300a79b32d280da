import type { PeriodRef } from "#core/budget/budget";
import { type BudgetPeriod, granted, isUnstored, returned, taken } from "#durable-objects/api-key/ledger/budget-period";
import { lent, used } from "#durable-objects/api-key/ledger/counters";
import type { Lacking, Ledger } from "#durable-objects/api-key/ledger/ledger";
import { type Account, LedgerDraft } from "#durable-objects/api-key/ledger/ledger-cache";
import { recent } from "#durable-objects/api-key/ledger/recent-spend";
import type { LeaseReply, LeaseReport } from "#durable-objects/shared/lease-messages";

/**
 * A key's side of the money that its team lends. It asks before it runs dry, sized by what it held lately; it gives back
 * what it does not use, and records that before it says so. Nothing here waits: the caller carries the messages.
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
		const { book } = this.#ledger;
		const now = book.advance(at);
		return this.#asking(
			money.map(({ line: ref, amount }) => {
				const account = book.account(ref.budgetId, ref.endUser);
				return [account, book.line(account, ref), amount];
			}),
			now,
		);
	}

	/** What to ask for before it is needed: where less is left than was held lately. Empty on most calls. */
	askAhead(at: number): LeaseReport[] {
		const now = this.#ledger.book.advance(at);
		const short = this.#lent(now).flatMap(([account, line, isCurrent]): [Account, BudgetPeriod, number][] => {
			const pace = recent(account.pace, now);
			const left = lent(line.counters) - taken(line);
			return isCurrent && left < pace ? [[account, line, pace]] : [];
		});
		return this.#asking(short, now);
	}

	/**
	 * Reports that ask. Lines are stored before the first ask for them, so that every later copy knows where an answer may
	 * have been lost. What the parts of a rolling window before this one do not use goes back first: it may be all there is.
	 */
	#asking(lacking: readonly (readonly [Account, BudgetPeriod, number])[], now: number): LeaseReport[] {
		if (lacking.length === 0) return [];
		const past = this.#lent(now).filter(([, line, isCurrent]) => !isCurrent && lent(line.counters) > taken(line));
		const draft = new LedgerDraft();
		for (const [, line] of past) drop(draft, line);
		for (const [, line] of lacking) if (isUnstored(line)) draft.set(line, granted(line, 0));
		this.#ledger.book.commit(draft);
		return [
			...past.map(([account, line]) => this.#report(account, line, 0, now)),
			...lacking.map(([account, line, amount]) => this.#report(account, line, amount, now)),
		];
	}

	/** Takes over an answer of the team, stored before it is used. Answers may come late, twice, or out of order. */
	take(reply: LeaseReply, at: number): void {
		this.#order = Math.max(this.#order, reply.heard);
		const { book, budgets } = this.#ledger;
		const budget = budgets.find(({ spec }) => spec.id === reply.budgetId && spec.owner === "team");
		if (budget === undefined) return;
		const account = book.account(reply.budgetId, "");
		// A line of this window may have been lost with an older copy; one of the past is gone for good.
		budget.currentLine(book, account, "", book.advance(at));
		const line = account.lines.get(reply.window);
		if (line === undefined || reply.granted <= line.counters.granted) return;
		const draft = new LedgerDraft();
		draft.set(line, granted(line, reply.granted));
		book.commit(draft);
	}

	/**
	 * Gives back what is not used: `past` windows only, or everything, for a key that fell idle, was revoked, or is asked
	 * to because another key lacks money. Stored first; the reports may then be lost, and are the same the next time.
	 */
	giveBack(which: "past" | "all", at: number): LeaseReport[] {
		const now = this.#ledger.book.advance(at);
		const lines = this.#lent(now).filter(([, , isCurrent]) => which === "all" || !isCurrent);
		const draft = new LedgerDraft();
		for (const [, line] of lines) drop(draft, line);
		this.#ledger.book.commit(draft);
		return lines.map(([account, line]) => this.#report(account, line, 0, now));
	}

	/** What was spent, as far as this copy knows. */
	report(at: number): LeaseReport[] {
		const now = this.#ledger.book.advance(at);
		return this.#lent(now).map(([account, line]) => this.#report(account, line, 0, now));
	}

	/** Gives back what is not used of the current lines that are doubted, without a word to the team yet. */
	giveBackDoubted(isDoubted: (line: PeriodRef) => boolean, at: number): void {
		const { book, budgets } = this.#ledger;
		const now = book.advance(at);
		const draft = new LedgerDraft();
		for (const budget of budgets) {
			if (budget.spec.owner !== "team") continue;
			const line = budget.currentLine(book, book.account(budget.spec.id, ""), "", now);
			if (isDoubted(line.ref)) drop(draft, line);
		}
		book.commit(draft);
	}

	/** All lines of team money in memory, and whether each is of the current window. */
	#lent(now: number): [Account, BudgetPeriod, boolean][] {
		const { book, budgets } = this.#ledger;
		return budgets
			.filter(({ spec }) => spec.owner === "team")
			.flatMap((budget) => {
				const account = book.account(budget.spec.id, "");
				const current = budget.currentLine(book, account, "", now);
				return [...account.lines.values()].map((line): [Account, BudgetPeriod, boolean] => [
					account,
					line,
					line === current,
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
			wanted: lacking === 0 ? 0 : counters.granted + Math.max(lacking, 2 * recent(account.pace, now)),
			owed: counters.returned + used(counters),
			returned: counters.returned,
			settled: counters.settled,
			overrun: counters.overrun,
		};
	}
}

/** Gives back what is not used of a line. */
function drop(draft: LedgerDraft, line: BudgetPeriod): void {
	draft.close(line);
	const next = returned(draft.of(line));
	if (next.counters.returned > line.counters.returned) draft.set(line, next);
}
