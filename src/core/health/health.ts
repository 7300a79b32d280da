// Cells, outcomes, and what is known of a provider's health.
import type { FaultKind, LimitScope } from "#core/fault";
import type { CredentialId, KeyId } from "#core/ids";

/**
 * A breaker unit at one provider: the provider itself (both null), one of its credentials (`model` null), or one model
 * under one credential. An attempt is eligible only if all three of its cells permit it.
 */
export interface CellRef {
	readonly credential: CredentialId | null;
	/** The model's id at the provider. */
	readonly model: string | null;
}

export function isSameCell(a: CellRef, b: CellRef): boolean {
	return a.credential === b.credential && a.model === b.model;
}

/** What one attempt taught about a provider. Caller's mistakes and cancels are `ignored`: they never count. */
export interface Outcome {
	readonly attemptId: string;
	readonly credential: CredentialId;
	readonly model: string;
	/** Whose request it was, so that one key's poisonous prompt cannot open a cell for others. */
	readonly keyId: KeyId;
	/** A hash of the request's content: repetitions of one failing request count once. */
	readonly fingerprint: string;
	/** When it was sent and when this became known, in milliseconds since the epoch. */
	readonly startedAt: number;
	readonly at: number;
	readonly result: "ok" | "failed" | "ignored";
	/** What went wrong; null unless `failed`. */
	readonly fault: FaultKind | null;
	/** The answer had begun when it failed. */
	readonly midstream: boolean;
	/** What the vendor says is limited; null when it does not say, or nothing is. */
	readonly limits: LimitScope | null;
	/** As the upstream asked, in milliseconds. */
	readonly retryAfterMs: number | null;
	/** Until the first content, in milliseconds; null when none came. */
	readonly ttftMs: number | null;
	/** From the first content to the last, and the tokens in it; null when not streamed or not whole. */
	readonly stream: { readonly ms: number; readonly outputTokens: number } | null;
	/** The prompt and what of it the vendor had cached, in tokens; null without the vendor's own figures. */
	readonly prompt: { readonly tokens: number; readonly cached: number } | null;
	/** The permit under which it was a trial; null for ordinary attempts. */
	readonly permit: string | null;
}

export type CellState = "closed" | "throttled" | "open" | "half_open" | "ramping";

/** What an admin has decided about a cell, whatever outcomes say. `observe` counts outcomes and refuses nothing. */
export type ForcedState = "open" | "closed" | "observe";

/** Times in milliseconds, shares from 0 to 1; null where too little is known. */
export interface LatencyFigures {
	/** Peak-EWMA of the time to the first content. */
	readonly ttftMs: number | null;
	readonly ttftP50Ms: number | null;
	readonly ttftP95Ms: number | null;
	/** Sum of output tokens over sum of streaming time. */
	readonly tokensPerSecond: number | null;
}

export const UNKNOWN_LATENCY: LatencyFigures = {
	ttftMs: null,
	ttftP50Ms: null,
	ttftP95Ms: null,
	tokensPerSecond: null,
};

/** One cell as the router sees it. */
export interface CellHealth {
	readonly ref: CellRef;
	readonly state: CellState;
	readonly forced: ForcedState | null;
	/** Why it is not closed; empty when it is. */
	readonly reason: string;
	/**
	 * Milliseconds since the epoch: until when it is shut, or throttled; null when it is not, or when the time is
	 * unknown.
	 */
	readonly until: number | null;
	/** The share of requests that may go there: 1 when closed, 0 when shut, between them while it ramps up. */
	readonly share: number;
	/** Successes among the recent outcomes that counted, from 0 to 1; null without any. */
	readonly successRate: number | null;
	/** How likely an attempt is better sent elsewhere (graded shedding), from 0 to 1. */
	readonly shed: number;
	readonly latency: LatencyFigures;
	/** Cached tokens among recent prompt tokens, from 0 to 1; null without any. */
	readonly cachedShare: number | null;
}

/** All that an isolate needs to know of one provider; cells in their initial state may be left out. */
export interface ProviderHealth {
	/** When it was taken, in milliseconds since the epoch. */
	readonly at: number;
	readonly cells: readonly CellHealth[];
}

/** Where nothing else is left, what is shut is tried at least this often before its time, in milliseconds. */
export const MAX_LAST_RESORT_GAP_MS = 30_000;

/** The right to try a cell that is half open: one at a time. */
export interface TrialPermit {
	readonly id: string;
	readonly expiresAt: number;
}
