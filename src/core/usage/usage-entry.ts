// What one entry of a key's outbox holds.
import type { KeyId, ProviderName, TeamId } from "#core/ids";
import type { FieldsFrom } from "./request-columns";
import type { AttemptRecord } from "./request-record";
import type { UsageFigures } from "./rollup-columns";

/** A charge that did not travel with the record of its request. Nano-dollars. */
export interface LoneCharge {
	readonly attemptId: string;
	/** Null when the object that charged it had forgotten which one it was for. */
	readonly provider: ProviderName | null;
	readonly model: string | null;
	/** Negative when it lowers what was charged before. */
	readonly cost: number;
	/** By how much it changes the part of the charges that is not what a provider reported. */
	readonly estimatedCost: number;
	/** `expired`: its hold ran out without a word. `corrected`: the truth came after that. */
	readonly why: "settled" | "expired" | "corrected";
}

/** What is known of one attempt; an attempt may have several entries, and their costs add up. */
export type AttemptEntry = AttemptRecord | LoneCharge;

type Recorded = FieldsFrom<"record">;

/**
 * What one entry of an outbox adds to a row of `request_log`. Of what comes with the request's record all is null in an
 * entry that only holds charges.
 */
export interface RequestRow
	extends FieldsFrom<"known">,
		FieldsFrom<"sum">,
		Readonly<{ [Field in keyof Recorded]: Recorded[Field] | null }> {
	readonly attempts: readonly AttemptEntry[];
}

/** What one entry of an outbox adds to the roll-ups of an hour, at one app, provider and model. */
export interface UsageCount extends UsageFigures {
	/** Start of the hour, in milliseconds since the epoch. */
	readonly hour: number;
	readonly teamId: TeamId;
	readonly keyId: KeyId;
	/** Empty when there is none, here and below. */
	readonly app: string;
	readonly provider: string;
	readonly model: string;
	/**
	 * How many answers, and how many first contents, are in each `latencyBucket`; the last ones are left out where they
	 * are empty. Failures are not timed: they would make a provider look fast.
	 */
	readonly latency: readonly number[];
	readonly ttft: readonly number[];
}

/** One entry of a key's outbox, as it is stored. */
export interface UsageEntry {
	/** None for refused requests of which there were too many. */
	readonly rows: readonly RequestRow[];
	readonly counts: readonly UsageCount[];
}
