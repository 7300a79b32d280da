/**
 * What an object owes to D1, and how it is shipped: in order, at least once, by halves where that fails, and past an entry
 * that D1 refuses.
 */
import type { Acknowledged, Backlog, Swept } from "#core/usage/owed";
import { Caution, type LesserForm, type Most } from "./outbox-caution";

/** Where an entry stands among all that an object owes to D1: by the copy that made it, then in order from 1. */
export interface Place {
	/** Unlike that of any other copy, and greater than that of every copy before. */
	readonly epoch: number;
	readonly seq: number;
}

/** One stored entry. */
export interface Owed {
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
export interface Parcel {
	readonly epoch: number;
	readonly entries: readonly Owed[];
}

/** That an object may owe something. */
export interface Note extends Backlog {
	/** In milliseconds since the epoch. */
	readonly since: number;
}

/** Where an object keeps what it owes. Synchronous; throws in a copy of the object that another has replaced. */
export interface OutboxStore {
	readonly backlog: Backlog;
	readonly acknowledged: Acknowledged;
	/** The oldest that is owed, of one epoch; at least one entry if there is any. */
	oldest(most: Most): Parcel | null;
	/** All up to there is in D1. */
	acknowledge(place: Place, now: number): void;
	/** Keeps the oldest, which D1 refused, and counts it as acknowledged: what it is made of is never shipped again. */
	setAside(refused: Owed, now: number): void;
}

/** The way to D1. All throw when nobody knows whether it happened, and all may be repeated. */
export interface Carrier {
	/** Brings a parcel into D1, of which nothing happens twice. */
	ship(parcel: Parcel): Promise<void>;
	/** The same of a lesser form of an entry that D1 refused, together with a row that says so and why. */
	shipRefused(refused: Owed, form: LesserForm, why: string): Promise<void>;
	/** Notes that the object may owe something, and what it owes already. */
	mark(note: Note): Promise<void>;
}

/** How long entries wait for company, in milliseconds. */
export const FLUSH_MS = 10_000;
/** The sweeper looks after an object that was marked longer ago than this, in milliseconds. */
export const MARK_MS = 300_000;
/** How long a carrier waits for D1 before nobody knows what happened, in milliseconds. */
export const D1_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 300_000;
/** Beyond this an object that cannot account for more work takes none. */
export const MOST_OWED = 200_000;

/**
 * Ships what an object owes, at least once; its place makes it count once. An alarm is only a hint: what is stored is the
 * truth, and every copy looks there first. Nothing here throws but what the store throws.
 */
export class Outbox {
	readonly #store: OutboxStore;
	readonly #carrier: Carrier;
	readonly #clock: () => number;
	readonly #random: () => number;
	#dueAt: number | null;
	#failures = 0;
	readonly #caution = new Caution();
	#flushing: Promise<void> | null = null;
	/** Since when the object was last marked; null when it has to be marked again. */
	#markedSince: number | null = null;

	/** `random` gives shares of 1. */
	constructor(store: OutboxStore, carrier: Carrier, clock: () => number, random: () => number) {
		this.#store = store;
		this.#carrier = carrier;
		this.#clock = clock;
		this.#random = random;
		// What an earlier copy left behind may have lost its alarm.
		this.#dueAt = this.backlog.weight > 0 ? clock() + FIRST_RETRY_MS : null;
	}

	/** When `flush` should be called, in milliseconds since the epoch; null when nothing is owed. */
	get dueAt(): number | null {
		return this.#dueAt;
	}

	/** Something is owed, and D1 was not out of order just now: whoever is awake anyway may flush before it is due. */
	get isReady(): boolean {
		return this.#dueAt !== null && (this.#failures === 0 || this.#dueAt <= this.#clock());
	}

	get backlog(): Backlog {
		return this.#store.backlog;
	}

	/** The object must take no more work that it would have to account for. */
	get isFull(): boolean {
		return this.backlog.weight >= MOST_OWED;
	}

	/** Something was stored, or is about to be. */
	noted(): void {
		this.#dueAt ??= this.#clock() + FLUSH_MS;
		const note = this.#note();
		if (this.#markedSince === note.since) return;
		this.#markedSince = note.since;
		void this.#carrier.mark(note).catch(() => {
			this.#markedSince = null;
		});
	}

	/** Ships what is owed by now, or as much as D1 takes. One at a time: whoever comes meanwhile waits for the same. */
	flush(): Promise<void> {
		this.#flushing ??= this.#flush().finally(() => {
			this.#flushing = null;
		});
		return this.#flushing;
	}

	/** For the sweeper, who then forgets the mark: from now on it has to be made again. Ships all that is owed by now. */
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
			// Should this copy not come back from here, another one has to know when to go on.
			this.#dueAt = this.#clock() + LAST_RETRY_MS;
			const parcel = this.#store.oldest(this.#caution.most);
			const last = parcel?.entries.at(-1);
			if (parcel === null || last === undefined) break;
			if (!(await this.#isDealtWith(parcel, last.place))) {
				this.#dueAt = this.#clock() + this.#pause();
				return;
			}
			this.#failures = 0;
			this.#caution.succeeded();
		}
		// What came meanwhile waits for company.
		this.#dueAt = this.backlog.oldestAt === null ? null : this.#clock() + FLUSH_MS;
	}

	async #isDealtWith(parcel: Parcel, last: Place): Promise<boolean> {
		try {
			await this.#carrier.ship(parcel);
		} catch (error) {
			return await this.#isSetAside(parcel, error);
		}
		this.#store.acknowledge(last, this.#clock());
		return true;
	}

	/**
	 * Tells an entry that D1 refuses from a D1 that is out of order: D1 takes a note right after. Whether the only entry of
	 * the parcel that failed was set aside.
	 */
	async #isSetAside({ entries }: Parcel, error: unknown): Promise<boolean> {
		const isThere = await this.#takesNotes();
		this.#caution.failed(entries.length, isThere);
		const [refused, ...others] = entries;
		if (!isThere || refused === undefined) return false;
		if (others.length > 0) {
			// The half of it need not wait for D1 to recover.
			this.#failures = 0;
			return false;
		}
		for (const form of this.#caution.forms) {
			try {
				await this.#carrier.shipRefused(refused, form, reasonOf(error));
			} catch {
				if (await this.#takesNotes()) continue;
				return false;
			}
			this.#store.setAside(refused, this.#clock());
			return true;
		}
		return false;
	}

	async #takesNotes(): Promise<boolean> {
		try {
			await this.#carrier.mark(this.#note());
			return true;
		} catch {
			return false;
		}
	}

	#note(): Note {
		const now = this.#clock();
		return { ...this.backlog, since: now - (now % MARK_MS) };
	}

	/** Exponential, half of it at random. */
	#pause(): number {
		const longest = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures++, 20));
		return longest / 2 + (longest / 2) * this.#random();
	}
}

/** SQLite's code, or what kind of error it was: what was refused stays out of it. */
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return typeof error;
	return /SQLITE_[A-Z_]+/.exec(error.message)?.[0] ?? error.name;
}
