/** What a rate limit keeps: how full it is, and as of when. Plain data. */
export interface RateState {
	/** In units times milliseconds of the period: a unit adds the period, a millisecond takes off the limit. */
	level: number;
	/** Milliseconds since the epoch. */
	at: number;
}

/** What a rate limit says of itself; durations are in milliseconds. */
export interface RateStanding {
	readonly limit: number;
	/** Whole units that would be admitted now. */
	readonly remaining: number;
	/** Until it is as good as unused. */
	readonly resetAfter: number;
}

/**
 * A rate of `limit` units per period with a burst of as many (GCRA). The level is the theoretical arrival time in units
 * that make it an integer whatever the limit, so decisions and waits are exact: nothing is ever divided but for display.
 */
export class Rate {
	readonly limit: number;
	readonly #period: number;
	readonly #state: RateState;

	/** `state` is kept up to date in place. Throws RangeError for a limit that is not a count that can be kept exactly. */
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

	/** Takes units that `wait` admitted, or that cannot be refused any more. */
	take(units: number, now: number): void {
		this.#drain(now);
		this.#fill(this.#state.level + units * this.#period);
	}

	/** Replaces an estimate by the truth. What comes back never makes the limit better than unused. */
	correct(estimate: number, actual: number, now: number): void {
		this.#drain(now);
		this.#fill(this.#state.level + (actual - estimate) * this.#period);
	}

	standing(now: number): RateStanding {
		this.#drain(now);
		const { level } = this.#state;
		const free = this.limit * this.#period - level;
		return {
			limit: this.limit,
			remaining: Math.max(0, Math.floor(free / this.#period)),
			resetAfter: Math.ceil(level / this.limit),
		};
	}

	/** Beyond a second burst nothing is owed: a truth without measure must not shut a key for ever. */
	#fill(level: number): void {
		this.#state.level = Math.min(Math.max(0, level), 2 * this.limit * this.#period);
	}

	#drain(now: number): void {
		const state = this.#state;
		const passed = now - state.at;
		if (passed <= 0) return;
		state.at = now;
		// Compared before it is multiplied, because a long absence would not be an exact product.
		state.level = passed >= Math.ceil(state.level / this.limit) ? 0 : state.level - passed * this.limit;
	}
}
