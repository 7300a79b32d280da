// How the isolate tells a key's object that attempts have ended.
import type { HoldToken } from "#core/budget/budget";
import type { Learnt } from "#core/routing/routing-memory";
import type { RequestRecord } from "#core/usage/request-record";

/** How one attempt ended, as the Worker tells the key's object. */
export interface EndedAttempt {
	readonly attemptId: string;
	/** As it was granted; null when no budget bound, or when the answer was lost. */
	readonly token: HoldToken | null;
	/** What it cost, in nano-dollars. */
	readonly actual: number;
	/** The cost is not what the provider reported. */
	readonly estimated: boolean;
	/** Known to have cost nothing: the upstream was never reached, or refused unbilled. `actual` is 0 then. */
	readonly void: boolean;
	/** Prompt and output tokens that it used; null when unknown: the expected number stays counted then. */
	readonly tokens: number | null;
	/** Its charge is an estimate, and its true cost comes later under this id; absent for what ends with its answer. */
	readonly jobId?: string;
	/** What it taught the router; absent when there was no choice to learn for. Money does not hang on it. */
	readonly learnt?: Learnt;
}

/**
 * Attempts and requests that end together, at most 256 of each. Each is in one batch only, and a batch keeps its id and
 * `sentAt` however often it is sent: that is what makes every credit and every record happen once.
 */
export interface EndedBatch {
	readonly id: string;
	/** When it was first sent, in milliseconds since the epoch. */
	readonly sentAt: number;
	readonly items: readonly EndedAttempt[];
	/** Absent from a Worker of an earlier release. */
	readonly requests?: readonly RequestRecord[];
	/**
	 * The batches, by id, that this is a part of: it counts only if none of them was applied, and none of them counts any
	 * more once it was. Absent when it is whole.
	 */
	readonly partOf?: readonly string[];
}

/** `late`: too old to know whether it was applied, so its holds stay charged. Neither answer asks for a repetition. */
export type BatchOutcome = "applied" | "repeated" | "late";

/** What a running attempt hears when it asks for more time. */
export interface Extension {
	/** The key was revoked: the attempt must end now, and be settled as ever. */
	readonly revoked: boolean;
}
