// What the admin sees of a key's budgets.
import type { BudgetState } from "#core/budget/budget-status";
import type { TeamExchange } from "#durable-objects/api-key/lease/team-exchange";
import type { Ledger } from "#durable-objects/api-key/ledger/ledger";
import type { BudgetStatus } from "#durable-objects/api-key/ledger/status";

/** How many end users of one budget are read: more would not fit in memory at once. */
const END_USERS = 1_000;

/** The figures of all budgets of a key at `now`, in milliseconds since the epoch. */
export function budgetReports(
	ledger: Ledger,
	store: { endUsers(budgetId: string, most: number): readonly string[] },
	exchange: TeamExchange,
	now: number,
): BudgetState[] {
	return ledger.budgets.map(({ spec }) => {
		const users = spec.perEndUser ? store.endUsers(spec.id, END_USERS) : [""];
		const all = users.flatMap((user) => ledger.status(spec.id, user, now) ?? []);
		const sum = (of: (status: BudgetStatus) => number): number => all.reduce((total, each) => total + of(each), 0);
		const [first] = all;
		const unlent = spec.owner === "team" ? (exchange.lastLoan(spec.id)?.remaining ?? 0) : 0;
		return {
			budget: spec.perEndUser || first === undefined ? spec : { ...spec, limit: first.limit },
			settled: sum(({ settled }) => settled),
			reserved: sum(({ reserved }) => reserved),
			unproven: sum(({ unproven }) => unproven),
			overrun: sum(({ overrun }) => overrun),
			lent: sum(({ lent }) => lent),
			// With several end users: the least that any of them has left.
			remaining:
				all.reduce((least, { remaining }) => Math.min(least, remaining), first?.remaining ?? spec.limit) + unlent,
			resetsAt: first?.resetsAt ?? null,
		};
	});
}
