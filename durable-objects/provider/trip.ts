import { SHED_BUCKETS, TRIP_BUCKETS, tally, type Window } from "./window";

/** So many failures in a row trip a cell. */
const STREAK = 5;
/** So many attempts of a window make its shares worth a judgement. */
const ENOUGH = 20;
/** A cell trips at this share of failures and above. */
const FAILED_SHARE = 0.5;
/** And at this share of attempts that took too long. */
const SLOW_SHARE = 0.8;
/** Never too long, however quick the usual, in milliseconds. */
const PATIENCE_MS = 10_000;
const SLOWER_THAN_USUAL = 3;
/** K of the formula of `shed`. */
const REQUESTS_PER_ACCEPT = 2;
/** Fewer requests shed nothing: a row of failures shall trip its cell rather than be led past it. */
const ENOUGH_TO_SHED = 2 * STREAK;

export type TripRule = "streak" | "failure_rate" | "slowness";

/**
 * Which rule, if any, shuts a cell that has seen `streak` failures in a row and this window. When two keys or more had
 * traffic, the trouble of one alone shuts nothing: it may be its prompts that the upstream fails at.
 */
export function tripRule(streak: number, window: Window, now: number): TripRule | null {
	if (!window.some(({ failed, slow }) => failed > 0 || slow > 0)) return null;
	const { ok, failed, throttled, slow, keys, failedKeys, slowKeys } = tally(window, TRIP_BUCKETS, now);
	const needed = Math.min(keys.size, 2);
	if (failedKeys.size >= needed) {
		if (streak >= STREAK) return "streak";
		if (ok + failed + throttled >= ENOUGH && failed / (ok + failed) >= FAILED_SHARE) return "failure_rate";
	}
	if (slowKeys.size >= needed && ok + failed >= ENOUGH && slow / (ok + failed) >= SLOW_SHARE) return "slowness";
	return null;
}

/** Whether a first content after `ttftMs` is slow for a model whose p95 is usually `usualP95Ms`; never before that is known. */
export function isSlow(ttftMs: number, usualP95Ms: number | null): boolean {
	return usualP95Ms !== null && ttftMs > Math.max(PATIENCE_MS, SLOWER_THAN_USUAL * usualP95Ms);
}

/**
 * The chance that an attempt is better sent elsewhere: Google SRE's client-side throttling, `(requests - K accepts) /
 * (requests + 1)` over 2 minutes with K = 2, so it begins where half of the attempts fail, and not before there are ten. One
 * key's failures shed nothing of another's.
 */
export function shed(window: Window, now: number): number {
	const { ok, failed, throttled, keys, failedKeys } = tally(window, SHED_BUCKETS, now);
	const isPoison = keys.size > 1 && failedKeys.size === 1;
	const requests = ok + throttled + (isPoison ? 0 : failed);
	if (requests < ENOUGH_TO_SHED) return 0;
	return Math.max(0, (requests - REQUESTS_PER_ACCEPT * ok) / (requests + 1));
}

/** Successes among what counted in the last minute; null without any. */
export function successRate(window: Window, now: number): number | null {
	const { ok, failed } = tally(window, TRIP_BUCKETS, now);
	return ok + failed === 0 ? null : ok / (ok + failed);
}
