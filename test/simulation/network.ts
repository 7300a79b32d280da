// The simulation's network: copies every message, and loses, delays, doubles and reorders them.
import type { Random } from "#test/support/random";
import type { Host, VirtualTime } from "./time";

/** What may go wrong, as shares of 1. */
export interface Chaos {
	readonly lost: number;
	readonly doubled: number;
	/** Messages that take seconds instead of milliseconds, so that later ones overtake them. */
	readonly slow: number;
	/** Commits at which an object dies: half of them written, half not. */
	readonly crashes: number;
	/** Alarms that are used up by a copy that dies before it did anything. */
	readonly alarms: number;
	/** Messages before which an object moves and leaves a copy behind that goes on answering. */
	readonly moves: number;
	/** Requests before which the isolate of the gateway dies. */
	readonly isolates: number;
	/** Batches that an object's code cannot apply, or says so after it has applied them. */
	readonly refusals: number;
	/** Requests whose caller leaves, whose upstream breaks off, says nothing or nonsense. */
	readonly broken: number;
}

export const CALM: Chaos = {
	lost: 0,
	doubled: 0,
	slow: 0,
	crashes: 0,
	alarms: 0,
	moves: 0,
	isolates: 0,
	refusals: 0,
	broken: 0,
};

/** Carries a message: calls `handle` where it arrives; whoever answers may have died meanwhile. */
export type Handle = () => { readonly host: Host; readonly answer: Promise<unknown> };

/** Messages between hosts. Every one is copied, and may be lost, late, doubled or overtaken. */
export class Network {
	readonly #time: VirtualTime;
	readonly #random: Random;
	readonly #world: Host;
	chaos: Chaos;

	constructor(time: VirtualTime, random: Random, world: Host, chaos: Chaos) {
		this.#time = time;
		this.#random = random;
		this.#world = world;
		this.chaos = chaos;
	}

	call<T>(from: Host, handle: Handle): Promise<T> {
		return new Promise<T>((resolve, reject) => {
			const fail = (): void => {
				// Half of what breaks is noticed, the other half only by those who set a time.
				if (this.#random.chance(0.5)) {
					this.#time.after(this.#delay(), from, () => reject(new Error("the connection was lost")));
				}
			};
			const deliver = (): void => {
				const { host, answer } = handle();
				const reply = (settle: () => void): void => {
					// A host holds its answer back until its writes are safe, so one that died says nothing any more.
					if (!host.isAlive || this.#random.chance(this.chaos.lost)) fail();
					else this.#time.after(this.#delay(), from, settle);
				};
				answer.then(
					(value) => {
						const copy = structuredClone(value) as T;
						reply(() => resolve(copy));
					},
					(error: unknown) => reply(() => reject(remote(error))),
				);
			};
			const copies = this.#random.chance(this.chaos.doubled) ? 2 : 1;
			for (let copy = 0; copy < copies; copy++) {
				if (this.#random.chance(this.chaos.lost)) fail();
				else this.#time.after(this.#delay(), this.#world, deliver);
			}
		});
	}

	#delay(): number {
		return this.#random.chance(this.chaos.slow) ? this.#random.between(50, 9_000) : this.#random.between(1, 12);
	}
}

/** As the runtime hands on what an object's own code throws. */
function remote(error: unknown): unknown {
	return error instanceof Error ? Object.assign(error, { remote: true }) : error;
}
