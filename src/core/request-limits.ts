/** Bounds on every request that several rooms rest on: what one of them promises, the others count on. */

/**
 * The longest time from the arrival of a request to the end of its last attempt, in milliseconds. The gateway cuts off
 * what runs longer; what an attempt may cost is bounded by the prices within this time; and an idempotency key whose
 * request was not heard of for as long is not in flight any more.
 */
export const MAX_REQUEST_MS = 15 * 60_000;

/**
 * The longest that the gateway waits for a target that says when it may be asked again, in milliseconds, where no other
 * is left. Only for one that it has asked, and within the time limit of the caller, does it wait longer.
 */
export const MAX_WAIT_FOR_TARGET_MS = 2_000;

/** The shortest answer worth asking and holding money for, in tokens. */
export const MIN_OUTPUT_TOKENS = 256;
