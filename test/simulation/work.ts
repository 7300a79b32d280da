// The books of the simulation's upstream: what each call truly owes, by prices that are reckoned here anew.
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { Model, Price } from "#catalog/model";

export function modelOf(provider: string, id: string): Model {
	const model = BUILT_IN_MODELS.find((one) => one.provider === provider && one.id === id);
	if (model === undefined) throw new Error("the catalog lost a model of the simulation");
	return model;
}

export function priceOf({ prices: [entry] }: Model): Price {
	if (entry === undefined) throw new Error("a model of the simulation has no price");
	return entry.price;
}

/** One call as the upstream sees it: its books are what is truly owed. */
export interface Work {
	readonly model: Model;
	readonly isOver: boolean;
	/** It says that it used far more than it can have: more than it bills. */
	readonly exaggerates: boolean;
	/** Nano-dollars. */
	bill(now: number): number;
}

/** A text that is written token by token, and billed as far as it came. */
export class Writing implements Work {
	readonly input: number;
	/** Tokens in the end, if nobody stops it. */
	readonly output: number;
	/** Tokens per millisecond. */
	readonly rate: number;
	readonly begin: number;
	readonly model: Model;
	readonly #price: Price;
	#made: number | null = null;
	exaggerates = false;

	constructor(model: Model, input: number, output: number, rate: number, begin: number) {
		this.model = model;
		this.#price = priceOf(model);
		this.input = input;
		this.output = output;
		this.rate = rate;
		this.begin = begin;
	}

	get isOver(): boolean {
		return this.#made !== null;
	}

	made(now: number): number {
		return this.#made ?? Math.min(this.output, Math.floor((now - this.begin) * this.rate));
	}

	/** Nothing is billed beyond what was made until now, and a little that was under way. */
	stop(now: number, underWay = 0): void {
		this.#made ??= Math.min(this.output, this.made(now) + underWay);
	}

	bill(now: number): number {
		const { input, output } = this.#price;
		return nanoOf(BigInt(this.input) * BigInt(input) + BigInt(this.made(now)) * BigInt(output));
	}
}

/** A piece of work that is billed in full as soon as it was begun, whatever becomes of its answer. */
export class Piecework implements Work {
	readonly model: Model;
	readonly exaggerates: boolean;
	readonly #owed: number;
	isOver = false;

	/** `owed` in nano-dollars. */
	constructor(model: Model, owed: number, exaggerates: boolean) {
		this.model = model;
		this.#owed = owed;
		this.exaggerates = exaggerates;
	}

	bill(): number {
		return this.#owed;
	}
}

/** Pico-dollars, rounded up once. */
export function nanoOf(pico: bigint): number {
	return Number((pico + 999n) / 1000n);
}
