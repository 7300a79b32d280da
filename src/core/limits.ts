/** How much a key may ask for. Absent limits do not bind. */
export interface KeyLimits {
	readonly requestsPerMinute?: number;
	readonly requestsPerDay?: number;
	/** Prompt and output tokens together. */
	readonly tokensPerMinute?: number;
	readonly concurrentRequests?: number;
}

export type LimitName = keyof KeyLimits;

export const LIMIT_NAMES: readonly LimitName[] = [
	"requestsPerMinute",
	"requestsPerDay",
	"tokensPerMinute",
	"concurrentRequests",
];

/** Of each limit the lower one. */
export function tighterLimits(some: KeyLimits, others: KeyLimits): KeyLimits {
	const limits: { [Name in LimitName]?: number } = {};
	for (const name of LIMIT_NAMES) {
		const limit = Math.min(some[name] ?? Number.POSITIVE_INFINITY, others[name] ?? Number.POSITIVE_INFINITY);
		if (limit !== Number.POSITIVE_INFINITY) limits[name] = limit;
	}
	return limits;
}

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
