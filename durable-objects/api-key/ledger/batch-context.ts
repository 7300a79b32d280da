// What a batch brings beside the holds that it ends; it is stored with the batch and goes into the usage log.
import type { ProviderName, TeamId } from "#core/ids";
import type { RequestRecord } from "#core/usage/request-record";

/** The provider and model that an attempt was sent to. */
export interface AttemptTarget {
	readonly provider: ProviderName | null;
	readonly model: string | null;
}

/** A hold that ran out and is charged in full, until its settlement comes. */
export interface ExpiredHold extends AttemptTarget {
	readonly attemptId: string;
	/** Nano-dollars. */
	readonly amount: number;
}

/** What an attempt cost. */
export interface Charge {
	readonly attemptId: string;
	/** Nano-dollars. */
	readonly cost: number;
	readonly estimated: boolean;
}

/** A job that an attempt began: its charge is an estimate until its true cost comes. */
export interface BegunJob extends AttemptTarget {
	readonly jobId: string;
	/** As its request's record names it; null where that did not come with the settlement. */
	readonly app: string | null;
}

/** What a batch brings beside the holds that it ends. */
export interface BatchContext {
	readonly teamId: TeamId;
	readonly requests: readonly RequestRecord[];
	/** Charges of attempts for which no budget held money. */
	readonly unheld: readonly Charge[];
	/** Where the attempts were sent, by attempt, as far as this copy of the object knows. */
	readonly targets: Readonly<Record<string, AttemptTarget>>;
	/** Those of its attempts that had expired before. */
	readonly expired: readonly ExpiredHold[];
	/** The jobs that its attempts began, by attempt. */
	readonly jobs: Readonly<Record<string, BegunJob>>;
}

export const EMPTY_BATCH_CONTEXT: BatchContext = {
	teamId: "" as TeamId,
	requests: [],
	unheld: [],
	targets: {},
	expired: [],
	jobs: {},
};
