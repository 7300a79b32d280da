/** The longest silence that an attempt may show in its phases, in milliseconds. */
export interface Patience {
	/** From sending to response headers. */
	readonly headers: number;
	/** From headers to the first content of a stream, or to the end of a whole answer. */
	readonly content: number;
	/** Between two pieces of a stream that has begun. */
	readonly idle: number;
}

/** Streams answer headers early; whole answers only when they are complete, so they may take as long as a long stream. */
export const STREAM_PATIENCE: Patience = { headers: 120_000, content: 300_000, idle: 60_000 };
export const WHOLE_PATIENCE: Patience = { headers: 600_000, content: 120_000, idle: 120_000 };

/** Why the watchdog aborted; `message` completes "the provider ...". */
export class Timeout extends Error {
	constructor(phase: keyof Patience, ms: number) {
		const what = {
			headers: "sent no response",
			content: "sent no content",
			idle: "fell silent in the middle of the answer",
		};
		super(`${what[phase]} within ${ms / 1000} s`);
		this.name = "Timeout";
	}
}

/**
 * Aborts an attempt that makes no progress. One timer sleeps on through phases and pieces, which only note the time; when
 * it fires early it goes back to sleep. It never sleeps longer than the shortest phase, so that none is missed.
 */
export class Watchdog {
	readonly #patience: Patience;
	readonly #shortest: number;
	readonly #controller = new AbortController();
	#phase: keyof Patience = "headers";
	#since = Date.now();
	#timer: ReturnType<typeof setTimeout>;

	constructor(patience: Patience) {
		this.#patience = patience;
		this.#shortest = Math.min(patience.headers, patience.content, patience.idle);
		this.#timer = this.#sleep(this.#shortest);
	}

	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	/** The timeout that fired, if one did. */
	get timeout(): Timeout | null {
		return this.#controller.signal.reason instanceof Timeout ? this.#controller.signal.reason : null;
	}

	enter(phase: keyof Patience): void {
		this.#phase = phase;
		this.touch();
	}

	/** The upstream showed life. */
	touch(): void {
		this.#since = Date.now();
	}

	/** The answer is complete: nothing is left that could be aborted. */
	stop(): void {
		clearTimeout(this.#timer);
	}

	/** Lets go of the upstream in the middle, or of an answer that is of no use. */
	abandon(): void {
		this.stop();
		this.#controller.abort();
	}

	#sleep(ms: number): ReturnType<typeof setTimeout> {
		return setTimeout(() => {
			const limit = this.#patience[this.#phase];
			const left = this.#since + limit - Date.now();
			if (left > 0) this.#timer = this.#sleep(Math.min(left, this.#shortest));
			else this.#controller.abort(new Timeout(this.#phase, limit));
		}, ms);
	}
}
