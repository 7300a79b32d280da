// The outbox of an object in its SQLite database.
import * as v from "valibot";
import type { Acknowledged, Backlog } from "#core/usage/owed";
import { byteLength } from "#lib/text-bytes";
import { Integer, Millis, NanoDollars } from "#store/d1/columns";
import type { OutboxStore, OwedEntry, Place, Shipment } from "./outbox";
import type { ShipmentLimits } from "./outbox-caution";
import { run, type SqlDatabase, SqlDocument } from "./sql";

/** Steps of an object's schema; `SqlOutbox` works on the last form. */
export const OUTBOX_STEPS: readonly string[] = [
	// Keyed by what a repetition carries, so that one row is the guard against it and the entry, without an index beside
	// it.
	`CREATE TABLE outbox (
		sent_at INTEGER NOT NULL, id TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
		weight INTEGER NOT NULL, cost INTEGER NOT NULL, body TEXT NOT NULL,
		PRIMARY KEY (sent_at, id)) STRICT, WITHOUT ROWID`,
	"CREATE TABLE outbox_mark (only INTEGER PRIMARY KEY CHECK (only = 1), body TEXT NOT NULL) STRICT",
];

/** A later step: entries that D1 refused, as they were stored. */
export const REFUSED_STEP = `CREATE TABLE refused (
	epoch INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, refused_at INTEGER NOT NULL,
	weight INTEGER NOT NULL, cost INTEGER NOT NULL, body TEXT NOT NULL,
	PRIMARY KEY (epoch, seq)) STRICT, WITHOUT ROWID`;

/** An entry to be stored. */
interface NewEntry {
	/** `sentAt`, in milliseconds since the epoch, and `id` name the entry; a repetition carries the same. */
	readonly sentAt: number;
	/** Null for an entry that is never repeated. */
	readonly id: string | null;
	/** When it is stored. */
	readonly at: number;
	/** How many records it holds. */
	readonly weight: number;
	/** Their sum in nano-dollars; negative where charges are lowered. */
	readonly cost: number;
	/** JSON. */
	readonly body: string;
}

const PositionSchema = v.object({
	/** All entries up to this place are in D1. */
	epoch: Integer,
	seq: Integer,
	/** Every owed entry was sent at this time or later. */
	since: Millis,
	entries: Integer,
	cost: NanoDollars,
});
type Position = v.InferOutput<typeof PositionSchema>;
const NOTHING_YET: Position = { epoch: 0, seq: 0, since: 0, entries: 0, cost: 0 };

const QueuedRow = v.object({
	sent_at: Millis,
	id: v.string(),
	epoch: Integer,
	seq: Integer,
	at: Millis,
	weight: Integer,
	cost: NanoDollars,
	size: Integer,
});
type Queued = v.InferOutput<typeof QueuedRow>;
const BodyRow = v.object({ body: v.string() });

/** Clocks of isolates differ: a batch is rarely sent longer than this before it is stored, in milliseconds. */
const SLACK_MS = 60_000;
/** How long refused entries are kept, in milliseconds; they are deleted when the next entry is refused. */
const REFUSED_MS = 90 * 86_400_000;

/** What one copy of the object knows: its position, and what is owed, oldest first. */
interface Knowledge {
	readonly epoch: number;
	seq: number;
	position: Position;
	readonly queue: Queued[];
	weight: number;
}

/** Keeps an outbox in a migrated database. Each copy of the object numbers what it adds under an epoch of its own. */
export class SqlOutbox implements OutboxStore {
	readonly #database: SqlDatabase;
	readonly #position: SqlDocument<Position>;
	readonly #clock: () => number;
	readonly #random: () => number;
	/** Null when it must be read: at first, and after a write that may or may not have happened. */
	#known: Knowledge | null = null;

	constructor(database: SqlDatabase, clock: () => number, random: () => number) {
		this.#database = database;
		this.#position = new SqlDocument(database, "outbox_mark", PositionSchema);
		this.#clock = clock;
		this.#random = random;
	}

	get backlog(): Backlog {
		const { queue, weight } = this.#knowledge();
		return { weight, oldestAt: queue[0]?.at ?? null };
	}

	get acknowledged(): Acknowledged {
		return this.#knowledge().position;
	}

	/** Whether an entry is stored; forgotten ones are not. */
	has(sentAt: number, id: string): boolean {
		const [known] = this.#database.sql.exec("SELECT 1 FROM outbox WHERE sent_at = ? AND id = ?", sentAt, id);
		return known !== undefined;
	}

