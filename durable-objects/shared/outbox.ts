/**
 * What an object owes to D1, and how it is shipped: in order, at least once, by halves where that fails, and past an
 * entry that D1 refuses.
 */
import type { Acknowledged, Backlog, Swept } from "#core/usage/owed";
import { Caution, type LesserForm, type ShipmentLimits } from "./outbox-caution";

/** An entry's place in the order of all that an object owes to D1: by the copy that made it, then counted from 1. */
export interface Place {
	/** Greater than that of every earlier copy of the object. */
	readonly epoch: number;
	readonly seq: number;
}

/** One stored entry. */
export interface OwedEntry {
	readonly place: Place;
	/** When it was stored, in milliseconds since the epoch. */
	readonly at: number;
	/** How many records it holds. */
	readonly weight: number;
	/** Their sum in nano-dollars. */
	readonly cost: number;
	/** JSON. */
	readonly body: string;
}

/** Entries of one epoch without a gap, in order. */
export interface Shipment {
	readonly epoch: number;
	readonly entries: readonly OwedEntry[];
}

/** A note for the sweeper that an object may owe something. */
export interface BacklogNote extends Backlog {
	/** In milliseconds since the epoch. */
	readonly since: number;
}

/** Where an object keeps what it owes. Synchronous; throws in a copy of the object that another has replaced. */
export interface OutboxStore {
	readonly backlog: Backlog;
	readonly acknowledged: Acknowledged;
	/** The oldest entries, of one epoch; at least one entry if there is any. */
	oldest(limits: ShipmentLimits): Shipment | null;
	/** All entries up to `place` are in D1. */
	acknowledge(place: Place, now: number): void;
	/** Keeps the oldest entry, which D1 refused, and counts it as acknowledged: it is never shipped again. */
	setAside(refused: OwedEntry, now: number): void;
}

/** Ships to D1. A method that throws may or may not have taken effect, and every one may be repeated. */
export interface OutboxShipper {
	/** Inserts entries into D1, none of them twice. */
	ship(shipment: Shipment): Promise<void>;
	/** Inserts a lesser form of an entry that D1 refused, together with a row that says so and why. */
	shipRefused(refused: OwedEntry, form: LesserForm, why: string): Promise<void>;
	/** Notes that the object may owe something, and what it owes already. */
	markDirty(note: BacklogNote): Promise<void>;
}

/** How long an entry waits for others, in milliseconds, so that they ship together. */
const FLUSH_MS = 10_000;
/** The sweeper visits an object that was marked longer ago than this, in milliseconds. */
const MARK_MS = 300_000;
/** How long a shipper waits for D1, in milliseconds; after that the outcome is unknown. */
export const D1_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 300_000;
/** With this many records owed an object takes no more work. */
const MAX_OWED_RECORDS = 200_000;

/**
 * Ships what an object owes, at least once; an entry's place makes it count once. An alarm is only a hint: every copy
 * of the object looks at what is stored first. Nothing here throws but what the store throws.
 */
export class Outbox {
	readonly #store: OutboxStore;
	readonly #shipper: OutboxShipper;
	readonly #clock: () => number;
	readonly #random: () => number;
	#dueAt: number | null;
	#failures = 0;
	readonly #caution = new Caution();
	#flushing: Promise<void> | null = null;
	/** `since` of the last mark; null when the object must be marked again. */
	#markedSince: number | null = null;

	/** `random` returns a number in [0, 1). */
	constructor(store: OutboxStore, shipper: OutboxShipper, clock: () => number, random: () => number) {
		this.#store = store;
		this.#shipper = shipper;
		this.#clock = clock;
		this.#random = random;
		// The alarm for entries of an earlier copy may be lost.
		this.#dueAt = this.backlog.weight > 0 ? clock() + FIRST_RETRY_MS : null;
	}

	/** When `flush` should be called, in milliseconds since the epoch; null when nothing is owed. */
	get dueAt(): number | null {
		return this.#dueAt;
	}

