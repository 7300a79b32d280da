// Ships the outbox of a key's object into D1's log of requests and the roll-ups.
import * as v from "valibot";
import { type KeyId, newId, type RequestId, type TeamId } from "#core/ids";
import type { UsageCount } from "#core/usage/usage-entry";
import {
	type BacklogNote,
	D1_MS,
	type OutboxShipper,
	type OwedEntry,
	type Place,
	type Shipment,
} from "#durable-objects/shared/outbox";
import type { LesserForm } from "#durable-objects/shared/outbox-caution";
import { within } from "#lib/deadline";
import { markDirty } from "#store/usage/dirty-objects";
import { flushUsage, type ShippedUsage } from "#store/usage/usage-flush";
import { UsageEntrySchema } from "#store/usage/usage-schemas";
import { entryOfSum, unlabelled } from "./usage-entries";

const StoredEntry = v.pipe(v.string(), v.parseJson(), UsageEntrySchema);

/** What must be readable of an entry of which only the sum is shipped. */
const TeamOfEntry = v.pipe(
	v.string(),
	v.parseJson(),
	v.object({ rows: v.array(v.object({ teamId: v.string() })), counts: v.array(v.object({ teamId: v.string() })) }),
);

/** How many apps of one key the roll-ups tell apart; clients choose the names, so there may be any number. */
const MAX_APPS = 50;
const OTHER_APP = "other";

export class UsageShipper implements OutboxShipper {
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

	ship({ epoch, entries }: Shipment): Promise<void> {
		const shipped = entries.map((entry) => this.#shipped(entry));
		return within(D1_MS, "D1", flushUsage(this.#db, this.#object, epoch, shipped, this.#clock()));
	}

	async shipRefused(refused: OwedEntry, form: LesserForm, reason: string): Promise<void> {
		const { place, at: storedAt, weight: records, cost } = refused;
		const { rows, counts } = this.#lesserForm(refused, form);
		const shipped: ShippedUsage = { seq: place.seq, cost, rows, counts };
		const note = { seq: place.seq, storedAt, records, cost, form, reason };
		await within(D1_MS, "D1", flushUsage(this.#db, this.#object, place.epoch, [shipped], this.#clock(), note));
	}

	markDirty(note: BacklogNote): Promise<void> {
		return within(D1_MS, "D1", markDirty(this.#db, { object: this.#object, ...note }));
	}

	/** The lesser form of an entry that D1 refused. Throws when the entry cannot be read that far. */
	#lesserForm({ place, at, cost, body }: OwedEntry, form: LesserForm): Pick<ShippedUsage, "rows" | "counts"> {
		switch (form) {
			case "unlabelled":
				return unlabelled(v.parse(StoredEntry, body));
			case "charge":
				return entryOfSum(this.#keyId, teamOf(body), requestOf(place, at), cost, at);
			case "nothing":
				return { rows: [], counts: [] };
		}
	}

	#shipped({ place, cost, body }: OwedEntry): ShippedUsage {
		const { rows, counts } = v.parse(StoredEntry, body);
		return { seq: place.seq, cost, rows, counts: counts.map((count) => this.#withKnownApp(count)) };
	}

	#withKnownApp(count: UsageCount): UsageCount {
		if (this.#apps.size < MAX_APPS) this.#apps.add(count.app);
		return this.#apps.has(count.app) ? count : { ...count, app: OTHER_APP };
	}
}

/** Empty when it cannot be read. */
function teamOf(body: string): TeamId {
	const read = v.safeParse(TeamOfEntry, body);
	const [first] = read.success ? [...read.output.rows, ...read.output.counts] : [];
	return (first?.teamId ?? "") as TeamId;
}

/** The request id that stands for an entry. Made of the entry's place, so a repetition has the same id. */
function requestOf({ epoch, seq }: Place, at: number): RequestId {
	const digits = epoch.toString(16).padStart(13, "0") + seq.toString(16).padStart(7, "0");
	return newId("req", at, digits.slice(0, 8).padEnd(24, "-") + digits.slice(8)) as RequestId;
}
