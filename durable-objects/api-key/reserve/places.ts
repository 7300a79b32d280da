// Requests that wait for one of the key's concurrency slots.
import { sleep } from "#lib/sleep";

/** The longest that a request waits for a place, in milliseconds: a settlement that is under way arrives sooner. */
export const MAX_WAIT_MS = 500;
/** The most requests of a key that wait at once; they hold no place and no money, but memory. */
const MAX_WAITING = 100;

/** Requests that found as many running as may run at once, and wait for one of those to be settled. */
export class Places {
	/** In the order in which they came. */
	readonly #waiting = new Set<AbortController>();

	/** Resolves to true when a place may have come free; to false after `ms`, or at once when too many wait already. */
	async wait(ms: number): Promise<boolean> {
		if (this.#waiting.size >= MAX_WAITING) return false;
		const turn = new AbortController();
		this.#waiting.add(turn);
		await sleep(ms, turn.signal);
		this.#waiting.delete(turn);
		return turn.signal.aborted;
	}

	/** Something ended: the requests that wait look again, the first first. */
	freed(): void {
		for (const turn of this.#waiting) turn.abort();
	}
}
