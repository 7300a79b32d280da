// Remembers which beginnings of prompts came before, within bounds.
import { LruMap } from "#lib/lru-map";

/** Vendors keep what they were told to cache for five minutes without use. */
const KEPT_MS = 5 * 60_000;

/**
 * A bounded memory of the beginnings of prompts, as hashes that hold no text of them. Nothing in it lasts; what is lost
 * costs one prompt without a mark.
 */
export class SeenPrefixes {
	readonly #seenAt: LruMap<number>;

	/** The most that is kept; what was not touched for longest goes first. */
	constructor(most: number) {
		this.#seenAt = new LruMap(most);
	}

	/**
	 * The place of the longest of `prefixes` that came to `target` lately; null for none. They are in the order of their
	 * lengths; `now` is in milliseconds since the epoch.
	 */
	longest(target: string, prefixes: readonly string[], now: number): number | null {
		for (let place = prefixes.length - 1; place >= 0; place--) {
			const at = this.#seenAt.get(keyOf(target, prefixes[place]));
			if (at !== undefined && at + KEPT_MS > now) return place;
		}
		return null;
	}

	/** A prompt came to `target`: what begins others is its shortest prefix, and all of it. */
	saw(target: string, prefixes: readonly string[], now: number): void {
		for (const prefix of [prefixes[0], prefixes.at(-1)]) {
			if (prefix !== undefined) this.#seenAt.set(keyOf(target, prefix), now);
		}
	}
}

function keyOf(target: string, prefix = ""): string {
	return `${target} ${prefix}`;
}
