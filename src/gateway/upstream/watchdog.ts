/** How long an attempt may take to get through its phases, in milliseconds. */
export interface Patience {
	/** From sending to response headers. */
	readonly headers: number;
	/** From sending to the first content of a stream, or to the end of a whole answer. */
	readonly content: number;
	/** Between two pieces of a stream that has begun. */
	readonly idle: number;
	/** From sending to the end. */
	readonly end: number;
}

type Phase = "headers" | "content" | "idle";

/** Why the watchdog aborted; `message` completes "the provider ...". */
export class Timeout extends Error {
	constructor(phase: keyof Patience, ms: number) {
		const what = {
			headers: "sent no response",
			content: "sent no content",
			idle: "fell silent in the middle of the answer",
			end: "did not finish its answer",
		};
		super(`${what[phase]}${phase === "idle" ? " for" : " within"} ${ms / 1000} s`);
		this.name = "Timeout";
	}
}

/**
 * Aborts an attempt that makes no progress. One timer sleeps on through phases and pieces, which only note the time;
 * when it fires early it goes back to sleep. It never sleeps longer than a stream may idle, so that no phase is missed.
 */
export class Watchdog {
	readonly #patience: Patience;
	readonly #controller = new AbortController();
	readonly #clock: () => number;
	readonly #begin: number;
	#phase: Phase = "headers";
	#seen: number;
	#timer: ReturnType<typeof setTimeout>;

	/** `clock` tells milliseconds since the epoch. */
	constructor(patience: Patience, clock: () => number) {
		this.#clock = clock;
		this.#begin = clock();
		this.#seen = this.#begin;
		this.#patience = patience;
		this.#timer = this.#sleep(this.#begin);
	}

	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	/** The timeout that fired, if one did. */
	get timeout(): Timeout | null {
		return this.#controller.signal.reason instanceof Timeout ? this.#controller.signal.reason : null;
	}

	enter(phase: Phase): void {
		this.#phase = phase;
		this.touch();
	}

	/** The upstream showed life. */
	touch(): void {
		this.#seen = this.#clock();
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

	#sleep(now: number): ReturnType<typeof setTimeout> {
		const { idle, end } = this.#patience;
		const due = Math.min(this.#phaseDue(), this.#begin + end);
		return setTimeout(() => this.#wake(), Math.min(due - now, idle));
	}

	#wake(): void {
		const now = this.#clock();
		const { [this.#phase]: limit, end } = this.#patience;
		if (this.#phaseDue() <= now) this.#controller.abort(new Timeout(this.#phase, limit));
		else if (this.#begin + end <= now) this.#controller.abort(new Timeout("end", end));
		else this.#timer = this.#sleep(now);
	}

	#phaseDue(): number {
		return (this.#phase === "idle" ? this.#seen : this.#begin) + this.#patience[this.#phase];
	}
}
