// A rate limit: how many units per period, with a burst of the same size.

/** The stored state of a rate limit: how full it is, and as of when. Plain data. */
export interface RateState {
	/** In units times milliseconds of the period: a unit adds the period, a millisecond takes off the limit. */
	level: number;
	/** Milliseconds since the epoch. */
	at: number;
}

/** What a rate limit reports; durations are in milliseconds. */
export interface RateStatus {
	readonly limit: number;
	/** Whole units that would be admitted now. */
	readonly remaining: number;
	/** Until the limit is as good as unused. */
	readonly resetAfter: number;
}

/**
 * A rate of `limit` units per period with a burst of `limit` units (GCRA). The level is the theoretical arrival time in
 * units that make it an integer whatever the limit, so decisions and waits are exact: nothing is ever divided but for
 * display.
 */
export class Rate {
	readonly limit: number;
	readonly #period: number;
	readonly #state: RateState;

	/**
	 * `state` is kept up to date in place. Throws RangeError for a limit that is not a count that can be kept exactly.
	 */
	constructor(limit: number, periodMs: number, state: RateState) {
		if (!Number.isSafeInteger(limit) || limit < 1 || !Number.isSafeInteger(limit * periodMs * 2)) {
			throw new RangeError(`not a rate: ${limit} per ${periodMs} ms`);
		}
		this.limit = limit;
		this.#period = periodMs;
		this.#state = state;
	}

	/**
	 * Milliseconds until `units` would be admitted, 0 when they would be now, null when never because they are more than
	 * a burst. Takes nothing.
	 */
	wait(units: number, now: number): number | null {
		if (units > this.limit) return null;
		this.#drain(now);
		const excess = this.#state.level + (units - this.limit) * this.#period;
		return excess <= 0 ? 0 : Math.ceil(excess / this.limit);
	}

	/** Takes units that `wait` admitted, or that are used already. */
	take(units: number, now: number): void {
		this.#drain(now);
		this.#fill(this.#state.level + units * this.#period);
	}

	/** Replaces an estimate by the actual count. What comes back never makes the limit better than unused. */
	correct(estimate: number, actual: number, now: number): void {
		this.#drain(now);
		this.#fill(this.#state.level + (actual - estimate) * this.#period);
	}

	status(now: number): RateStatus {
		this.#drain(now);
		const { level } = this.#state;
		const free = this.limit * this.#period - level;
		return {
			limit: this.limit,
			remaining: Math.max(0, Math.floor(free / this.#period)),
			resetAfter: Math.ceil(level / this.limit),
		};
	}

	/** At most two bursts deep: an absurd count of tokens must not block a key for ever. */
	#fill(level: number): void {
		this.#state.level = Math.min(Math.max(0, level), 2 * this.limit * this.#period);
	}

	#drain(now: number): void {
		const state = this.#state;
		const passed = now - state.at;
		if (passed <= 0) return;
		state.at = now;
		// Compared before multiplying, because the product for a long pause would not be exact.
		state.level = passed >= Math.ceil(state.level / this.limit) ? 0 : state.level - passed * this.limit;
	}
}
