// The state of budgets, as objects report it and admins change it.
import type { KeyId, TeamId } from "#core/ids";
import type { BudgetSpec } from "./budget";
import type { KeyLimits, LimitFigures } from "./limits";

/** A key's budget in the current window, in nano-dollars. */
export interface BudgetAmounts {
	/** Charged by settlements, up to their holds. */
	readonly settled: number;
	/** Kept by open holds. */
	readonly reserved: number;
	/**
	 * Charged by holds that nothing proved: their Worker or their copy of the object died, or their settlement has not
	 * come yet.
	 */
	readonly unproven: number;
	/** Charged beyond holds. */
	readonly overrun: number;
	/** What the team has lent to this key, spent or not; 0 for the key's own money. */
	readonly lent: number;
	/** Free for new holds. Never negative. */
	readonly remaining: number;
	/** End of the window in milliseconds since the epoch; of a rolling one, when something leaves it; null when never. */
	readonly resetsAt: number | null;
}

/** One budget of a key in the current window. */
export interface BudgetState extends BudgetAmounts {
	readonly budget: BudgetSpec;
}

/** What a key's object says of its money and limits. A budget that counts end users apart stands for all of them. */
export interface KeyBudgetStatus {
	readonly limits: KeyLimits;
	readonly figures: LimitFigures;
	readonly budgets: readonly BudgetState[];
}

/** What a team's object needs. */
export interface TeamRegistration {
	readonly teamId: TeamId;
	/** Rises with every change of the budgets. */
	readonly version: number;
	readonly budgets: readonly BudgetSpec[];
}

/** A team's budget in the current window, as far as its keys have reported, in nano-dollars. */
export interface TeamBudgetAmounts {
	/** Charged by settlements. */
	readonly settled: number;
	/** In the hands of keys, spent or not. */
	readonly lent: number;
	/** Charged beyond holds. */
	readonly overrun: number;
	/** Free to be lent. Never negative. */
	readonly remaining: number;
	/** As for `BudgetAmounts`. */
	readonly resetsAt: number | null;
}

/** One budget of a team in the current window, as far as the team's object knows. */
export interface TeamBudgetState extends TeamBudgetAmounts {
	readonly budget: BudgetSpec;
	/** `settled` and `overrun` are right as of then at least: nothing that ended before is missing. */
	readonly asOf: number;
	readonly keys: readonly {
		readonly keyId: KeyId;
		readonly lent: number;
		readonly settled: number;
		readonly asOf: number;
	}[];
}

export interface TeamBudgetStatus {
	readonly budgets: readonly TeamBudgetState[];
}

/** What an admin changes on the current window of a budget. Its id makes it happen once, however often it is sent. */
export interface BudgetChange {
	readonly id: string;
	readonly budgetId: string;
	/** One end user of a budget that counts them apart. */
	readonly endUser?: string;
	/** An adjustment adds to the limit, or cuts it where it is negative; a write-off takes back what nothing proved. */
	readonly kind: "adjustment" | "write-off";
	/** Nano-dollars. */
	readonly amount: number;
	readonly reason: string;
	/** Milliseconds since the epoch. */
	readonly at: number;
}

export type BudgetChanged =
	| { readonly outcome: "applied" | "repeated" | "no such budget" }
	/** Not possible as things stand; `most` is how much would be. */
	| { readonly outcome: "too much"; readonly most: number };
