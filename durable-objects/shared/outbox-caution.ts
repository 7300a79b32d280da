/**
 * How much an outbox ships at once. A shipment that failed is tried by halves, down to one entry; an entry that D1
 * refuses while it takes notes is shipped in lesser and lesser forms. Pure.
 */

/** What one shipment holds at most. */
export interface ShipmentLimits {
	readonly entries: number;
	/** Records. */
	readonly weight: number;
	/** Bytes of the bodies in UTF-8. */
	readonly bytes: number;
}

/**
 * How much of a refused entry is shipped: all but what callers named, one row with its sum, or only that it was
 * refused. The fullest form first.
 */
export const LESSER_FORMS = ["unlabelled", "charge", "nothing"] as const;
export type LesserForm = (typeof LESSER_FORMS)[number];

/** The most records in one transaction. */
const PARCEL_WEIGHT = 500;
/** The most bytes in one transaction: D1 takes 2,000,000 in a bound value, and each record gets its number added. */
const PARCEL_BYTES = 1_000_000;
/** How often in a row an entry must fail alone, while D1 takes notes, before the next lesser form is tried. */
const LONE_TRIES = 6;

export class Caution {
	#entries = PARCEL_WEIGHT;
	/** How often in a row one entry failed alone while D1 took notes. */
	#loneFailures = 0;

	get limits(): ShipmentLimits {
		return { entries: this.#entries, weight: PARCEL_WEIGHT, bytes: PARCEL_BYTES };
	}

	/** In which lesser forms the entry that just failed may be shipped. */
	get forms(): readonly LesserForm[] {
		return LESSER_FORMS.slice(0, Math.floor(this.#loneFailures / LONE_TRIES));
	}

	succeeded(): void {
		this.#entries = Math.min(PARCEL_WEIGHT, this.#entries * 2);
		this.#loneFailures = 0;
	}

	/** A shipment of `entries` entries failed; `d1Answers`: D1 took a note right after. */
	failed(entries: number, d1Answers: boolean): void {
		this.#entries = Math.max(1, Math.floor(entries / 2));
		if (entries === 1 && d1Answers) this.#loneFailures++;
	}
}
