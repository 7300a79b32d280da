// A team's budget as the parts of a bar, and until when it lasts.
import type { TeamBudget } from "~/api/types";
import type { BudgetAmounts } from "~/screens/budgets/budget-bar";

type Budget = TeamBudget["budgets"][number];

const DAY_MS = 86_400_000;

/** What a team has lent to its keys holds what they settled of it: a bar shows the rest as lent. */
export function amountsOf(budget: Budget): BudgetAmounts {
	const settled = Number(budget.settled_usd);
	return {
		limit: Number(budget.limit_usd),
		settled,
		lent: Math.max(0, Number(budget.lent_usd) - settled),
		overrun: Number(budget.overrun_usd),
	};
}

/**
 * When the budget is used up if it goes on being spent as since its window began: an instant in milliseconds since the
 * epoch, "lasts" where it resets before that, null where nothing can be told (nothing spent, no end of the window).
 */
export function usedUpAt(budget: Budget, now: number): number | "lasts" | null {
	const settled = Number(budget.settled_usd);
	const left = Number(budget.limit_usd) - settled;
	if (budget.resets_at === null || typeof budget.window !== "string" || budget.window === "total") return null;
	const end = Date.parse(budget.resets_at);
	const elapsed = now - startOf(budget.window, end);
	if (settled <= 0 || left <= 0 || elapsed <= 0) return null;
	const at = now + (left / settled) * elapsed;
	return at < end ? at : "lasts";
}

function startOf(window: "day" | "week" | "month", end: number): number {
	if (window === "day") return end - DAY_MS;
	if (window === "week") return end - 7 * DAY_MS;
	const start = new Date(end);
	start.setUTCMonth(start.getUTCMonth() - 1);
	return start.getTime();
}
