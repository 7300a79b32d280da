// A request as it is read back from the log.
import type { Usage } from "#core/chat/usage";
import type { ColumnFrom, LoggedCandidate, LoggedExclusion, REQUEST_COLUMNS, RequestColumn } from "./request-columns";

// The row of a request as it is read from the log, for the API's report of it.

/** What is read from a column, by its kind. Another release may know other words than this one, so text is any text. */
export interface ShownKinds {
	readonly text: string;
	readonly integer: number;
	/** Milliseconds since the epoch. */
	readonly time: number;
	/** Nano-dollars. */
	readonly money: number;
	readonly flag: boolean;
	readonly some: boolean;
	readonly labels: Readonly<Record<string, string>>;
	readonly candidates: readonly LoggedCandidate[];
	readonly excluded: readonly LoggedExclusion[];
	readonly attempts: readonly LoggedAttempt[];
}

/** A request as the log has it. What no client sent, and what is not known yet, is null. */
export type LoggedRequest = {
	readonly [Name in RequestColumn]:
		| ShownKinds[(typeof REQUEST_COLUMNS)[Name]["kind"]]
		| (Name extends ColumnFrom<"record"> ? null : never);
};

/**
 * What one entry of the usage log knows of one attempt; their costs add up. Fields that the entry does not state are
 * absent.
 */
export interface LoggedAttempt {
	readonly attemptId: string;
	readonly provider?: string | null | undefined;
	readonly model?: string | null | undefined;
	readonly credential?: string | undefined;
	readonly simulated?: boolean | undefined;
	/** Milliseconds since the request arrived, here and below. */
	readonly startedMs?: number | undefined;
	readonly endedMs?: number | undefined;
	readonly ttftMs?: number | null | undefined;
	readonly end?: string | undefined;
	readonly fault?: string | null | undefined;
	readonly upstreamStatus?: number | null | undefined;
	/** What its provider reported that cannot be true. Tokens, and nano-dollars beyond the charge. */
	readonly claim?: { readonly input: number; readonly output: number; readonly beyond: number } | undefined;
	/** What the charge was made of; null when nothing is known. */
	readonly usage?: Usage | null | undefined;
	/** Nano-dollars. */
	readonly cost: number;
	readonly estimated?: boolean | undefined;
	/** Its tokens have no known price and are not in `cost`. */
	readonly unpriced?: boolean | undefined;
	/** Of a charge that did not come with its request's record: `settled`, `expired` or `corrected`. */
	readonly why?: string | undefined;
}
