/** An object's one alarm, for all who wish to be woken: the earliest wish counts. */
export class Alarm {
	readonly #set: (at: number) => void;
	/** When it rings, as far as this copy of the object knows. */
	#at: number | null = null;

	/** `set` replaces the alarm that is set; times are in milliseconds since the epoch. */
	constructor(set: (at: number) => void) {
		this.#set = set;
	}

	wakeAt(at: number): void {
		if (this.#at !== null && this.#at <= at) return;
		this.#at = at;
		this.#set(at);
	}

	/** It has rung, and is not set any more. */
	rang(): void {
		this.#at = null;
	}
}
