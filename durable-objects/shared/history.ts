// The history of a team's or provider's object on its way to D1.
import * as v from "valibot";
import type { Swept } from "#core/usage/owed";
import { within } from "#lib/deadline";
import { markDirty } from "#store/usage/dirty-objects";
import { passOver, type Shipped } from "#store/usage/object-history";
import type { Alarm } from "./alarm";
import { D1_MS, Outbox, type OutboxShipper, type Shipment } from "./outbox";
import { SqlOutbox } from "./outbox-sql";
import type { SqlDatabase } from "./sql";

/** If a copy of the object dies in a flush, another copy goes on after this many milliseconds. */
const AGAIN_MS = 60_000;

/** What a history needs of its object. */
interface HistoryDeps {
	readonly database: SqlDatabase;
	readonly shipper: OutboxShipper;
	readonly alarm: Alarm;
	readonly clock: () => number;
	/** Returns a number in [0, 1). */
	readonly random: () => number;
}

/** What happened to an object: stored together with what changed, and shipped to D1 by the object's alarm. */
export class History<T> {
	readonly #store: SqlOutbox;
	readonly #outbox: Outbox;
	readonly #alarm: Alarm;
	readonly #clock: () => number;

	constructor({ database, shipper, alarm, clock, random }: HistoryDeps) {
		this.#store = new SqlOutbox(database, clock, random);
		this.#outbox = new Outbox(this.#store, shipper, clock, random);
		this.#alarm = alarm;
		this.#clock = clock;
		this.#keepAwake();
	}

	/** Stores what happened together with what `alsoWrite` stores, all or nothing. Throws what the storage throws. */
	write(items: readonly T[], alsoWrite: () => void): void {
		const now = this.#clock();
		const entry = { sentAt: now, id: null, at: now, weight: items.length, cost: 0, body: JSON.stringify(items) };
		this.#store.add(entry, alsoWrite);
		this.#outbox.noted();
		this.#keepAwake();
	}

	/** For the object's alarm. Never throws: what fails is tried again. */
	async wake(): Promise<void> {
		if (this.#outbox.dueAt === null) return;
		this.#alarm.wakeAt(this.#clock() + AGAIN_MS);
		try {
			if (this.#outbox.isReady) await this.#outbox.flush();
			this.#store.forget(this.#clock());
		} catch {
			// The alarm is set.
		}
		this.#keepAwake();
	}

	/** For the sweeper: ships what is owed. */
	sweep(): Promise<Swept> {
		this.#keepAwake();
		return this.#outbox.sweep();
	}

	#keepAwake(): void {
		if (this.#outbox.dueAt !== null) this.#alarm.wakeAt(this.#outbox.dueAt);
	}
}

/**
 * Ships a history to D1 by `ship`, which inserts nothing twice. An entry that D1 refuses is skipped: it has no cost.
 */
export function historyShipper<T>(
	db: D1Database,
	object: string,
	schema: v.GenericSchema<unknown, T>,
	clock: () => number,
	ship: (epoch: number, entries: readonly Shipped<T>[]) => Promise<void>,
): OutboxShipper {
	const stored = v.pipe(v.string(), v.parseJson(), v.array(schema));
	return {
		ship: async ({ epoch, entries }: Shipment) => {
			const shipped = entries.map(({ place, body }) => ({ seq: place.seq, items: v.parse(stored, body) }));
			await within(D1_MS, "D1", ship(epoch, shipped));
		},
		shipRefused: ({ place: { epoch, seq }, at: storedAt, weight: records, cost }, _, reason) => {
			const refused = { seq, storedAt, records, cost, form: "nothing" as const, reason };
			return within(D1_MS, "D1", passOver(db, object, epoch, refused, clock()));
		},
		markDirty: (note) => within(D1_MS, "D1", markDirty(db, { object, ...note })),
	};
}