	/** Stores an entry together with what `alsoWrite` stores, all or nothing. */
	add(entry: NewEntry, alsoWrite: () => void = () => {}): void {
		const known = this.#knowledge();
		const { sentAt, at, weight, cost, body } = entry;
		const { epoch } = known;
		const seq = known.seq + 1;
		const id = entry.id ?? `${epoch} ${seq}`;
		const isEarly = sentAt < known.position.since;
		const position = isEarly ? { ...known.position, since: sentAt } : known.position;
		try {
			this.#database.transactionSync(() => {
				const query = "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
				run(this.#database, query, sentAt, id, epoch, seq, at, weight, cost, body);
				if (isEarly) this.#position.write(position);
				alsoWrite();
			});
		} catch (error) {
			// The entry may be stored, and its number taken.
			this.#known = null;
			throw error;
		}
		known.seq = seq;
		known.position = position;
		known.queue.push({ sent_at: sentAt, id, epoch, seq, at, weight, cost, size: byteLength(body) });
		known.weight += weight;
	}

	oldest(limits: ShipmentLimits): Shipment | null {
		const { queue } = this.#knowledge();
		const epoch = queue[0]?.epoch;
		if (epoch === undefined) return null;
		const taken: Queued[] = [];
		let [weight, bytes] = [0, 0];
		for (const next of queue) {
			weight += next.weight;
			bytes += next.size;
			const isFull = taken.length >= limits.entries || weight > limits.weight || bytes > limits.bytes;
			if (next.epoch !== epoch || (taken.length > 0 && isFull)) break;
			taken.push(next);
		}
		return {
			epoch,
			entries: taken.map(({ seq, sent_at, id, at, weight, cost }) => ({
				place: { epoch, seq },
				at,
				weight,
				cost,
				body: this.#body(sent_at, id),
			})),
		};
	}

	acknowledge(place: Place, now: number): void {
		this.#acknowledge(place, now, (position) => this.#position.write(position));
	}

	setAside({ place, at, weight, cost, body }: OwedEntry, now: number): void {
		this.#acknowledge(place, now, (position) =>
			this.#database.transactionSync(() => {
				const query = "INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, ?, ?, ?)";
				run(this.#database, query, place.epoch, place.seq, at, now, weight, cost, body);
				run(this.#database, "DELETE FROM refused WHERE refused_at < ?", now - REFUSED_MS);
				this.#position.write(position);
			}),
		);
	}

	#acknowledge(place: Place, now: number, write: (position: Position) => void): void {
		const known = this.#knowledge();
		const count = known.queue.findIndex((queued) => isAfter(queued, place));
		const done = count < 0 ? known.queue : known.queue.slice(0, count);
		const left = count < 0 ? [] : known.queue.slice(count);
		const position = {
			...place,
			since: left.reduce((least, { sent_at }) => Math.min(least, sent_at), now - SLACK_MS),
			entries: known.position.entries + done.length,
			cost: done.reduce((sum, { cost }) => sum + cost, known.position.cost),
		};
		write(position);
		known.weight = left.reduce((sum, { weight }) => sum + weight, 0);
		known.position = position;
		known.queue.splice(0, done.length);
	}

	/** Forgets what was sent before a time and is in D1. */
	forget(before: number): void {
		const { epoch, seq } = this.#knowledge().position;
		const query = "DELETE FROM outbox WHERE sent_at < ? AND (epoch < ? OR (epoch = ? AND seq <= ?))";
		run(this.#database, query, before, epoch, epoch, seq);
	}

	get isEmpty(): boolean {
		const [any] = this.#database.sql.exec("SELECT 1 FROM outbox LIMIT 1");
		return any === undefined;
	}

	#body(sentAt: number, id: string): string {
		const [row] = this.#database.sql.exec("SELECT body FROM outbox WHERE sent_at = ? AND id = ?", sentAt, id);
		return v.parse(BodyRow, row).body;
	}

	/**
	 * The epoch is new even to an object that was restored to an earlier time, whose later numbers D1 has seen: it comes
	 * from the clock, and from a random number in case two copies start within a millisecond.
	 */
	#knowledge(): Knowledge {
		if (this.#known !== null) return this.#known;
		const { sql } = this.#database;
		const position = this.#position.read() ?? NOTHING_YET;
		const query = `SELECT sent_at, id, epoch, seq, at, weight, cost, length(CAST(body AS BLOB)) AS size FROM outbox
			WHERE sent_at >= ?1 AND (epoch > ?2 OR (epoch = ?2 AND seq > ?3)) ORDER BY epoch, seq`;
		const queue = [...sql.exec(query, position.since, position.epoch, position.seq)].map((row) =>
			v.parse(QueuedRow, row),
		);
		const last = queue.at(-1)?.epoch ?? position.epoch;
		const fresh = this.#clock() * 1024 + Math.floor(this.#random() * 1024);
		const weight = queue.reduce((sum, each) => sum + each.weight, 0);
		this.#known = { epoch: Math.max(fresh, last + 1), seq: 0, position, queue, weight };
		return this.#known;
	}
}

function isAfter(a: Place, b: Place): boolean {
	return a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq);
}
