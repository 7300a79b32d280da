import * as v from "valibot";
import type { Swept } from "#core/usage/owed";
import { within } from "#lib/deadline";
import { markDirty } from "#store/usage/dirty-objects";
import { passOver, type Shipped } from "#store/usage/history-flush";
import type { Alarm } from "./alarm";
import { type Carrier, D1_MS, Outbox, type Parcel } from "./outbox";
import { SqlOutbox } from "./outbox-sql";
import type { SqlDatabase } from "./sql";

/** Should a copy of the object not come back from a flush, another one goes on after so long, in milliseconds. */
const AGAIN_MS = 60_000;

/** What a history stands on. */
export interface HistoryDeps {
	readonly database: SqlDatabase;
	readonly carrier: Carrier;
	readonly alarm: Alarm;
	readonly clock: () => number;
	/** Gives shares of 1. */
	readonly random: () => number;
}

/** What became of an object, on its way to D1: written together with what changed, and shipped by the object's alarm. */
export class History<T> {
	readonly #stored: SqlOutbox;
	readonly #outbox: Outbox;
	readonly #alarm: Alarm;
	readonly #clock: () => number;

	constructor({ database, carrier, alarm, clock, random }: HistoryDeps) {
		this.#stored = new SqlOutbox(database, clock, random);
		this.#outbox = new Outbox(this.#stored, carrier, clock, random);
		this.#alarm = alarm;
		this.#clock = clock;
		this.#keepAwake();
	}

	/** Writes down what happened together with what `beside` stores, all or nothing. Throws what the storage throws. */
	write(items: readonly T[], beside: () => void): void {
		const now = this.#clock();
		const entry = { sentAt: now, id: null, at: now, weight: items.length, cost: 0, body: JSON.stringify(items) };
		this.#stored.add(entry, beside);
		this.#outbox.noted();
		this.#keepAwake();
	}

	/** For the object's alarm. Never throws: what fails is tried again. */
	async wake(): Promise<void> {
		if (this.#outbox.dueAt === null) return;
		this.#alarm.wakeAt(this.#clock() + AGAIN_MS);
		try {
			if (this.#outbox.isReady) await this.#outbox.flush();
			this.#stored.forget(this.#clock());
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

/** Brings a history into D1 by `ship`, which takes nothing twice. An entry that D1 refuses is passed over: it has no sum. */
export function historyCarrier<T>(
	db: D1Database,
	object: string,
	schema: v.GenericSchema<unknown, T>,
	clock: () => number,
	ship: (epoch: number, entries: readonly Shipped<T>[]) => Promise<void>,
): Carrier {
	const stored = v.pipe(v.string(), v.parseJson(), v.array(schema));
	return {
		ship: async ({ epoch, entries }: Parcel) => {
			const shipped = entries.map(({ place, body }) => ({ seq: place.seq, items: v.parse(stored, body) }));
			await within(D1_MS, "D1", ship(epoch, shipped));
		},
		shipRefused: ({ place: { epoch, seq }, at: storedAt, weight: records, cost }, _, reason) => {
			const refused = { seq, storedAt, records, cost, form: "nothing" as const, reason };
			return within(D1_MS, "D1", passOver(db, object, epoch, refused, clock()));
		},
		mark: (note) => within(D1_MS, "D1", markDirty(db, { object, ...note })),
	};
}
