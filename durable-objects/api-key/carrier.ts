import * as v from "valibot";
import type { KeyId } from "../../src/core/ids";
import type { UsageCount } from "../../src/core/usage-entry";
import { within } from "../../src/store/deadline";
import { markDirty } from "../../src/store/dirty-objects";
import { flushUsage, type ShippedUsage } from "../../src/store/usage-flush";
import { UsageEntrySchema } from "../../src/store/usage-schemas";
import { type Carrier, D1_MS, type Note, type Owed, type Parcel } from "../shared/outbox";

const StoredEntry = v.pipe(v.string(), v.parseJson(), UsageEntrySchema);

/** So many apps of a key are told apart in the roll-ups; clients name them, so there may be any number. */
const MOST_APPS = 50;
const OTHER_APP = "other";

/** Brings what a key's object owes into the log of requests and the roll-ups. */
export class KeyCarrier implements Carrier {
	readonly #db: D1Database;
	readonly #object: string;
	readonly #clock: () => number;
	readonly #apps = new Set<string>();

	constructor(db: D1Database, keyId: KeyId, clock: () => number) {
		this.#db = db;
		this.#object = `key/${keyId}`;
		this.#clock = clock;
	}

	ship({ epoch, entries }: Parcel): Promise<void> {
		const shipped = entries.map((entry) => this.#shipped(entry));
		return within(D1_MS, "D1", flushUsage(this.#db, this.#object, epoch, shipped, this.#clock()));
	}

	mark(note: Note): Promise<void> {
		return within(D1_MS, "D1", markDirty(this.#db, { object: this.#object, ...note }));
	}

	#shipped({ place, cost, body }: Owed): ShippedUsage {
		const { rows, counts } = v.parse(StoredEntry, body);
		return { seq: place.seq, cost, rows, counts: counts.map((count) => this.#withKnownApp(count)) };
	}

	#withKnownApp(count: UsageCount): UsageCount {
		if (this.#apps.size < MOST_APPS) this.#apps.add(count.app);
		return this.#apps.has(count.app) ? count : { ...count, app: OTHER_APP };
	}
}
