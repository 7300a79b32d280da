// What an admin changes on the money of a key's budget: adjustments of the limit, and write-offs of unproven charges.
import { MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import type { BudgetChange, BudgetChanged } from "#core/budget/budget-status";
import type { Budget } from "./budget";
import type { BudgetPeriod } from "./budget-period";
import { counters } from "./counters";
import type { Ledger } from "./ledger";
import { LedgerDraft } from "./ledger-cache";
import { statusOf } from "./status";

/**
 * What an admin changes on a budget's current window. Its id makes it happen once, however often the admin sends it.
 */
interface Correction {
	readonly id: string;
	readonly budgetId: string;
	readonly endUser: string;
	/** Nano-dollars. */
	readonly amount: number;
	readonly reason: string;
}

type Corrected = "corrected" | "repeated" | "no such budget";

/** Adds to the limit of the current window, or cuts it where the amount is negative: in force from the next hold on. */
export function adjust(ledger: Ledger, correction: Correction, at: number): Corrected {
	if (!Number.isSafeInteger(correction.amount) || Math.abs(correction.amount) > MAX_LIMIT_NANO_USD) {
		throw new RangeError(`not an adjustment: ${correction.amount}`);
	}
	return recordOnce(ledger, "adjustment", correction, at, (budget, draft, period) => {
		if (budget.spec.owner === "team") throw new RangeError("a team's money is adjusted at the team");
		const adjusted = period.counters.adjusted + correction.amount;
		if (Math.abs(adjusted) > MAX_LIMIT_NANO_USD)
			throw new RangeError(`adjusted beyond what can be counted: ${adjusted}`);
		// Head-room that was allowed under the old limit must not outlive it.
		draft.close(period);
		const { counters: before, gross } = draft.of(period);
		draft.set(period, { counters: counters({ ...before, adjusted }), gross });
	});
}

/**
 * Takes back charges that no settlement ever proved. Throws RangeError when less than the amount is unproven. It rests
 * on the admin's word: a hold whose settlement arrives later is charged after all, in place of the write-off.
 */
export function writeOff(ledger: Ledger, correction: Correction, at: number): Corrected {
	return recordOnce(ledger, "write-off", correction, at, (budget, draft, period) => {
		const account = ledger.cache.account(correction.budgetId, correction.endUser);
		const periods = new Map([[period.ref.window, period]]);
		const { unproven } = statusOf(budget, { ...account, periods }, ledger.cache.memory.open, ledger.cache.advance(at));
		if (!Number.isSafeInteger(correction.amount) || correction.amount < 0 || correction.amount > unproven) {
			throw new RangeError(`only ${unproven} nano-dollars are unproven`);
		}
		const { counters: before, gross } = draft.of(period);
		draft.set(period, { counters: counters({ ...before, forgiven: before.forgiven + correction.amount }), gross });
	});
}

function recordOnce(
	ledger: Ledger,
	kind: "adjustment" | "write-off",
	{ id, budgetId, endUser, amount, reason }: Correction,
	at: number,
	change: (budget: Budget, draft: LedgerDraft, period: BudgetPeriod) => void,
): Corrected {
	const now = ledger.cache.advance(at);
	const budget = ledger.budgets.find(({ spec }) => spec.id === budgetId);
	if (budget === undefined) return "no such budget";
	const period = budget.currentPeriod(ledger.cache, ledger.cache.account(budgetId, endUser), endUser, now);
	const draft = new LedgerDraft();
	change(budget, draft, period);
	draft.record = { kind, id, at: now, line: period.ref, amount, reason };
	return ledger.cache.commit(draft) === "repeated" ? "repeated" : "corrected";
}

/** Carries out an admin's change of a budget's money, which happens once however often it is sent. */
export function changeBudget(
	ledger: Ledger,
	store: { hasRecord(id: string): boolean },
	request: BudgetChange,
	now: number,
): BudgetChanged {
	const { id, budgetId, endUser = "", kind, amount, reason } = request;
	const status = ledger.status(budgetId, endUser, now);
	const spec = ledger.budgets.find((budget) => budget.spec.id === budgetId)?.spec;
	// A team's money is adjusted at the team.
	if (status === null || spec === undefined || (kind === "adjustment" && spec.owner === "team")) {
		return { outcome: "no such budget" };
	}
	if (store.hasRecord(id)) return { outcome: "repeated" };
	const most = kind === "write-off" ? status.unproven : MAX_LIMIT_NANO_USD - Math.abs(status.limit - spec.limit);
	if (!Number.isSafeInteger(amount) || Math.abs(amount) > most || (kind === "write-off" && amount < 0)) {
		return { outcome: "too much", most };
	}
	const correction = { id, budgetId, endUser, amount, reason };
	return {
		outcome: OUTCOMES[kind === "adjustment" ? adjust(ledger, correction, now) : writeOff(ledger, correction, now)],
	};
}

const OUTCOMES: Record<Corrected, "applied" | "repeated" | "no such budget"> = {
	corrected: "applied",
	repeated: "repeated",
	"no such budget": "no such budget",
};
