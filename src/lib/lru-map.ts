/** The last `most` entries that were written or read. */
export class LruMap<V> {
	readonly #most: number;
	/** Least recent first. */
	readonly #entries = new Map<string, V>();

	constructor(most: number) {
		this.#most = most;
	}

	get(key: string): V | undefined {
		const value = this.#entries.get(key);
		if (value !== undefined) {
			this.#entries.delete(key);
			this.#entries.set(key, value);
		}
		return value;
	}

	/** The entry, made now if there is none. */
	getOr(key: string, make: () => V): V {
		const known = this.get(key);
		if (known !== undefined) return known;
		const value = make();
		this.set(key, value);
		return value;
	}

	set(key: string, value: V): void {
		this.#entries.delete(key);
		this.#entries.set(key, value);
		for (const oldest of this.#entries.keys()) {
			if (this.#entries.size <= this.#most) return;
			this.#entries.delete(oldest);
		}
	}

	delete(key: string): void {
		this.#entries.delete(key);
	}
}
