import { Rate, type RateStanding, type RateState } from "./rate";

/** A key's limits; absent ones do not bind. Counts are positive integers. */
export interface Limits {
	readonly requestsPerMinute?: number;
	readonly requestsPerDay?: number;
	readonly tokensPerMinute?: number;
	readonly concurrentRequests?: number;
}

export type LimitName = keyof Limits;

/** What the limiter remembers, as plain data to be stored with other commits. Losing it admits a burst anew, no more. */
export interface LimiterState {
	readonly requestsPerMinute: RateState;
	readonly requestsPerDay: RateState;
	readonly tokensPerMinute: RateState;
	/** Running requests and when each counts no more, in milliseconds since the epoch. At most the limit's number. */
	readonly running: Map<string, number>;
}

export function newLimiterState(): LimiterState {
	const unused = (): RateState => ({ level: 0, at: 0 });
	return {
		requestsPerMinute: unused(),
		requestsPerDay: unused(),
		tokensPerMinute: unused(),
		running: new Map(),
	};
}

/** A request that asks to run. */
export interface Arrival {
	readonly requestId: string;
	/** An estimate, corrected when the request ends. */
	readonly tokens: number;
	/** When it counts as running no longer, unless it is extended. */
	readonly expiresAt: number;
	/** Another attempt of a request that was admitted: its tokens and its place count, and it is no request more. */
	readonly isFurther?: boolean;
}

export type Limited =
	| { readonly outcome: "admitted" }
	| {
			readonly outcome: "limited";
			readonly by: LimitName;
			readonly limit: number;
			/** Milliseconds until the same request would pass this limit; null when it never would. */
			readonly retryAfter: number | null;
	  };

/** What the `x-ratelimit-*` headers say; null where nothing binds. */
export interface LimitStandings {
	/** The tighter of requests per minute and per day. */
	readonly requests: RateStanding | null;
	readonly tokens: RateStanding | null;
}

const MINUTE_MS = 60_000;
/** Nobody knows when a request that runs will end, so whoever finds no place asks again after so long, in milliseconds. */
const ASK_AGAIN_MS = 1_000;
const DAY_MS = 86_400_000;

/** How often and how much a key may ask. All limits admit a request, or none counts it. */
export class Limiter {
	readonly #state: LimiterState;
	readonly #rates: readonly { readonly name: LimitName; readonly rate: Rate; readonly units: (a: Arrival) => number }[];
	readonly #tokens: Rate | null;
	readonly #concurrent: number | null;

	/** Throws RangeError for limits that are no positive integers or too large to be kept exactly. */
	constructor(limits: Limits, state: LimiterState) {
		const { concurrentRequests = null } = limits;
		if (concurrentRequests !== null && (!Number.isSafeInteger(concurrentRequests) || concurrentRequests < 1)) {
			throw new RangeError(`not a number of requests: ${concurrentRequests}`);
		}
		const rate = (name: "requestsPerMinute" | "requestsPerDay" | "tokensPerMinute", period: number): Rate | null => {
			const limit = limits[name];
			return limit === undefined ? null : new Rate(limit, period, state[name]);
		};
		this.#state = state;
		this.#concurrent = concurrentRequests;
		this.#tokens = rate("tokensPerMinute", MINUTE_MS);
		const one = ({ isFurther }: Arrival): number => (isFurther ? 0 : 1);
		const all = [
			{ name: "requestsPerMinute" as const, rate: rate("requestsPerMinute", MINUTE_MS), units: one },
			{ name: "requestsPerDay" as const, rate: rate("requestsPerDay", DAY_MS), units: one },
			{ name: "tokensPerMinute" as const, rate: this.#tokens, units: ({ tokens }: Arrival) => tokens },
		];
		this.#rates = all.flatMap(({ name, rate, units }) => (rate === null ? [] : [{ name, rate, units }]));
	}

	/** Admits a request that every limit admits. Repeating one that runs admits it again and counts nothing. */
	admit(arrival: Arrival, now: number): Limited {
		const limited = this.check(arrival, now);
		if (limited.outcome === "admitted") this.count(arrival, now);
		return limited;
	}

	/** What `admit` would say. Counts nothing. */
	check(arrival: Arrival, now: number): Limited {
		if (!Number.isSafeInteger(arrival.tokens) || arrival.tokens < 0) {
			throw new RangeError(`not a number of tokens: ${arrival.tokens}`);
		}
		const { running } = this.#state;
		if (this.#runs(arrival, now)) return { outcome: "admitted" };
		if (this.#concurrent !== null && running.size >= this.#concurrent) {
			const retryAfter = this.#freeSlots(now);
			if (running.size >= this.#concurrent) {
				const soon = Math.min(retryAfter, ASK_AGAIN_MS);
				return { outcome: "limited", by: "concurrentRequests", limit: this.#concurrent, retryAfter: soon };
			}
		}
		for (const { name, rate, units } of this.#rates) {
			const retryAfter = rate.wait(units(arrival), now);
			if (retryAfter !== 0) return { outcome: "limited", by: name, limit: rate.limit, retryAfter };
		}
		return { outcome: "admitted" };
	}

	/** Counts a request that was found to pass. */
	count(arrival: Arrival, now: number): void {
		if (this.#runs(arrival, now)) return;
		for (const { rate, units } of this.#rates) rate.take(units(arrival), now);
		if (this.#concurrent !== null) this.#state.running.set(arrival.requestId, arrival.expiresAt);
	}

	/** Keeps a running request's slot for longer. */
	extend(requestId: string, expiresAt: number): void {
		const until = this.#state.running.get(requestId);
		if (until !== undefined) this.#state.running.set(requestId, Math.max(until, expiresAt));
	}

	/** Frees a request's slot and replaces its estimate of tokens; what is no count leaves the estimate. */
	finish(requestId: string, estimate: number, actual: number, now: number): void {
		this.#state.running.delete(requestId);
		if (Number.isSafeInteger(actual) && actual >= 0) this.#tokens?.correct(estimate, actual, now);
	}

	standings(now: number): LimitStandings {
		let requests: RateStanding | null = null;
		for (const { name, rate } of this.#rates) {
			if (name === "tokensPerMinute") continue;
			const standing = rate.standing(now);
			if (requests === null || standing.remaining < requests.remaining) requests = standing;
		}
		return { requests, tokens: this.#tokens?.standing(now) ?? null };
	}

	#runs({ requestId }: Arrival, now: number): boolean {
		return (this.#state.running.get(requestId) ?? 0) > now;
	}

	/** Forgets what has run out of time; returns in how many milliseconds the next one does. */
	#freeSlots(now: number): number {
		let next = Number.POSITIVE_INFINITY;
		for (const [requestId, until] of this.#state.running) {
			if (until <= now) this.#state.running.delete(requestId);
			else next = Math.min(next, until - now);
		}
		return next;
	}
}
