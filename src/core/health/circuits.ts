// What a Worker sends to a provider's object about its circuits, and what the object shows of them.
import type { CellHealth, CellRef, CellState, ForcedState, Outcome } from "./health";

/** Outcomes on their way to a provider's object. */
export interface OutcomeBatch {
	/** A batch that arrives twice counts once. */
	readonly id: string;
	readonly outcomes: readonly Outcome[];
}

/** Which cells an admin means: those of this credential, those of this model; null leaves it open. */
export type CellPattern = CellRef;

/** An admin's decision about cells, whatever outcomes say. Times in milliseconds since the epoch. */
export interface ForceOrder {
	readonly cells: CellPattern;
	readonly state: ForcedState;
	readonly until: number;
	readonly author: string;
	readonly reason: string;
}

export interface ForceDecision extends ForceOrder {
	readonly at: number;
}

/** One cell as an admin sees it. */
export interface Circuit {
	/** What the router goes by, with an admin's decision in it. */
	readonly health: CellHealth;
	/** The decision that is in force. */
	readonly forced: ForceDecision | null;
	/** What outcomes alone made of it, and since when. */
	readonly byOutcomes: {
		readonly state: CellState;
		readonly since: number;
		readonly reason: string;
		readonly until: number | null;
	};
	/** Attempts of the last minute by how they ended, and of those that took too long. */
	readonly lastMinute: {
		readonly ok: number;
		readonly failed: number;
		readonly throttled: number;
		readonly slow: number;
	};
	/** Failures since the last success. */
	readonly streak: number;
	/** Trips not yet forgotten, which lengthen the next one. */
	readonly trips: number;
	readonly trial: {
		/** From when on a trial may be made; null where none is needed. */
		readonly nextAt: number | null;
		/** Until when one that runs keeps others from trying; null when none runs. */
		readonly runsUntil: number | null;
		readonly successes: number;
	};
	/** What p95 of the time to the first content usually is, in milliseconds; null when too little is known. */
	readonly usualP95Ms: number | null;
}
