/**
 * How many keys' objects may be woken for screens that ask for usage again and again. Each isolate counts by itself,
 * all who look together, so that an open console costs the same whether keys are few or many.
 */

/** The most objects that a console's first look, after a pause, may wake. */
const MAX_SAVED = 40;
/** Then one in this time, in milliseconds: a third of the call a second that a console may cost the objects. */
const MS_PER_OBJECT = 3_000;

export class LiveReads {
	readonly #clock: () => number;
	#saved = MAX_SAVED;
	#at: number;

	/** `clock` gives milliseconds since the epoch. */
	constructor(clock: () => number) {
		this.#clock = clock;
		this.#at = clock();
	}

	/** How many objects may be woken now. */
	get left(): number {
		const now = this.#clock();
		this.#saved = Math.min(MAX_SAVED, this.#saved + Math.max(0, now - this.#at) / MS_PER_OBJECT);
		this.#at = now;
		return Math.floor(this.#saved);
	}

	/** Notes that some were woken: as many as were left, at most. */
	spend(objects: number): void {
		this.#saved -= objects;
	}
}
