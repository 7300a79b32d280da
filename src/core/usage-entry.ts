import type { Strategy } from "./alias";
import type { ErrorType } from "./errors";
import type { KeyId, ProviderName, RequestId, TeamId } from "./ids";
import type { AttemptRecord, RequestRecord } from "./request-record";

/** A charge that did not travel with the record of its request. Nano-dollars. */
export interface LoneCharge {
	readonly attemptId: string;
	/** Null when the object that charged it had forgotten whom it was for. */
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

/** What one entry of an outbox adds to a row of `request_log`. Numbers add up; of the rest, what is not null is taken over. */
export interface RequestRow {
	readonly id: RequestId;
	/** When the request arrived, in milliseconds since the epoch. */
	readonly at: number;
	readonly teamId: TeamId;
	readonly keyId: KeyId;
	readonly app: string | null;
	readonly session: string | null;
	readonly endUser: string | null;
	readonly metadata: Readonly<Record<string, string>> | null;
	readonly face: RequestRecord["face"] | null;
	readonly stream: boolean | null;
	readonly requestedModel: string | null;
	readonly alias: string | null;
	readonly strategy: Strategy | null;
	readonly candidates: RequestRecord["candidates"] | null;
	readonly provider: ProviderName | null;
	readonly model: string | null;
	/** Null when the entry only holds charges. */
	readonly status: number | null;
	readonly errorType: ErrorType | null;
	readonly errorCode: string | null;
	readonly inputTokens: number;
	readonly cachedInputTokens: number;
	readonly cacheWriteTokens: number;
	readonly outputTokens: number;
	readonly reasoningTokens: number;
	/** Nano-dollars. */
	readonly cost: number;
	/** How many more of the request's charges are estimates; negative when a truth replaces one. */
	readonly estimated: number;
	readonly latencyMs: number | null;
	readonly ttftMs: number | null;
	readonly cache: RequestRecord["cache"] | null;
	readonly attempts: readonly AttemptEntry[];
}

/** What is counted of requests, by the columns of the roll-ups. Everything adds up. */
export interface UsageFigures {
	readonly requests: number;
	readonly invalidRequests: number;
	readonly permissionErrors: number;
	readonly quotaErrors: number;
	readonly rateLimitErrors: number;
	readonly serverErrors: number;
	readonly cancelled: number;
	readonly attempts: number;
	readonly cacheHits: number;
	readonly inputTokens: number;
	readonly cachedInputTokens: number;
	readonly cacheWriteTokens: number;
	readonly outputTokens: number;
	readonly reasoningTokens: number;
	/** Nano-dollars. */
	readonly cost: number;
	readonly estimatedCost: number;
	readonly expired: number;
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
	 * How many answers, and how many first contents, are in each `latencyBucket`; the last ones are left out where they are
	 * empty. Failures are not timed: they would make a provider look fast.
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
