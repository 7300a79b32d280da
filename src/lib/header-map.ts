// Headers that are looked up many times, read in one pass.

/** Where headers are looked up, each by its name in lower case. */
export type HeaderReader = Pick<Headers, "get" | "has" | "keys">;

/**
 * Headers that the first question reads, all of them: to ask the runtime for each by its name costs as much for every
 * eighth name as this does once.
 */
export class HeaderMap implements HeaderReader {
	readonly #headers: Headers;
	#values: ReadonlyMap<string, string> | null = null;

	/** They must not change any more. */
	constructor(headers: Headers) {
		this.#headers = headers;
	}

	get(name: string): string | null {
		return this.#all.get(name) ?? null;
	}

	has(name: string): boolean {
		return this.#all.has(name);
	}

	keys(): IterableIterator<string> {
		return this.#all.keys();
	}

	get #all(): ReadonlyMap<string, string> {
		this.#values ??= new Map(this.#headers);
		return this.#values;
	}
}
