import { MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import type { BudgetChange, BudgetChanged } from "#core/budget/budget-status";
import { adjust, type Corrected, writeOff } from "./corrections";
import type { Ledger } from "./ledger";

/** Carries out what an admin changes on a budget's money. */
export function change(
	ledger: Ledger,
	store: { hasRecord(id: string): boolean },
	wanted: BudgetChange,
	now: number,
): BudgetChanged {
	const { id, budgetId, endUser = "", kind, amount, reason } = wanted;
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
	return { outcome: SAID[kind === "adjustment" ? adjust(ledger, correction, now) : writeOff(ledger, correction, now)] };
}

const SAID: Record<Corrected, "applied" | "repeated" | "no such budget"> = {
	corrected: "applied",
	repeated: "repeated",
	"no such budget": "no such budget",
};
