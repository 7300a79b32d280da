// The budget that clients of other gateways are told of as the balance of a key.
import type { BudgetState } from "#core/budget/budget-status";
import { ownBudgets } from "#gateway/control/budgets";
import type { KeyCall } from "#http/call";

/** The budget with the least left, of those that can refuse; null when there is none. */
export async function tightestBudget({ env, principal }: KeyCall): Promise<BudgetState | null> {
	const { budgets } = await ownBudgets(env, principal.keyId);
	return (
		budgets
			.filter(({ budget }) => budget.action === "block" && !budget.perEndUser)
			.toSorted((a, b) => a.remaining - b.remaining)[0] ?? null
	);
}
