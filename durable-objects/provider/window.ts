/** Counts of the last moments in buckets, which expire by their number and need no timer. */

/** The key whose attempt it was, and a hash of its request, which only failures need. */
export interface Witness {
	readonly keyId: string;
	readonly fingerprint: string;
}

export interface Bucket {
	/** Milliseconds since the epoch over `BUCKET_MS`, rounded down. */
	readonly slot: number;
	readonly ok: number;
	readonly failed: number;
	readonly throttled: number;
	/** Of `ok` and `failed`, those that took too long. */
	readonly slow: number;
	/** Keys that asked, that failed, that waited too long. Two of each show as much as all. */
	readonly keys: readonly string[];
	readonly failedKeys: readonly string[];
	readonly slowKeys: readonly string[];
	/** The first requests that failed here and were counted. */
	readonly failures: readonly { readonly fingerprint: string; readonly at: number }[];
}

/** The last success of each of the two keys that succeeded last, the latest first. */
export type Successes = readonly { readonly keyId: string; readonly at: number }[];

/** Oldest first, each slot at most once. */
export type Window = readonly Bucket[];

export interface Tally {
	readonly ok: number;
	readonly failed: number;
	readonly throttled: number;
	readonly slow: number;
	/** Up to two keys each. */
	readonly keys: ReadonlySet<string>;
	readonly failedKeys: ReadonlySet<string>;
	readonly slowKeys: ReadonlySet<string>;
}

const BUCKET_MS = 10_000;
/** The buckets that decide whether a cell trips: 60 s, the running one included. */
export const TRIP_BUCKETS = 6;
/** The buckets that decide how much is shed: 2 minutes. */
export const SHED_BUCKETS = 12;
/** How many failed requests a bucket can tell apart. */
const MAX_FAILURES = 64;

type Counted = "ok" | "failed" | "throttled";

/** Counts one attempt. */
export function count(window: Window, what: Counted, slow: boolean, by: Witness, now: number): Window {
	const slot = Math.floor(now / BUCKET_MS);
	const kept = window.filter((bucket) => bucket.slot > slot - SHED_BUCKETS);
	const last = kept.at(-1)?.slot === slot ? kept.pop() : undefined;
	const bucket = last ?? emptyBucket(slot);
	const failed = what === "failed";
	kept.push({
		...bucket,
		[what]: bucket[what] + 1,
		slow: bucket.slow + (slow ? 1 : 0),
		keys: firstTwo(bucket.keys, by.keyId),
		failedKeys: failed ? firstTwo(bucket.failedKeys, by.keyId) : bucket.failedKeys,
		slowKeys: slow ? firstTwo(bucket.slowKeys, by.keyId) : bucket.slowKeys,
		failures:
			failed && bucket.failures.length < MAX_FAILURES
				? [...bucket.failures, { fingerprint: by.fingerprint, at: now }]
				: bucket.failures,
	});
	return kept;
}

export function withSuccess(successes: Successes, { keyId }: Witness, now: number): Successes {
	return [{ keyId, at: now }, ...successes.filter((other) => other.keyId !== keyId)].slice(0, 2);
}

/**
 * Whether a failure repeats one that is counted already, while another key has succeeded since: then its own content is
 * the likely cause, and it shows nothing new. Without another's success a repetition is as good as any failure.
 */
export function isRepetition(
	window: Window,
	successes: Successes,
	{ keyId, fingerprint }: Witness,
	now: number,
): boolean {
	const failures = last(window, TRIP_BUCKETS, now).flatMap((bucket) => bucket.failures);
	const first = failures.find((failure) => failure.fingerprint === fingerprint);
	return first !== undefined && successes.some((success) => success.keyId !== keyId && success.at > first.at);
}

/** The sums over the last `buckets` buckets, the running one included. */
export function tally(window: Window, buckets: number, now: number): Tally {
	const recent = last(window, buckets, now);
	const sum = (what: Counted | "slow") => recent.reduce((total, bucket) => total + bucket[what], 0);
	const union = (what: "keys" | "failedKeys" | "slowKeys") => new Set(recent.flatMap((bucket) => bucket[what]));
	return {
		ok: sum("ok"),
		failed: sum("failed"),
		throttled: sum("throttled"),
		slow: sum("slow"),
		keys: union("keys"),
		failedKeys: union("failedKeys"),
		slowKeys: union("slowKeys"),
	};
}

function last(window: Window, buckets: number, now: number): Window {
	const slot = Math.floor(now / BUCKET_MS);
	return window.filter((bucket) => bucket.slot > slot - buckets);
}

function emptyBucket(slot: number): Bucket {
	const none: readonly string[] = [];
	return {
		slot,
		...{ ok: 0, failed: 0, throttled: 0, slow: 0 },
		...{ keys: none, failedKeys: none, slowKeys: none, failures: [] },
	};
}

function firstTwo(list: readonly string[], entry: string): readonly string[] {
	return list.length >= 2 || list.includes(entry) ? list : [...list, entry];
}
