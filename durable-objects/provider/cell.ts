// The state of one breaker, and what it says at a time.
import type { CellState } from "#core/health/health";
import type { Successes, Window } from "./window";

/** Attempts go there. */
interface Closed {
	readonly state: "closed";
	readonly since: number;
}

/** No attempt goes there except trials: one at a time, from `until` on, when it is half open. */
export interface Open {
	readonly state: "open";
	readonly since: number;
	readonly until: number;
	/** When it was last closed. */
	readonly downSince: number;
	/** Open until an admin mends the cause, and tried only seldom. */
	readonly dead: boolean;
	readonly reason: string;
	/** Trials that succeeded, one after the other. */
	readonly successes: number;
	readonly trials: Trials;
}

/** After enough trials: a growing share of the attempts goes there. */
interface Ramping {
	readonly state: "ramping";
	readonly since: number;
	readonly downSince: number;
}

/** The permits of an open cell. */
export interface Trials {
	/** The ids granted last; their outcomes count, however late. */
	readonly granted: readonly string[];
	/** The permit under which a trial runs, until its outcome comes or it expires. */
	readonly pending: { readonly id: string; readonly expiresAt: number } | null;
	/** When the last one was granted. */
	readonly lastAt: number;
}

/** One breaker. A value: every change makes a new one. Times in milliseconds since the epoch. */
export interface Cell {
	readonly phase: Closed | Open | Ramping;
	/** Trips that are not forgotten yet, as of the phase's beginning. */
	readonly trips: number;
	/** Failures since the last success. */
	readonly streak: number;
	readonly window: Window;
	readonly successes: Successes;
	readonly throttle: { readonly until: number; readonly inARow: number };
	/** An attempt that started earlier shows nothing about the cell now. */
	readonly countsFrom: number;
}

/** A cell of which nothing is known. Attempts that started before `countsFrom` do not count. */
export function newCell(now: number, countsFrom = 0): Cell {
	return {
		phase: { state: "closed", since: now },
		trips: 0,
		streak: 0,
		window: [],
		successes: [],
		throttle: { until: 0, inARow: 0 },
		countsFrom,
	};
}

/** The shares of the attempts that a cell takes after its trials, each for `RAMP_STEP`; then all. */
const RAMP: readonly number[] = [0.1, 0.25, 0.5];
const RAMP_STEP = 5_000;

interface CellStatus {
	readonly state: CellState;
	readonly since: number;
	/** Empty when closed. */
	readonly reason: string;
	/** When it turns half open, or stops being throttled; null in other states. */
	readonly until: number | null;
	/** The share of the attempts that may go there. */
	readonly share: number;
}

/** A ramp that is over by now ends in a closed cell. */
export function asOf(cell: Cell, now: number): Cell {
	const { phase } = cell;
	const rampEnd = phase.since + RAMP.length * RAMP_STEP;
	return phase.state === "ramping" && now >= rampEnd ? { ...cell, phase: { state: "closed", since: rampEnd } } : cell;
}

export function cellStatus(cell: Cell, now: number): CellStatus {
	const { phase, throttle } = asOf(cell, now);
	const { since } = phase;
	if (phase.state === "open") {
		const { reason, until } = phase;
		if (now < until) return { state: "open", since, reason, until, share: 0 };
		return { state: "half_open", since: until, reason, until: null, share: 0 };
	}
	if (now < throttle.until) {
		return { state: "throttled", since, reason: "rate_limited", until: throttle.until, share: 0 };
	}
	if (phase.state === "closed") return { state: "closed", since, reason: "", until: null, share: 1 };
	const share = RAMP[Math.floor((now - since) / RAMP_STEP)] ?? 1;
	return { state: "ramping", since, reason: "recovering", until: null, share };
}
