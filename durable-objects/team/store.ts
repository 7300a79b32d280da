// What a team's object stores, and the interface of its store.
import type { TeamGrant } from "#core/usage/history";
import type { NanoUsd } from "#metering/money";

export interface ShareRef {
	readonly budgetId: string;
	/** Start of the window in milliseconds since the epoch. */
	readonly window: number;
	readonly keyId: string;
}

/** What one key was lent of one budget in one window. Every figure only grows. */
export interface Share {
	/** G. Counts as spent until it is returned. */
	readonly granted: NanoUsd;
	/** R. */
	readonly returned: NanoUsd;
	/** As the key reported last, for display. */
	readonly settled: NanoUsd;
	readonly overrun: NanoUsd;
	/** The order of its latest report. */
	readonly heard: number;
}

/** A change of a window's limit by an admin, in nano-dollars; its id makes it happen once. */
export interface Adjustment {
	readonly id: string;
	readonly budgetId: string;
	readonly window: number;
	/** May be negative. */
	readonly amount: number;
	readonly reason: string;
	readonly at: number;
}

export interface StoredBudget {
	readonly shares: readonly { readonly ref: ShareRef; readonly share: Share }[];
	/** The sum of the adjustments of each window that has any. */
	readonly adjusted: readonly { readonly window: number; readonly amount: number }[];
}

export interface TeamChange {
	/** Replace what is stored under their references. */
	readonly shares: StoredBudget["shares"];
	/** Past windows of a budget: their shares go, their adjustments stay as history. */
	readonly forgotten: readonly { readonly budgetId: string; readonly window: number }[];
	readonly adjustment: Adjustment | null;
	/** Goes into D1's history. */
	readonly grants: readonly TeamGrant[];
}

/** Where the team's object keeps what it lent; synchronous, and throwing as `LedgerStore` does. */
export interface TeamStore {
	load(budgetId: string): StoredBudget;
	/** All or nothing. Changes nothing and says `repeated` when an adjustment of that id is already stored. */
	commit(change: TeamChange): "committed" | "repeated";
	/** Deletes the shares of all budgets but these. */
	forgetAllBut(budgetIds: readonly string[]): void;
}
