import { MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import type { Budget } from "./budget";
import type { BudgetPeriod } from "./budget-period";
import { counters } from "./counters";
import type { Ledger } from "./ledger";
import { LedgerDraft } from "./ledger-cache";
import { statusOf } from "./status";

/** What an admin changes on a budget's current window. Its id makes it happen once, however often it is sent. */
export interface Correction {
	readonly id: string;
	readonly budgetId: string;
	readonly endUser: string;
	/** Nano-dollars. */
	readonly amount: number;
	readonly reason: string;
}

export type Corrected = "corrected" | "repeated" | "no such budget";

/** Adds to the limit of the current window, or cuts it where the amount is negative: in force from the next hold on. */
export function adjust(ledger: Ledger, correction: Correction, at: number): Corrected {
	if (!Number.isSafeInteger(correction.amount) || Math.abs(correction.amount) > MAX_LIMIT_NANO_USD) {
		throw new RangeError(`not an adjustment: ${correction.amount}`);
	}
	return correct(ledger, "adjustment", correction, at, (budget, draft, line) => {
		if (budget.spec.owner === "team") throw new RangeError("a team's money is adjusted at the team");
		const adjusted = line.counters.adjusted + correction.amount;
		if (Math.abs(adjusted) > MAX_LIMIT_NANO_USD)
			throw new RangeError(`adjusted beyond what can be counted: ${adjusted}`);
		// What was allowed under the old limit must not outlive it.
		draft.close(line);
		const { counters: before, gross } = draft.of(line);
		draft.set(line, { counters: counters({ ...before, adjusted }), gross });
	});
}

/**
 * Takes back charges that nothing ever proved. Throws RangeError when they are less than that. It rests on the admin's
 * word: a hold whose truth arrives later is charged after all, in place of the write-off.
 */
export function writeOff(ledger: Ledger, correction: Correction, at: number): Corrected {
	return correct(ledger, "write-off", correction, at, (budget, draft, line) => {
		const account = ledger.book.account(correction.budgetId, correction.endUser);
		const lines = new Map([[line.ref.window, line]]);
		const { unproven } = statusOf(budget, { ...account, lines }, ledger.book.memory.open, ledger.book.advance(at));
		if (!Number.isSafeInteger(correction.amount) || correction.amount < 0 || correction.amount > unproven) {
			throw new RangeError(`only ${unproven} nano-dollars are unproven`);
		}
		const { counters: before, gross } = draft.of(line);
		draft.set(line, { counters: counters({ ...before, forgiven: before.forgiven + correction.amount }), gross });
	});
}

function correct(
	ledger: Ledger,
	kind: "adjustment" | "write-off",
	{ id, budgetId, endUser, amount, reason }: Correction,
	at: number,
	change: (budget: Budget, draft: LedgerDraft, line: BudgetPeriod) => void,
): Corrected {
	const now = ledger.book.advance(at);
	const budget = ledger.budgets.find(({ spec }) => spec.id === budgetId);
	if (budget === undefined) return "no such budget";
	const line = budget.currentLine(ledger.book, ledger.book.account(budgetId, endUser), endUser, now);
	const draft = new LedgerDraft();
	change(budget, draft, line);
	draft.record = { kind, id, at: now, line: line.ref, amount, reason };
	return ledger.book.commit(draft) === "repeated" ? "repeated" : "corrected";
}
