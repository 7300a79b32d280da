import * as v from "valibot";
import { type KeyId, newId, type RequestId, type TeamId } from "#core/ids";
import type { UsageCount } from "#core/usage/usage-entry";
import { type Carrier, D1_MS, type Note, type Owed, type Parcel, type Place } from "#durable-objects/shared/outbox";
import type { LesserForm } from "#durable-objects/shared/outbox-caution";
import { within } from "#lib/deadline";
import { markDirty } from "#store/usage/dirty-objects";
import { flushUsage, type ShippedUsage } from "#store/usage/usage-flush";
import { UsageEntrySchema } from "#store/usage/usage-schemas";
import { entryOfSum, unlabelled } from "./usage-entries";

const StoredEntry = v.pipe(v.string(), v.parseJson(), UsageEntrySchema);

/** As much as has to be readable of an entry of which only the sum is brought in. */
const OwnedEntry = v.pipe(
	v.string(),
	v.parseJson(),
	v.object({ rows: v.array(v.object({ teamId: v.string() })), counts: v.array(v.object({ teamId: v.string() })) }),
);

/** So many apps of a key are told apart in the roll-ups; clients name them, so there may be any number. */
const MOST_APPS = 50;
const OTHER_APP = "other";

/** Brings what a key's object owes into the log of requests and the roll-ups. */
export class UsageShipper implements Carrier {
	readonly #db: D1Database;
	readonly #keyId: KeyId;
	readonly #object: string;
	readonly #clock: () => number;
	readonly #apps = new Set<string>();

	constructor(db: D1Database, keyId: KeyId, clock: () => number) {
		this.#db = db;
		this.#keyId = keyId;
		this.#object = `key/${keyId}`;
		this.#clock = clock;
	}

	ship({ epoch, entries }: Parcel): Promise<void> {
		const shipped = entries.map((entry) => this.#shipped(entry));
		return within(D1_MS, "D1", flushUsage(this.#db, this.#object, epoch, shipped, this.#clock()));
	}

	async shipRefused(refused: Owed, form: LesserForm, reason: string): Promise<void> {
		const { place, at: storedAt, weight: records, cost } = refused;
		const { rows, counts } = this.#lesser(refused, form);
		const shipped: ShippedUsage = { seq: place.seq, cost, rows, counts };
		const note = { seq: place.seq, storedAt, records, cost, form, reason };
		await within(D1_MS, "D1", flushUsage(this.#db, this.#object, place.epoch, [shipped], this.#clock(), note));
	}

	mark(note: Note): Promise<void> {
		return within(D1_MS, "D1", markDirty(this.#db, { object: this.#object, ...note }));
	}

	/** Of an entry that D1 refused. Throws when as much cannot be read of it. */
	#lesser({ place, at, cost, body }: Owed, form: LesserForm): Pick<ShippedUsage, "rows" | "counts"> {
		switch (form) {
			case "unlabelled":
				return unlabelled(v.parse(StoredEntry, body));
			case "charge":
				return entryOfSum(this.#keyId, teamOf(body), requestOf(place, at), cost, at);
			case "nothing":
				return { rows: [], counts: [] };
		}
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

/** Empty when it cannot be read. */
function teamOf(body: string): TeamId {
	const read = v.safeParse(OwnedEntry, body);
	const [first] = read.success ? [...read.output.rows, ...read.output.counts] : [];
	return (first?.teamId ?? "") as TeamId;
}

/** The id of a request that stands for an entry: its place takes the place of chance, so a repetition has the same. */
function requestOf({ epoch, seq }: Place, at: number): RequestId {
	const digits = epoch.toString(16).padStart(13, "0") + seq.toString(16).padStart(7, "0");
	return newId("req", at, digits.slice(0, 8).padEnd(24, "-") + digits.slice(8)) as RequestId;
}
