// What teams' and providers' objects ship to D1 for the record.
import type { CellState } from "#core/health/health";

/**
 * By how much a key's part of a team's budget stands, after money moved. Sums since the window began, in nano-dollars.
 */
export interface TeamGrant {
	/** Milliseconds since the epoch. */
	readonly at: number;
	readonly keyId: string;
	readonly budgetId: string;
	/** Start of the budget's window. */
	readonly window: number;
	readonly granted: number;
	readonly returned: number;
	readonly settled: number;
	readonly overrun: number;
}

/** A cell of a provider changed its state, by itself or because an admin said so. */
export interface CircuitTransition {
	/** Milliseconds since the epoch. */
	readonly at: number;
	/** Null: the provider as a whole. */
	readonly credential: string | null;
	/** Null: the credential as a whole. */
	readonly model: string | null;
	readonly from: CellState;
	/** An admin's decision has a word of its own, whatever the cell's state is beneath it. */
	readonly to: CellState | "forced_open" | "forced_closed" | "forced_observe" | "released";
	readonly reason: string;
	/** When it ends by itself; null when it does not, or when the time is unknown. */
	readonly until: number | null;
}
