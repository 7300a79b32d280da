// What the ledger stores, and the interface of its store.
import type { PeriodRef } from "#core/budget/budget";
import type { TeamId } from "#core/ids";
import type { AttemptTarget, BatchContext } from "./batch-context";
import type { Counters } from "./counters";

/** One stored period; its reference is its primary key. */
export interface StoredPeriod {
	readonly ref: PeriodRef;
	readonly counters: Counters;
}

/** How one attempt ended. Amounts are nano-dollars. */
export interface Settlement {
	readonly attemptId: string;
	readonly held: number;
	/** At most `held`. */
	readonly charged: number;
	/** Charged beyond the hold. */
	readonly overrun: number;
	/** `void`: known to have cost nothing. */
	readonly ended: "settled" | "void";
	/** The charge is not what the provider reported. */
	readonly estimated: boolean;
	/** The reported cost could not be true, so the whole hold was charged. */
	readonly suspect: boolean;
	readonly periods: readonly PeriodRef[];
}

/** What is kept of a job until its true cost comes. Amounts are nano-dollars. */
export interface Job extends AttemptTarget {
	readonly id: string;
	readonly attemptId: string;
	readonly teamId: TeamId;
	readonly app: string | null;
	/** What its attempt was settled at: within its hold, and beyond it. */
	readonly charged: number;
	readonly overrun: number;
	readonly estimated: boolean;
	/** Where that is counted; none where no budget held money. */
	readonly periods: readonly PeriodRef[];
}

/** Why counters changed. Its id is unique in the store, which makes what it records happen once. */
export type LedgerRecord =
	| {
			readonly kind: "settlement";
			/** With `sentAt` it names the batch. */
			readonly id: string;
			readonly sentAt: number;
			/**
			 * The batches, of the same `sentAt`, that this is a part of: of a whole and its parts only one is ever stored.
			 */
			readonly partOf: readonly string[];
			readonly at: number;
			readonly settlements: readonly Settlement[];
			readonly context: BatchContext;
	  }
	| {
			/** The true cost of a job, whose right to be booked is that the job is still open. */
			readonly kind: "late-cost";
			/** The job's. */
			readonly id: string;
			readonly at: number;
			readonly job: Job;
			/** Nano-dollars. */
			readonly actual: number;
	  }
	| {
			readonly kind: "adjustment" | "write-off";
			readonly id: string;
			readonly at: number;
			readonly line: PeriodRef;
			/** Nano-dollars; an adjustment may be negative. */
			readonly amount: number;
			readonly reason: string;
	  };

export interface LedgerChange {
	/** Replace what is stored under their references. */
	readonly periods: readonly StoredPeriod[];
	/** Past periods that nothing can change any more. */
	readonly forgotten: readonly PeriodRef[];
	readonly record: LedgerRecord | null;
}

/**
 * Where the object keeps its counters; both calls are synchronous. Both must throw in a copy of the object that another
 * has replaced, and when they throw, a commit may or may not have happened.
 */
export interface LedgerStore {
	/** All periods of a budget, or of one end user of it. */
	load(budgetId: string, endUser: string): readonly StoredPeriod[];
	/**
	 * All or nothing. Changes nothing and says `repeated` when a record of that id is already stored; a late cost is
	 * stored by closing its job. Settlements open the jobs that `jobsOf` says.
	 */
	commit(change: LedgerChange): "committed" | "repeated";
}

/** Where the jobs are that settlements opened. */
export interface JobStore {
	/** `closed` once its true cost is booked, null when there is none. Throws as `LedgerStore` does. */
	job(id: string): Job | "closed" | null;
}
