// Finds a key's record: in the isolate, at the edge, in D1.
import type { KeyRecord } from "#core/key/key";
import type { Env } from "#env";
import { within } from "#lib/deadline";
import { LruMap } from "#lib/lru-map";
import { readKeyRecord, writeKeyRecord } from "./key-records";
import { findRecord } from "./keys";

/** A record younger than this is used without asking again, in milliseconds. The key's object corrects it anyway. */
const FRESH_MS = 60_000;
/**
 * How long a record may still be used while neither store answers, in milliseconds. It is as long as the longest
 * request by chance: an outage is bridged by it, and no request rests on it.
 */
const USABLE_MS = 15 * 60_000;
/** Records kept per isolate, those used last; one is about a kilobyte. */
const MAX_RECORDS = 5_000;
/** How long it is remembered that there is no such key, in milliseconds: no longer than a new key may take to work. */
const UNKNOWN_MS = 5_000;
/** The most unknown keys that are remembered; the oldest go first. */
const MAX_UNKNOWN = 1_000;
/** How long each store may take, in milliseconds. */
const KV_DEADLINE_MS = 2_000;
const D1_DEADLINE_MS = 4_000;

/** Neither KV nor D1 can say whether there is such a key, and no usable copy is at hand. */
export class LookupUnavailable extends Error {
	constructor() {
		super("no store can answer for this key");
		this.name = "LookupUnavailable";
	}
}

interface Entry {
	readonly record: KeyRecord;
	/** When a store last confirmed it. */
	readonly at: number;
}

type Stores = Pick<Env, "KEY_RECORDS" | "DB">;

/**
 * Finds the record of a presented secret: this isolate's memory, then KV, then D1. Look-ups of one key that run at the
 * same time share one.
 */
export class KeyLookup {
	readonly #entries = new LruMap<Entry>(MAX_RECORDS);
	/** Since when there is no such key, in milliseconds since the epoch. */
	readonly #unknown = new LruMap<number>(MAX_UNKNOWN);
	readonly #running = new Map<string, Promise<KeyRecord | null>>();

	/** Whether a store knew the key, some time or other: what asks for it is no guess. */
	isKnown(digest: string): boolean {
		return this.#entries.get(digest) !== undefined;
	}

	/** Whether no store knew the key a moment ago. */
	isUnknown(digest: string, now: number): boolean {
		return now - (this.#unknown.get(digest) ?? Number.NEGATIVE_INFINITY) < UNKNOWN_MS;
	}

	/** Null when there is no such key. Throws `LookupUnavailable`. */
	async find(stores: Stores, digest: string, execution: ExecutionContext, now: number): Promise<KeyRecord | null> {
		const entry = this.#entries.get(digest);
		if (entry !== undefined && now - entry.at < FRESH_MS) return entry.record;
		try {
			const record = await this.#shared(stores, digest, execution);
			if (record === null) {
				this.#entries.delete(digest);
				this.#unknown.set(digest, now);
			} else this.remember(digest, record, now);
			return record;
		} catch {
			if (entry !== undefined && now - entry.at < USABLE_MS) return entry.record;
			throw new LookupUnavailable();
		}
	}

	/** Keeps what a store or the key's object said just now. */
	remember(digest: string, record: KeyRecord, now: number): void {
		this.#entries.set(digest, { record, at: now });
	}

	#shared(stores: Stores, digest: string, execution: ExecutionContext): Promise<KeyRecord | null> {
		const running = this.#running.get(digest);
		// The request that started it may be cut off and its look-up with it, so those who join wait on a timer of their
		// own.
		if (running !== undefined) return within(KV_DEADLINE_MS + D1_DEADLINE_MS, "the look-up", running);
		const own = lookUp(stores, digest, execution);
		const settled = own
			.catch(() => undefined)
			.then(() => {
				if (this.#running.get(digest) === own) this.#running.delete(digest);
			});
		this.#running.set(digest, own);
		execution.waitUntil(settled);
		return own;
	}
}

async function lookUp(stores: Stores, digest: string, execution: ExecutionContext): Promise<KeyRecord | null> {
	let kvAnswers = true;
	try {
		const copy = await within(KV_DEADLINE_MS, "KV", readKeyRecord(stores.KEY_RECORDS, digest));
		if (copy !== null) return copy;
	} catch {
		kvAnswers = false;
	}
	const record = await within(D1_DEADLINE_MS, "D1", findRecord(stores.DB, digest));
	if (record !== null && kvAnswers) {
		execution.waitUntil(writeKeyRecord(stores.KEY_RECORDS, digest, record).catch(() => undefined));
	}
	return record;
}
