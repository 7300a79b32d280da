/** Two attempts at one request side by side, as one event after the other. */
import type { Answer } from "#gateway/attempts/answer";
import type { Attempt } from "#gateway/attempts/attempt";

/** What happened in a race, in the order in which it happened. */
type RaceEvent =
	| { readonly kind: "answered"; readonly answer: Answer }
	| { readonly kind: "failed"; readonly attempt: Attempt; readonly error: unknown }
	/** There was no content within the time that the first attempt has to itself. Comes at most once. */
	| { readonly kind: "silent" }
	/** What was expected has joined, or does not come. */
	| { readonly kind: "joined" };

/**
 * The first content wins: when the race ends, every attempt that still runs is abandoned, and an answer that comes late
 * is let go.
 */
export class Race {
	readonly #running = new Set<Attempt>();
	readonly #events: RaceEvent[] = [];
	#wake: (() => void) | null = null;
	readonly #timer: ReturnType<typeof setTimeout>;
	#isExpecting = false;
	#broken: { readonly error: unknown } | null = null;
	#isOver = false;

	/** Its time runs from here. */
	constructor(silentAfterMs: number) {
		this.#timer = setTimeout(() => this.#report({ kind: "silent" }), silentAfterMs);
	}

	get isOver(): boolean {
		return this.#isOver;
	}

	/** Nothing runs, and nothing is expected. */
	get isEmpty(): boolean {
		return this.#running.size === 0 && !this.#isExpecting && this.#events.length === 0;
	}

	/** An attempt takes part. */
	run(attempt: Attempt, answer: Promise<Answer>): void {
		this.#running.add(attempt);
		answer.then(
			(answer) => {
				this.#running.delete(attempt);
				if (this.#isOver) letGo(answer);
				else this.#report({ kind: "answered", answer });
			},
			(error: unknown) => {
				this.#running.delete(attempt);
				this.#report({ kind: "failed", attempt, error });
			},
		);
	}

	/** Another attempt may join until `joined` resolves. */
	expect(joined: Promise<void>): void {
		this.#isExpecting = true;
		joined.then(
			() => {
				this.#isExpecting = false;
				this.#report({ kind: "joined" });
			},
			(error: unknown) => {
				this.#broken = { error };
				this.#wake?.();
			},
		);
	}

	/** Waits for what happens next. Throws what was thrown where an attempt was expected. */
	async next(): Promise<RaceEvent> {
		for (;;) {
			if (this.#broken !== null) throw this.#broken.error;
			const event = this.#events.shift();
			if (event !== undefined) return event;
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}

	end(): void {
		this.#isOver = true;
		clearTimeout(this.#timer);
		for (const attempt of this.#running) attempt.abandon();
		for (const event of this.#events) if (event.kind === "answered") letGo(event.answer);
	}

	#report(event: RaceEvent): void {
		this.#events.push(event);
		this.#wake?.();
	}
}

function letGo(answer: Answer): void {
	if (answer.kind === "stream") answer.stream.cancel();
}
