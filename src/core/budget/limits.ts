/** The kinds of limits on a key: how each is called, what it counts and over which time, and how large it may be. */

import { leastOf } from "#lib/list";
import { DAY_MS, MINUTE_MS } from "#lib/time";

export interface LimitKind {
	/** Its name in the API. */
	readonly wireName: string;
	/** What it counts. Tokens are those of prompt and output together. */
	readonly unit: "requests" | "tokens";
	/** Over how many milliseconds it is a rate; null bounds what runs at once. */
	readonly periodMs: number | null;
	/** The largest limit that an admin may set. */
	readonly max: number;
	/** What stands behind the number in a message. */
	readonly words: string;
}

const KINDS = {
	requestsPerMinute: {
		wireName: "requests_per_minute",
		unit: "requests",
		periodMs: MINUTE_MS,
		max: 1_000_000,
		words: "requests per minute",
	},
	requestsPerDay: {
		wireName: "requests_per_day",
		unit: "requests",
		periodMs: DAY_MS,
		max: 10_000_000,
		words: "requests per day",
	},
	tokensPerMinute: {
		wireName: "tokens_per_minute",
		unit: "tokens",
		periodMs: MINUTE_MS,
		max: 1_000_000_000,
		words: "tokens per minute",
	},
	concurrentRequests: {
		wireName: "concurrent_requests",
		unit: "requests",
		periodMs: null,
		max: 10_000,
		words: "requests at once",
	},
} as const satisfies Record<string, LimitKind>;

export type LimitName = keyof typeof KINDS;

/** The limits that are rates. */
export type RateLimitName = {
	[Name in LimitName]: (typeof KINDS)[Name]["periodMs"] extends number ? Name : never;
}[LimitName];

export const LIMIT_KINDS: Readonly<Record<LimitName, LimitKind>> = KINDS;
export const LIMIT_NAMES = Object.keys(KINDS) as LimitName[];
export const RATE_LIMIT_NAMES = LIMIT_NAMES.filter(
	(name): name is RateLimitName => LIMIT_KINDS[name].periodMs !== null,
);

/** How much a key may ask for: positive integers. Absent limits do not bind. */
export type KeyLimits = { readonly [Name in LimitName]?: number };

/** A value for each of these limits. */
export function perLimit<Name extends LimitName, Value>(
	names: readonly Name[],
	value: (name: Name) => Value,
): Record<Name, Value> {
	return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, Value>;
}

/** The lowest limit that counts tokens; infinity without one. */
export function tokenLimit(limits: KeyLimits): number {
	const those = LIMIT_NAMES.filter((name) => LIMIT_KINDS[name].unit === "tokens");
	return leastOf(those.map((name) => limits[name] ?? Number.POSITIVE_INFINITY));
}

/** Of each limit the lower one. */
export function tighterLimits(some: KeyLimits, others: KeyLimits): KeyLimits {
	const limits: { [Name in LimitName]?: number } = {};
	for (const name of LIMIT_NAMES) {
		const limit = Math.min(some[name] ?? Number.POSITIVE_INFINITY, others[name] ?? Number.POSITIVE_INFINITY);
		if (limit !== Number.POSITIVE_INFINITY) limits[name] = limit;
	}
	return limits;
}

/** What is left of one limit, as the `x-ratelimit-*` headers say it. */
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
