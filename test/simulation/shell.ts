// Runs an object of the simulation in copies that can die and be replaced, with storage and alarms.
import type { SqlDatabase } from "#durable-objects/shared/sql";
import type { Random } from "#test/support/random";
import { Disk } from "./disk";
import { CALM, type Network } from "./network";
import { Host, type VirtualTime } from "./time";

/** What a shell stands on. */
export interface Surroundings {
	readonly time: VirtualTime;
	readonly random: Random;
	/** What labels there are and which batches are refused, so that a run without them is what it was before. */
	readonly labels: Random;
	readonly network: Network;
	/** What happens by itself. */
	readonly platform: Host;
}

/** One copy of an object: its code, running. */
export interface Copy<Api> {
	readonly host: Host;
	readonly api: Api;
	/** When another copy took over; null while this is the newest. */
	replacedAt: number | null;
}

/** What a copy's code is given. */
export interface Inside {
	readonly host: Host;
	readonly database: SqlDatabase;
	readonly clock: () => number;
	readonly wakeAt: (at: number) => void;
}

/**
 * A durable object: storage that outlives its copies, an alarm, and at most one copy that may write. A copy that was
 * replaced goes on answering from memory until it touches the storage.
 */
export class Shell<Api> {
	readonly name: string;
	readonly disk = new Disk();
	readonly #on: Surroundings;
	readonly #skew: number;
	readonly #start: (inside: Inside) => Api;
	readonly #wake: (api: Api) => Promise<void>;
	#copies: Copy<Api>[] = [];
	#alarm = 0;
	/** Called after each commit. */
	onCommit: () => void = () => {};

	constructor(name: string, on: Surroundings, start: (inside: Inside) => Api, wake: (api: Api) => Promise<void>) {
		this.name = name;
		this.#on = on;
		this.#skew = on.random.between(-2_000, 2_000);
		this.#start = start;
		this.#wake = wake;
	}

	/** Makes its tables, which nothing can go wrong with. */
	begin(): void {
		const { chaos } = this.#on.network;
		this.#on.network.chaos = CALM;
		this.#newest();
		this.#on.network.chaos = chaos;
	}

	/** Has a message handled by a copy: the newest, or one that was left behind. */
	receive(run: (copy: Copy<Api>) => Promise<unknown>): { host: Host; answer: Promise<unknown> } {
		const { random, network, time } = this.#on;
		this.#copies = this.#copies.filter(({ host }) => host.isAlive);
		if (random.chance(network.chaos.moves)) this.move();
		const left = this.#copies.filter(({ replacedAt }) => replacedAt !== null);
		const copy = left.length > 0 && random.chance(0.5) ? random.pick(left) : this.#newest();
		if (copy === null)
			return { host: this.#on.platform, answer: Promise.reject(new Error("the object did not start")) };
		return { host: copy.host, answer: time.as(copy.host, () => run(copy)) };
	}

	/** The next message meets a fresh copy; the one before lives on. */
	move(): void {
		for (const copy of this.#copies) copy.replacedAt ??= this.#on.time.now;
	}

	/** All copies die. */
	crash(): void {
		for (const { host } of this.#copies) host.isAlive = false;
		this.#copies = [];
	}

	/** Copies left behind die. */
	settleDown(): void {
		for (const { host, replacedAt } of this.#copies) if (replacedAt !== null) host.isAlive = false;
	}

	#newest(): Copy<Api> | null {
		const known = this.#copies.find(({ host, replacedAt }) => host.isAlive && replacedAt === null);
		if (known !== undefined) return known;
		const { time } = this.#on;
		const host = new Host(this.name, this.#skew);
		const self: { copy: Copy<Api> | null } = { copy: null };
		const touch = (): void => {
			if (!host.isAlive) throw new Error("the object has died");
			if (self.copy === null || self.copy.replacedAt === null) return;
			host.isAlive = false;
			throw new Error("another copy of the object has taken over");
		};
		const inside: Inside = {
			host,
			database: this.disk.view(touch, (write) => this.#commit(host, write)),
			clock: () => time.now + this.#skew,
			wakeAt: (at) => {
				touch();
				this.#setAlarm(at - this.#skew);
			},
		};
		try {
			const api = time.as(host, () => this.#start(inside));
			self.copy = { host, api, replacedAt: null };
		} catch (error) {
			if (host.isAlive) throw error;
			return null;
		}
		this.#copies.push(self.copy);
		return self.copy;
	}

	#commit(host: Host, write: () => void): void {
		const { random, network } = this.#on;
		const dies = random.chance(network.chaos.crashes);
		if (dies && random.chance(0.5)) {
			host.isAlive = false;
			throw new Error("the object died before it wrote");
		}
		write();
		this.onCommit();
		if (!dies) return;
		host.isAlive = false;
		throw new Error("the object died after it had written");
	}

	/** An alarm outlives crashes, replaces an earlier one, and is repeated when it failed. */
	#setAlarm(at: number): void {
		const { time, platform } = this.#on;
		const alarm = ++this.#alarm;
		const ring = (): void => {
			if (alarm !== this.#alarm) return;
			const copy = this.#newest();
			if (copy === null) {
				time.after(2_000, platform, ring);
				return;
			}
			if (this.#on.random.chance(this.#on.network.chaos.alarms)) {
				copy.host.isAlive = false;
				return;
			}
			const again = (): void => {
				if (!copy.host.isAlive) time.after(2_000, platform, ring);
			};
			time.as(copy.host, () => this.#wake(copy.api)).then(again, again);
		};
		time.after(at - time.now, platform, ring);
	}
}
