// The rate and concurrency limits of one key.
import {
	type KeyLimits,
	LIMIT_KINDS,
	type LimitKind,
	type LimitName,
	perLimit,
	RATE_LIMIT_NAMES,
	type RateLimitName,
} from "#core/budget/limits";
import { Rate, type RateState, type RateStatus } from "./rate";

/** The limiter's state, plain data that is stored with other commits. Losing it admits a burst anew, no more. */
export type LimiterState = Readonly<Record<RateLimitName, RateState>> & {
	/** Running attempts and when each stops counting, in milliseconds since the epoch. At most the limit's number. */
	readonly running: Map<string, number>;
};

export function newLimiterState(): LimiterState {
	return { ...perLimit(RATE_LIMIT_NAMES, unusedRate), running: new Map() };
}

/** The state of a rate from which nothing was taken. */
export function unusedRate(): RateState {
	return { level: 0, at: 0 };
}

/** An attempt that asks to run. */
export interface Arrival {
	readonly attemptId: string;
	/** An estimate, corrected when the request ends. */
	readonly tokens: number;
	/** When it stops counting as running, in milliseconds since the epoch, unless it is extended. */
	readonly expiresAt: number;
	/** A further attempt of an admitted request: its tokens and its slot count, but it is not another request. */
	readonly isFurther?: boolean;
}

type Limited =
	| { readonly outcome: "admitted" }
	| {
			readonly outcome: "limited";
			readonly by: LimitName;
			readonly limit: number;
			/** Milliseconds until the same request would pass this limit; null when it never would. */
			readonly retryAfter: number | null;
	  };

/** The figures of the `x-ratelimit-*` headers; null where no limit binds. */
interface RateStatuses {
	/** The tightest rate of requests. */
	readonly requests: RateStatus | null;
	/** The tightest rate of tokens. */
	readonly tokens: RateStatus | null;
}

/**
 * When a running attempt will end is unknown, so a caller that finds no slot may retry after this many milliseconds.
 */
const ASK_AGAIN_MS = 1_000;

/** All limits admit an attempt, or none counts it. */
export class Limiter {
	readonly #state: LimiterState;
	readonly #rates: readonly { readonly name: RateLimitName; readonly unit: LimitKind["unit"]; readonly rate: Rate }[];
	readonly #concurrent: number | null;

	/** Throws RangeError for limits that are no positive integers or too large to be kept exactly. */
	constructor(limits: KeyLimits, state: LimiterState) {
		const { concurrentRequests = null } = limits;
		if (concurrentRequests !== null && (!Number.isSafeInteger(concurrentRequests) || concurrentRequests < 1)) {
			throw new RangeError(`not a number of requests: ${concurrentRequests}`);
		}
		this.#state = state;
		this.#concurrent = concurrentRequests;
		this.#rates = RATE_LIMIT_NAMES.flatMap((name) => {
			const { unit, periodMs } = LIMIT_KINDS[name];
			const limit = limits[name];
			return limit === undefined || periodMs === null
				? []
				: [{ name, unit, rate: new Rate(limit, periodMs, state[name]) }];
		});
	}

	/** Admits an attempt that every limit admits. Repeating one that runs admits it again and counts nothing. */
	admit(arrival: Arrival, now: number): Limited {
		const limited = this.check(arrival, now);
		if (limited.outcome === "admitted") this.count(arrival, now);
		return limited;
	}

	/** What `admit` would answer. Counts nothing. */
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
		for (const { name, unit, rate } of this.#rates) {
			const retryAfter = rate.wait(countOf(arrival, unit), now);
			if (retryAfter !== 0) return { outcome: "limited", by: name, limit: rate.limit, retryAfter };
		}
		return { outcome: "admitted" };
	}

	/** Counts an attempt that `check` admitted. */
	count(arrival: Arrival, now: number): void {
		if (this.#runs(arrival, now)) return;
		for (const { unit, rate } of this.#rates) rate.take(countOf(arrival, unit), now);
		if (this.#concurrent !== null) this.#state.running.set(arrival.attemptId, arrival.expiresAt);
	}

	/** Keeps a running attempt's slot for longer. */
	extend(attemptId: string, expiresAt: number): void {
		const until = this.#state.running.get(attemptId);
		if (until !== undefined) this.#state.running.set(attemptId, Math.max(until, expiresAt));
	}

	/** Frees an attempt's slot and replaces its estimate of tokens; an `actual` that is no count leaves the estimate. */
	finish(attemptId: string, estimate: number, actual: number, now: number): void {
		this.#state.running.delete(attemptId);
		if (!Number.isSafeInteger(actual) || actual < 0) return;
		for (const { unit, rate } of this.#rates) if (unit === "tokens") rate.correct(estimate, actual, now);
	}

	statuses(now: number): RateStatuses {
		return { requests: this.#tightest("requests", now), tokens: this.#tightest("tokens", now) };
	}

	#tightest(counted: LimitKind["unit"], now: number): RateStatus | null {
		let tightest: RateStatus | null = null;
		for (const { unit, rate } of this.#rates) {
			if (unit !== counted) continue;
			const status = rate.status(now);
			if (tightest === null || status.remaining < tightest.remaining) tightest = status;
		}
		return tightest;
	}

	#runs({ attemptId }: Arrival, now: number): boolean {
		return (this.#state.running.get(attemptId) ?? 0) > now;
	}

	/** Frees slots that have run out; returns in how many milliseconds the next one does. */
	#freeSlots(now: number): number {
		let next = Number.POSITIVE_INFINITY;
		for (const [attemptId, until] of this.#state.running) {
			if (until <= now) this.#state.running.delete(attemptId);
			else next = Math.min(next, until - now);
		}
		return next;
	}
}

/** How much of what a limit counts an attempt asks for. */
function countOf({ tokens, isFurther }: Arrival, unit: LimitKind["unit"]): number {
	if (unit === "tokens") return tokens;
	return isFurther ? 0 : 1;
}
