/** How long a cell stays open. Times in whole milliseconds; `random` gives a fraction in [0, 1). */
import { MINUTE_MS, SECOND_MS } from "#lib/time";

const MIN_OPEN_MS = 10 * SECOND_MS;
const MAX_OPEN_MS = 5 * MINUTE_MS;
/** The longest wait that an upstream may ask for; one that asks for more is parked as `DEAD` is. */
export const MAX_WAIT_MS = 15 * MINUTE_MS;
/** How long until a cell is tried again whose cause an admin must mend, in milliseconds. */
export const DEAD = 30 * MINUTE_MS;
/** One trip is forgotten per this many milliseconds in health. */
const FORGIVING = MINUTE_MS;
/**
 * A failed trial lengthens the wait only once a cell has been down this many milliseconds: a short outage ends
 * unnoticed else.
 */
const SHORT_OUTAGE = MINUTE_MS;
const FIRST_THROTTLE = SECOND_MS;
const MAX_THROTTLE_MS = MINUTE_MS;

/** After the trip of this number, from 1: doubling from 10 s to 5 minutes, half of it fixed and half random. */
export function openTime(trips: number, random: () => number): number {
	const whole = Math.max(MIN_OPEN_MS, Math.min(MAX_OPEN_MS, MIN_OPEN_MS * 2 ** (trips - 1)));
	return Math.floor(whole / 2 + (whole / 2) * random());
}

/** How many trips still count after `healthyMs` in health. */
export function remembered(trips: number, healthyMs: number): number {
	return Math.max(0, trips - Math.floor(healthyMs / FORGIVING));
}

/** The number of trips when a trial fails after the cell has been down for `downMs`. */
export function afterFailedTrial(trips: number, downMs: number): number {
	return downMs >= SHORT_OUTAGE ? trips + 1 : trips;
}

/**
 * After a refusal for asking too much: as long as the upstream asks, else up to a second, doubling to a minute with
 * each refusal in a row (`before` of them), with full jitter.
 */
export function throttleTime(retryAfterMs: number | null, before: number, random: () => number): number {
	if (retryAfterMs !== null) return Math.min(retryAfterMs, MAX_WAIT_MS);
	return Math.floor(random() * Math.min(MAX_THROTTLE_MS, FIRST_THROTTLE * 2 ** before));
}
