/** Random choices that a seed repeats. */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	/** A fraction in [0, 1). */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let mixed = this.#state;
		mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}

	/** An integer in [least, most]. */
	between(least: number, most: number): number {
		return least + Math.floor(this.next() * (most - least + 1));
	}

	chance(share: number): boolean {
		return this.next() < share;
	}

	pick<T>(from: readonly T[]): T {
		const picked = from[this.between(0, from.length - 1)];
		if (picked === undefined) throw new RangeError("nothing to pick from");
		return picked;
	}

	/** Takes one out. */
	draw<T>(from: T[]): T {
		const [drawn] = from.splice(this.between(0, from.length - 1), 1);
		if (drawn === undefined) throw new RangeError("nothing to draw from");
		return drawn;
	}
}
