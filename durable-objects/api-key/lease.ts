import type { LeaseReply, LeaseReport } from "../shared/lease-messages";
import { type Account, Draft } from "./book";
import { lent, used } from "./counters";
import type { Lacking, Ledger } from "./ledger";
import { granted, type Line, returned, taken } from "./line";
import { recent } from "./pacing";

/**
 * A key's side of the money that its team lends. It asks before it runs dry, sized by what it held lately; it gives back
 * what it does not use, and records that before it says so. Nothing here waits: the caller carries the messages.
 */
export class Lease {
	readonly #ledger: Ledger;
	readonly #keyId: string;

	constructor(ledger: Ledger, keyId: string) {
		this.#ledger = ledger;
		this.#keyId = keyId;
	}

	/** What to ask the team for, so that a hold fits which `reserve` found lacking. Asking again asks for no more. */
	ask(money: readonly Lacking[], at: number): LeaseReport[] {
		const now = this.#ledger.book.advance(at);
		return money.map(({ line: ref, amount }) => {
			const account = this.#ledger.book.account(ref.budgetId, ref.endUser);
			const line = this.#ledger.book.line(account, ref);
			return this.#report(account, line, amount, now);
		});
	}

	/** What to ask for before it is needed: where less is left than was held lately. Empty on most calls. */
	askAhead(at: number): LeaseReport[] {
		const now = this.#ledger.book.advance(at);
		return this.#lent(now).flatMap(([account, line, isCurrent]) => {
			const pace = recent(account.pace, now);
			const left = lent(line.counters) - taken(line);
			return isCurrent && left < pace ? [this.#report(account, line, pace, now)] : [];
		});
	}

	/** Takes over an answer of the team, stored before it is used. Answers may come late, twice, or out of order. */
	take(reply: LeaseReply, at: number): void {
		const { book, budgets } = this.#ledger;
		const budget = budgets.find(({ spec }) => spec.id === reply.budgetId && spec.owner === "team");
		if (budget === undefined) return;
		const account = book.account(reply.budgetId, "");
		// A line of this window may have been lost with an older copy; one of the past is gone for good.
		budget.currentLine(book, account, "", book.advance(at));
		const line = account.lines.get(reply.window);
		if (line === undefined || reply.granted <= line.counters.granted) return;
		const draft = new Draft();
		draft.set(line, granted(line, reply.granted));
		book.commit(draft);
	}

	/**
	 * Gives back what is not used: `past` windows only, or everything, for a key that fell idle, was revoked, or is asked
	 * to because another key lacks money. Stored first; the reports may then be lost, and are the same the next time.
	 */
	giveBack(which: "past" | "all", at: number): LeaseReport[] {
		const now = this.#ledger.book.advance(at);
		const draft = new Draft();
		const lines = this.#lent(now).filter(([, , isCurrent]) => which === "all" || !isCurrent);
		for (const [, line] of lines) {
			draft.close(line);
			const next = returned(draft.of(line));
			if (next.counters.returned > line.counters.returned) draft.set(line, next);
		}
		this.#ledger.book.commit(draft);
		return lines.map(([account, line]) => this.#report(account, line, 0, now));
	}

	/** All lines of team money in memory, and whether each is of the current window. */
	#lent(now: number): [Account, Line, boolean][] {
		const { book, budgets } = this.#ledger;
		return budgets
			.filter(({ spec }) => spec.owner === "team")
			.flatMap((budget) => {
				const account = book.account(budget.spec.id, "");
				const current = budget.currentLine(book, account, "", now);
				return [...account.lines.values()].map((line): [Account, Line, boolean] => [account, line, line === current]);
			});
	}

	#report(account: Account, { ref, counters }: Line, lacking: number, now: number): LeaseReport {
		return {
			keyId: this.#keyId,
			budgetId: ref.budgetId,
			window: ref.window,
			least: lacking === 0 ? 0 : counters.granted + lacking,
			wanted: lacking === 0 ? 0 : counters.granted + Math.max(lacking, 2 * recent(account.pace, now)),
			owed: counters.returned + used(counters),
			returned: counters.returned,
			settled: counters.settled,
			overrun: counters.overrun,
		};
	}
}
