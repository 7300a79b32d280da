/** How much a key may ask for. Absent limits do not bind. */
export interface KeyLimits {
	readonly requestsPerMinute?: number;
	readonly requestsPerDay?: number;
	/** Prompt and output tokens together. */
	readonly tokensPerMinute?: number;
	readonly concurrentRequests?: number;
}

export type LimitName = keyof KeyLimits;

/** How one limit stands, as the `x-ratelimit-*` headers say it. */
export interface LimitFigure {
	readonly limit: number;
	readonly remaining: number;
	/** Milliseconds until it is wholly free again. */
	readonly resetMs: number;
}

/** The tightest request limit and the token limit; null where the key has none. */
export interface LimitFigures {
	readonly requests: LimitFigure | null;
	readonly tokens: LimitFigure | null;
}