	/** Something is owed, and the last flush did not fail: an object that is awake anyway may flush before it is due. */
	get isReady(): boolean {
		return this.#dueAt !== null && (this.#failures === 0 || this.#dueAt <= this.#clock());
	}

	get backlog(): Backlog {
		return this.#store.backlog;
	}

	/** The object owes too much to take more work. */
	get isFull(): boolean {
		return this.backlog.weight >= MAX_OWED_RECORDS;
	}

	/** To be called when an entry is stored. */
	noted(): void {
		this.#dueAt ??= this.#clock() + FLUSH_MS;
		const note = this.#note();
		if (this.#markedSince === note.since) return;
		this.#markedSince = note.since;
		void this.#shipper.markDirty(note).catch(() => {
			this.#markedSince = null;
		});
	}

	/** Ships what is owed by now, as far as D1 takes it. A call during a flush waits for that flush. */
	flush(): Promise<void> {
		this.#flushing ??= this.#flush().finally(() => {
			this.#flushing = null;
		});
		return this.#flushing;
	}

	/**
	 * For the sweeper, which then deletes the mark, so the next entry must make it again. Ships all that is owed by now.
	 */
	async sweep(): Promise<Swept> {
		this.#markedSince = null;
		if (this.#flushing !== null) await this.#flushing;
		await this.flush();
		const { entries, cost } = this.#store.acknowledged;
		return { ...this.backlog, acknowledged: { entries, cost } };
	}

	async #flush(): Promise<void> {
		const begin = this.#clock();
		while ((this.backlog.oldestAt ?? Number.POSITIVE_INFINITY) <= begin) {
			// If this copy dies here, another one must know when to go on.
			this.#dueAt = this.#clock() + LAST_RETRY_MS;
			const shipment = this.#store.oldest(this.#caution.limits);
			const last = shipment?.entries.at(-1);
			if (shipment === null || last === undefined) break;
			if (!(await this.#ships(shipment, last.place))) {
				this.#dueAt = this.#clock() + this.#pause();
				return;
			}
			this.#failures = 0;
			this.#caution.succeeded();
		}
		// Entries that came meanwhile wait for others.
		this.#dueAt = this.backlog.oldestAt === null ? null : this.#clock() + FLUSH_MS;
	}

	async #ships(shipment: Shipment, last: Place): Promise<boolean> {
		try {
			await this.#shipper.ship(shipment);
		} catch (error) {
			return await this.#setsAside(shipment, error);
		}
		this.#store.acknowledge(last, this.#clock());
		return true;
	}

	/**
	 * Tells an entry that D1 refuses from a D1 that fails: after a refusal D1 still takes a note. Returns whether the one
	 * entry that failed was set aside.
	 */
	async #setsAside({ entries }: Shipment, error: unknown): Promise<boolean> {
		const isThere = await this.#d1Answers();
		this.#caution.failed(entries.length, isThere);
		const [refused, ...others] = entries;
		if (!isThere || refused === undefined) return false;
		if (others.length > 0) {
			// D1 answers, so half of the shipment is tried at once.
			this.#failures = 0;
			return false;
		}
		for (const form of this.#caution.forms) {
			try {
				await this.#shipper.shipRefused(refused, form, reasonOf(error));
			} catch {
				if (await this.#d1Answers()) continue;
				return false;
			}
			this.#store.setAside(refused, this.#clock());
			return true;
		}
		return false;
	}

	async #d1Answers(): Promise<boolean> {
		try {
			await this.#shipper.markDirty(this.#note());
			return true;
		} catch {
			return false;
		}
	}

	#note(): BacklogNote {
		const now = this.#clock();
		return { ...this.backlog, since: now - (now % MARK_MS) };
	}

	/** Milliseconds to wait after a failure: exponential, half of it random. */
	#pause(): number {
		const longest = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 20));
		return longest / 2 + (longest / 2) * this.#random();
	}
}

/** SQLite's error code, or the kind of error; never the refused content. */
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return typeof error;
	return /SQLITE_[A-Z_]+/.exec(error.message)?.[0] ?? error.name;
}
