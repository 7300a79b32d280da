import type { Account } from "./book";
import type { Budget } from "./budget";
import { lent } from "./counters";
import { taken, unsettled } from "./line";
import { heldOn, type OpenHold } from "./open-holds";

/** How a budget stands in the window of now, in nano-dollars. */
export interface BudgetStatus {
	readonly budgetId: string;
	/** With what admins added. */
	readonly limit: number;
	/** Charged by settlements, overrun not included. */
	readonly settled: number;
	/** Kept by open holds. */
	readonly reserved: number;
	/** Charged by holds that nothing proved: their Worker or their copy of the object died, or the truth is still to come. */
	readonly unproven: number;
	/** Charged beyond holds. */
	readonly overrun: number;
	/** What the team has lent to this key, spent or not; 0 for the key's own money. */
	readonly lent: number;
	/** Free for new holds. Never negative. */
	readonly remaining: number;
	/** End of the window in milliseconds since the epoch; for a rolling budget, when something leaves it; null when never. */
	readonly resetsAt: number | null;
}

export function statusOf(
	budget: Budget,
	account: Account,
	open: ReadonlyMap<string, OpenHold>,
	now: number,
): BudgetStatus {
	let [settled, reserved, unproven, overrun, given, spent] = [0, 0, 0, 0, 0, 0];
	for (const line of budget.counting(account, now)) {
		const held = heldOn(open, line.ref);
		settled += line.counters.settled;
		reserved += held;
		unproven += unsettled(line) - line.counters.forgiven - held;
		overrun += line.counters.overrun;
		given += lent(line.counters);
		spent += taken(line);
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
