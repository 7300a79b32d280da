/**
 * How much an outbox ships at once. A parcel that failed is tried by halves, until one entry stands alone; one that D1 does
 * not take although it takes notes is brought in by less and less of it. Pure.
 */

/** What one parcel holds at most. */
export interface Most {
	readonly entries: number;
	/** Records. */
	readonly weight: number;
	/** Of the bodies, in UTF-8. */
	readonly bytes: number;
}

/**
 * How much of a refused entry is brought in: all but what callers named, one row with its sum, or only that it was refused.
 * Most first.
 */
export const LESSER_FORMS = ["unlabelled", "charge", "nothing"] as const;
export type LesserForm = (typeof LESSER_FORMS)[number];

/** One transaction takes so many records at most. */
const PARCEL_WEIGHT = 500;
/** And so much: D1 takes 2,000,000 bytes in a bound value, and each record gets its number added on the way. */
const PARCEL_BYTES = 1_000_000;
/** So often in a row an entry fails alone, while D1 takes notes, before each lesser form of it is tried. */
const LONE_TRIES = 6;

export class Caution {
	#entries = PARCEL_WEIGHT;
	/** How often in a row one entry failed alone while D1 took notes. */
	#strikes = 0;

	get most(): Most {
		return { entries: this.#entries, weight: PARCEL_WEIGHT, bytes: PARCEL_BYTES };
	}

	/** In which lesser forms the entry that just failed may be shipped. */
	get forms(): readonly LesserForm[] {
		return LESSER_FORMS.slice(0, Math.floor(this.#strikes / LONE_TRIES));
	}

	succeeded(): void {
		this.#entries = Math.min(PARCEL_WEIGHT, this.#entries * 2);
		this.#strikes = 0;
	}

	/** A parcel of so many entries failed; `isThere`: D1 took a note right after. */
	failed(entries: number, isThere: boolean): void {
		this.#entries = Math.max(1, Math.floor(entries / 2));
		if (entries === 1 && isThere) this.#strikes++;
	}
}
