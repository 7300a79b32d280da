// What a budget is, what counts against it, and what names and proves money that is held.
import type { OperationName } from "#core/operation-name";

/** The period a budget counts over: calendar periods in the budget's zone, everything, or the last `rollingSeconds`. */
export type BudgetWindow = "day" | "week" | "month" | "total" | { readonly rollingSeconds: number };

/** No budget may be larger, in nano-dollars: four million dollars, so that sums of two stay exact integers. */
export const MAX_LIMIT_NANO_USD = 4_000_000_000_000_000;

/**
 * One budget as it binds a key. Its window, zone, owner and `perEndUser` are fixed for the life of its id: a budget
 * that counts differently is another budget, because what was counted cannot be recounted.
 */
export interface BudgetSpec {
	readonly id: string;
	/** What people call it. */
	readonly name?: string;
	/** Nano-dollars, a safe integer of at most `MAX_LIMIT_NANO_USD`. */
	readonly limit: number;
	readonly window: BudgetWindow;
	/** IANA zone of the calendar periods, such as "Asia/Shanghai"; without meaning for the others. */
	readonly timeZone: string;
	/** Whose money: the key's own, or lent by its team, which then decides how much of the limit this key holds. */
	readonly owner: "key" | "team";
	/** `warn` never refuses. */
	readonly action: "block" | "warn";
	/** Counts each end user of the key apart; requests that name none count as one user together. */
	readonly perEndUser: boolean;
	/** Patterns over `provider/model`; absent, all models count. */
	readonly models?: readonly string[];
	/** Patterns over provider names; absent, all providers count. */
	readonly providers?: readonly string[];
	/** Absent, all operations count. */
	readonly operations?: readonly OperationName[];
}

/** What an attempt is about, as far as budgets ask. */
export interface SpendScope {
	readonly provider: string;
	/** As `provider/model`. */
	readonly model: string;
	/** Null when the request names none. */
	readonly endUser: string | null;
	/** Absent from a Worker of an earlier release: then it counts for whatever operation a budget names. */
	readonly operation?: OperationName;
}

/** Names one line of counters: a budget, one end user of it ("" where all count together), one window. */
export interface PeriodRef {
	readonly budgetId: string;
	readonly endUser: string;
	/** Start of the window in milliseconds since the epoch; 0 for `total`. */
	readonly window: number;
}

/** Proof of an admitted hold. The Worker keeps it and gives it back once, with what the attempt really cost. */
export interface HoldToken {
	readonly attemptId: string;
	/** Nano-dollars. */
	readonly amount: number;
	/** The lines that carry the hold: it settles where it was admitted, whatever the time by then. */
	readonly lines: readonly PeriodRef[];
}
