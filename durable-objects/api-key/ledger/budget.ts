// One budget in force: which attempts it covers, its windows, and how far its periods may be raised.
import type { BudgetSpec, SpendScope } from "#core/budget/budget";
import { MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import { matches } from "#core/key/policy";
import { leavesAt, stillCounts, WindowClock } from "#durable-objects/shared/window";
import { type BudgetPeriod, raised, taken } from "./budget-period";
import { ensure, lent, used } from "./counters";
import type { Account, LedgerCache, LedgerDraft } from "./ledger-cache";
import { recent } from "./recent-spend";

/**
 * A period is forgotten once the window after it began this long ago, in milliseconds: it takes no late settlement
 * then.
 */
export const LATE_MS = 86_400_000;

/** By how much the clocks of two objects may differ, in milliseconds. */
export const SKEW_MS = 60_000;

/** A budget in force. */
export class Budget {
	readonly spec: BudgetSpec;
	readonly #clock: WindowClock;

	/**
	 * Throws RangeError for a limit that is no amount or too large, for a zone that does not exist, and for lending per
	 * end user.
	 */
	constructor(spec: BudgetSpec) {
		if (!Number.isSafeInteger(spec.limit) || spec.limit < 0 || spec.limit > MAX_LIMIT_NANO_USD) {
			throw new RangeError(`not a limit in nano-dollars: ${spec.limit}`);
		}
		if (spec.owner === "team" && spec.perEndUser) throw new RangeError("a team lends to keys, not to end users");
		this.spec = spec;
		this.#clock = new WindowClock(spec.window, spec.timeZone);
	}

	covers({ provider, model, operation }: SpendScope): boolean {
		const { providers, models, operations } = this.spec;
		if (operations !== undefined && operation !== undefined && !operations.includes(operation)) return false;
		return matches(providers, provider) && matches(models, model);
	}

	/** The end user that a request counts for here. */
	endUserOf({ endUser }: SpendScope): string {
		return this.spec.perEndUser ? (endUser ?? "") : "";
	}

	/** The period in which new spending counts. */
	currentPeriod(cache: LedgerCache, account: Account, endUser: string, now: number): BudgetPeriod {
		const { start } = this.#clock.at(now);
		return cache.period(account, { budgetId: this.spec.id, endUser, window: start });
	}

	/** The highest W that a commit may leave on the current period, so that the budget holds. */
	ceiling(account: Account, period: BudgetPeriod, now: number): number {
		if (this.spec.owner === "key" && this.spec.action === "warn") return Number.POSITIVE_INFINITY;
		return this.#room(account, period, now);
	}

	/** Whether holds up to `gross` on the period go beyond the limit of a budget that only warns. */
	warns(account: Account, period: BudgetPeriod, gross: number, now: number): boolean {
		return this.spec.action === "warn" && this.spec.owner === "key" && gross > this.#room(account, period, now);
	}

	/**
	 * Raises W to what is needed and a step beyond, as far as there is room. The step is what was held lately, but at
	 * most `maxStep` nano-dollars, because a crash leaves that much unproven. Asserts I1.
	 */
	raise(draft: LedgerDraft, account: Account, period: BudgetPeriod, need: number, maxStep: number, now: number): void {
		const ceiling = this.ceiling(account, period, now);
		const to = Math.min(need + Math.min(recent(account.recentSpend, now), maxStep), ceiling);
		const next = raised(draft.of(period), to);
		ensure(to >= need && used(next.counters) <= this.bound(account, period, now), "I1: used beyond the budget");
		draft.set(period, next);
		// An ended window will not use its head-room any more, and a period that no settlement can reach is forgotten.
		for (const other of account.periods.values()) {
			if (other === period) continue;
			if (this.#isDone(account, other, now)) draft.forgotten.push(other.ref);
			else draft.close(other);
		}
	}

	/** The most that may be used in this period. */
	bound(account: Account, period: BudgetPeriod, now: number): number {
		const { owner, action, limit } = this.spec;
		if (owner === "team") return lent(period.counters);
		if (action === "warn") return Number.POSITIVE_INFINITY;
		return limit + this.#adjusted(account, now) - this.#usedBeside(account, period, now);
	}

	/** The periods that count at `now`: one, or the parts of a rolling window. */
	counting(account: Account, now: number): BudgetPeriod[] {
		const { window } = this.spec;
		if (typeof window === "object") {
			return [...account.periods.values()].filter(({ ref }) => stillCounts(ref.window, window.rollingSeconds, now));
		}
		const period = account.periods.get(this.#clock.at(now).start);
		return period === undefined ? [] : [period];
	}

	/** The limit with what admins added to it. */
	limitAt(account: Account, now: number): number {
		return Math.max(0, this.spec.limit + this.#adjusted(account, now));
	}

	/** When `amount` more fits at the latest, in milliseconds since the epoch; null when never. */
	resetsAt(account: Account, amount: number, now: number): number | null {
		const { window } = this.spec;
		if (typeof window !== "object") return this.#clock.at(now).end;
		const limit = this.limitAt(account, now);
		const periods = this.counting(account, now).sort((a, b) => a.ref.window - b.ref.window);
		let sum = periods.reduce((total, period) => total + taken(period), 0);
		for (const period of periods) {
			sum -= taken(period);
			if (sum + amount <= limit) return leavesAt(period.ref.window, window.rollingSeconds);
		}
		return null;
	}

	/**
	 * The start of the first window that is not forgotten yet at `now`, and when all periods of now are; null for a
	 * budget whose window never ends.
	 */
	past(now: number): { readonly before: number; readonly againAt: number | null } {
		const { window, timeZone } = this.spec;
		if (window === "total") return { before: 0, againAt: null };
		if (typeof window === "object") {
			const left = now - SKEW_MS - leavesAt(0, window.rollingSeconds);
			return { before: left + 1, againAt: leavesAt(this.#clock.at(now).start, window.rollingSeconds) + SKEW_MS };
		}
		const late = new WindowClock(window, timeZone).at(now - LATE_MS);
		return { before: late.start, againAt: late.end === null ? null : late.end + LATE_MS };
	}

	#room(account: Account, period: BudgetPeriod, now: number): number {
		const { credited, forgiven, overrun, granted, returned } = period.counters;
		const back = credited + forgiven - overrun;
		if (this.spec.owner === "team") return granted - returned + back;
		return this.spec.limit + this.#adjusted(account, now) - this.#usedBeside(account, period, now) + back;
	}

	#adjusted(account: Account, now: number): number {
		return this.counting(account, now).reduce((sum, { counters }) => sum + counters.adjusted, 0);
	}

	/** Only a rolling budget counts more than the current period. A raise closes the head-room of the others. */
	#usedBeside(account: Account, period: BudgetPeriod, now: number): number {
		if (typeof this.spec.window !== "object") return 0;
		let sum = 0;
		for (const other of this.counting(account, now)) if (other !== period) sum += taken(other);
		return sum;
	}

	#isDone(account: Account, period: BudgetPeriod, now: number): boolean {
		const { window } = this.spec;
		// The team's clock may be behind, so what the team still counts is kept.
		if (typeof window === "object") return !stillCounts(period.ref.window, window.rollingSeconds, now - SKEW_MS);
		for (const start of account.periods.keys()) {
			if (start > period.ref.window && start + LATE_MS <= now) return true;
		}
		return false;
	}
}
