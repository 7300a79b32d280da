/** Bounds on every request that several rooms rest on: what one of them promises, the others count on. */

/**
 * The longest time from the arrival of a request to the end of its last attempt, in milliseconds. The gateway cuts off
 * what runs longer; what an attempt may cost is bounded by the prices within this time; and an idempotency key whose
 * request was not heard of for as long is not in flight any more.
 */
export const MAX_REQUEST_MS = 15 * 60_000;

/**
 * The longest that the gateway waits for a target that names the time of its next attempt, in milliseconds, where no
 * other is left. It waits longer only for a target that it has called, and within the caller's time limit.
 */
export const MAX_WAIT_FOR_TARGET_MS = 2_000;

/** The shortest answer worth asking and holding money for, in tokens. */
export const MIN_OUTPUT_TOKENS = 256;
