// How a key's object is told what a job truly cost, after its attempt was settled as estimated.
import type { HoldToken } from "#core/budget/budget";
import type { ProviderName } from "#core/ids";

/**
 * The true cost of a job: of work that a provider goes on with after it has answered. The attempt that began it is
 * settled at an estimate under the job's id (`EndedAttempt.jobId`); this brings that charge to the truth, once.
 */
export interface LateCost {
	readonly jobId: string;
	/** When the attempt was made, in milliseconds since the epoch; the same each time. */
	readonly createdAt: number;
	/** As its hold was granted, for the case that its settlement was lost. */
	readonly attemptId: string;
	readonly token: HoldToken | null;
	readonly provider: ProviderName;
	readonly model: string;
	/** Nano-dollars. */
	readonly actual: number;
}

/**
 * `repeated`: the truth was booked before. `early`: the settlement has not come yet and still may; ask again. `late`:
 * the job is too old to know whether it was booked, and its charge stands. Only `early` asks for a repetition.
 */
export type LateOutcome = "applied" | "repeated" | "early" | "late";
