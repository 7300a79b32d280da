// The ledger's reference: a list of bookings and sums over it.
import type { BudgetSpec, HoldToken, SpendScope } from "#core/budget/budget";
import { matches } from "#core/key/policy";
import { partLength, WindowClock } from "#durable-objects/shared/window";

/**
 * What a ledger must amount to: a list of what was booked, and sums over it. Slow, plain, without counters or copies.
 */
export class LedgerModel {
	budgets: BudgetSpec[] = [];
	/** One entry per attempt and budget that covers it; `amount` is the hold until it settles. */
	readonly entries: { attemptId: string; budgetId: string; endUser: string; window: number; amount: number }[] = [];

	readonly #clocks = new Map<string, WindowClock>();

	static userOf(budget: BudgetSpec, scope: SpendScope): string {
		return budget.perEndUser ? (scope.endUser ?? "") : "";
	}

	covering(scope: SpendScope): BudgetSpec[] {
		return this.budgets.filter(
			(b) =>
				matches(b.models, scope.model) &&
				matches(b.providers, scope.provider) &&
				(scope.operation === undefined || b.operations?.includes(scope.operation) !== false),
		);
	}

	windowOf({ id, window, timeZone }: BudgetSpec, now: number): number {
		const clock = this.#clocks.get(id) ?? new WindowClock(window, timeZone);
		this.#clocks.set(id, clock);
		return clock.at(now).start;
	}

	used(budget: BudgetSpec, endUser: string, now: number): number {
		const { window, id } = budget;
		const from = typeof window === "object" ? now - window.rollingSeconds * 1000 : null;
		const start = this.windowOf(budget, now);
		return this.entries
			.filter((entry) => entry.budgetId === id && entry.endUser === endUser)
			.filter((e) =>
				typeof window !== "object" ? e.window === start : e.window + partLength(window.rollingSeconds) > Number(from),
			)
			.reduce((sum, { amount }) => sum + amount, 0);
	}

	fits(amount: number, scope: SpendScope, now: number): boolean {
		return this.covering(scope).every(
			(b) => amount === 0 || b.action === "warn" || this.used(b, LedgerModel.userOf(b, scope), now) + amount <= b.limit,
		);
	}

	hold(attemptId: string, amount: number, scope: SpendScope, now: number): void {
		for (const b of this.covering(scope)) {
			const window = this.windowOf(b, now);
			this.entries.push({ attemptId, budgetId: b.id, endUser: LedgerModel.userOf(b, scope), window, amount });
		}
	}

	settle(token: Pick<HoldToken, "attemptId">, cost: number): void {
		for (const entry of this.entries) if (entry.attemptId === token.attemptId) entry.amount = cost;
	}
}
