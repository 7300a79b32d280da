// A team's budget as the parts of a bar.
import type { TeamBudget } from "~/api/types";
import type { BudgetAmounts } from "~/ui/budget-bar";

/** What a team has lent to its keys holds what they settled of it: a bar shows the rest as lent. */
export function amountsOf(budget: TeamBudget["budgets"][number]): BudgetAmounts {
	const settled = Number(budget.settled_usd);
	return {
		limit: Number(budget.limit_usd),
		settled,
		lent: Math.max(0, Number(budget.lent_usd) - settled),
		overrun: Number(budget.overrun_usd),
	};
}
