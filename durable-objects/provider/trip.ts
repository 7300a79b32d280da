// When a cell trips, and what share of attempts a failing cell sheds.
import { SHED_BUCKETS, TRIP_BUCKETS, tally, type Window } from "./window";

/** How many failures in a row trip a cell. */
const STREAK = 5;
/** How many attempts a window must hold before its shares are judged. */
const MIN_SAMPLES = 20;
/** A cell trips at this share of failures and above. */
const FAILED_SHARE = 0.5;
/** A cell trips at this share of attempts that took too long, and above. */
const SLOW_SHARE = 0.8;
/** A first content within this many milliseconds is never too late. */
const PATIENCE_MS = 10_000;
const SLOWER_THAN_USUAL = 3;
/** K of the formula of `shed`. */
const REQUESTS_PER_ACCEPT = 2;
/** With fewer requests nothing is shed: a row of failures must trip its cell rather than be diverted from it. */
const MIN_SAMPLES_TO_SHED = 2 * STREAK;

type TripRule = "streak" | "failure_rate" | "slowness";

/**
 * Which rule, if any, opens a cell that has seen `streak` failures in a row and this window. When two keys or more had
 * traffic, failures of one key alone open nothing: its prompts may be the cause.
 */
export function tripRule(streak: number, window: Window, now: number): TripRule | null {
	if (!window.some(({ failed, slow }) => failed > 0 || slow > 0)) return null;
	const { ok, failed, throttled, slow, keys, failedKeys, slowKeys } = tally(window, TRIP_BUCKETS, now);
	const needed = Math.min(keys.size, 2);
	if (failedKeys.size >= needed) {
		if (streak >= STREAK) return "streak";
		if (ok + failed + throttled >= MIN_SAMPLES && failed / (ok + failed) >= FAILED_SHARE) return "failure_rate";
	}
	if (slowKeys.size >= needed && ok + failed >= MIN_SAMPLES && slow / (ok + failed) >= SLOW_SHARE) return "slowness";
	return null;
}

/**
 * Whether a first content after `ttftMs` is slow for a model whose p95 is usually `usualP95Ms`; never before that is
 * known.
 */
export function isSlow(ttftMs: number, usualP95Ms: number | null): boolean {
	return usualP95Ms !== null && ttftMs > Math.max(PATIENCE_MS, SLOWER_THAN_USUAL * usualP95Ms);
}

/**
 * The chance with which an attempt must go elsewhere: Google SRE's client-side throttling, `(requests - K accepts) /
 * (requests + 1)` over 2 minutes with K = 2, so it begins where half of the attempts fail, and not before there are
 * ten. One key's failures shed nothing of another's.
 */
export function shed(window: Window, now: number): number {
	const { ok, failed, throttled, keys, failedKeys } = tally(window, SHED_BUCKETS, now);
	const isPoison = keys.size > 1 && failedKeys.size === 1;
	const requests = ok + throttled + (isPoison ? 0 : failed);
	if (requests < MIN_SAMPLES_TO_SHED) return 0;
	return Math.max(0, (requests - REQUESTS_PER_ACCEPT * ok) / (requests + 1));
}

/** Successes among what counted in the last minute; null without any. */
export function successRate(window: Window, now: number): number | null {
	const { ok, failed } = tally(window, TRIP_BUCKETS, now);
	return ok + failed === 0 ? null : ok / (ok + failed);
}
