// An object's one alarm, shared by all parts of it that ask to be woken: the earliest time counts.
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

	/**
	 * Sets it again even if this copy believes that it is set, because it may already have rung for a later copy of the
	 * object.
	 */
	wakeSurely(by: number): void {
		this.#at = Math.min(this.#at ?? by, by);
		this.#set(this.#at);
	}

	/** As far as this copy of the object knows. */
	get isSet(): boolean {
		return this.#at !== null;
	}

	/** To be called when it has rung: it is not set any more. */
	rang(): void {
		this.#at = null;
	}
}
