// The figures of one budget in its current window.
import type { BudgetAmounts } from "#core/budget/budget-status";
import type { Budget } from "./budget";
import { taken, unsettled } from "./budget-period";
import { lent } from "./counters";
import type { Account } from "./ledger-cache";
import { heldOn, type OpenHold } from "./open-holds";

export interface BudgetStatus extends BudgetAmounts {
	readonly budgetId: string;
	/** In nano-dollars, with what admins added. */
	readonly limit: number;
}

export function statusOf(
	budget: Budget,
	account: Account,
	open: ReadonlyMap<string, OpenHold>,
	now: number,
): BudgetStatus {
	let [settled, reserved, unproven, overrun, given, spent] = [0, 0, 0, 0, 0, 0];
	for (const period of budget.counting(account, now)) {
		const held = heldOn(open, period.ref);
		settled += period.counters.settled;
		reserved += held;
		unproven += unsettled(period) - period.counters.forgiven - held;
		overrun += period.counters.overrun;
		given += lent(period.counters);
		spent += taken(period);
	}
	const limit = budget.limitAt(account, now);
	const there = budget.spec.owner === "team" ? given : limit;
	return {
		budgetId: budget.spec.id,
		limit,
		settled,
		reserved,
		unproven,
		overrun,
		lent: given,
		remaining: Math.max(0, there - spent),
		resetsAt: budget.resetsAt(account, 0, now),
	};
}
