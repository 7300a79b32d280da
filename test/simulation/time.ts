// The simulation's clock and event loop: runs one event at a time, in an order that the seed decides.
import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers";

/** Something that runs by itself and can die: an isolate, or one copy of an object. */
export class Host {
	readonly name: string;
	/** How far its clock is ahead, in milliseconds. */
	readonly skew: number;
	isAlive = true;

	constructor(name: string, skew = 0) {
		this.name = name;
		this.skew = skew;
	}
}

interface Event {
	readonly at: number;
	readonly order: number;
	readonly host: Host;
	readonly run: () => void;
	isCancelled: boolean;
}

/** More than any run takes. */
const MOST_STEPS = 100_000;

const running = new AsyncLocalStorage<{ readonly time: VirtualTime; readonly host: Host }>();

/**
 * A clock that jumps from event to event. What code of a host starts on timers of the platform runs on it as well, and
 * never after the host's death. Equal calls give equal runs: nothing here is left to the machine.
 */
export class VirtualTime {
	now: number;
	steps = 0;
	/** How many names were given. */
	names = 0;
	/** What the platform draws, for those who draw without saying from what: a linear congruential generator's state. */
	draws: number;
	#order = 0;
	/** A heap by time, then by order. */
	readonly #events: Event[] = [];

	constructor(start: number) {
		this.now = start;
		this.draws = start % 0x7fff_ffff;
	}

	/** Runs code as a host does: under its clock, with its timers. */
	as<T>(host: Host, work: () => T): T {
		return running.run({ time: this, host }, work);
	}

	/** Has something happen on a host, if it still lives then. The platform's clock counts whole milliseconds. */
	after(ms: number, host: Host, run: () => void): Event {
		const event = { at: this.now + Math.max(0, Math.ceil(ms)), order: this.#order++, host, run, isCancelled: false };
		this.#push(event);
		return event;
	}

	/** Lets everything happen that is due until `end`, or until `isOver`. */
	async run(end: number, isOver: () => boolean = () => false): Promise<void> {
		for (let event = this.#events[0]; event !== undefined && event.at <= end && !isOver(); event = this.#events[0]) {
			this.#pop();
			if (event.isCancelled || !event.host.isAlive) continue;
			this.now = event.at;
			this.steps++;
			if (this.steps > MOST_STEPS) throw new Error("the simulation never comes to rest");
			this.as(event.host, event.run);
			// All that follows at once has happened when the platform comes round.
			await new Promise<void>((resolve) => setImmediate(resolve));
		}
		if (!isOver()) this.now = Math.max(this.now, end);
	}

	#push(event: Event): void {
		const heap = this.#events;
		let at = heap.length;
		heap.push(event);
		while (at > 0) {
			const up = (at - 1) >> 1;
			if (!before(event, heap[up] as Event)) break;
			heap[at] = heap[up] as Event;
			at = up;
		}
		heap[at] = event;
	}

	#pop(): void {
		const heap = this.#events;
		const last = heap.pop();
		if (last === undefined || heap.length === 0) return;
		let at = 0;
		for (;;) {
			let child = 2 * at + 1;
			if (child >= heap.length) break;
			if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child++;
			if (!before(heap[child] as Event, last)) break;
			heap[at] = heap[child] as Event;
			at = child;
		}
		heap[at] = last;
	}
}

function before(a: Event, b: Event): boolean {
	return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/**
 * Puts the platform's clock, timers random numbers and names under virtual time for whatever runs as a host; everything
 * else keeps the real ones. Returns how to undo it.
 */
export function installPlatform(): () => void {
	const { now: realNow } = Date;
	const { random: realRandom } = Math;
	const { randomUUID: realUuid } = crypto;
	const real = { setTimeout, clearTimeout, setInterval, clearInterval };
	const virtual = new Map<number, { event: Event }>();
	let ids = 0x4000_0000;

	const start = (run: (...args: unknown[]) => void, ms: number, again: boolean, args: unknown[]): number | null => {
		const at = running.getStore();
		if (at === undefined) return null;
		const id = ids++;
		const fire = (): void => {
			const timer = virtual.get(id);
			if (timer === undefined) return;
			if (again) timer.event = at.time.after(ms, at.host, fire);
			else virtual.delete(id);
			run(...args);
		};
		virtual.set(id, { event: at.time.after(ms, at.host, fire) });
		return id;
	};
	const stop = (id: unknown): boolean => {
		const timer = typeof id === "number" ? virtual.get(id) : undefined;
		if (timer === undefined) return false;
		timer.event.isCancelled = true;
		virtual.delete(id as number);
		return true;
	};
	type Run = (...args: unknown[]) => void;
	Object.assign(globalThis, {
		setTimeout: (run: Run, ms = 0, ...args: unknown[]) =>
			start(run, ms, false, args) ?? real.setTimeout(run, ms, ...args),
		setInterval: (run: Run, ms = 0, ...args: unknown[]) =>
			start(run, ms, true, args) ?? real.setInterval(run, ms, ...args),
		clearTimeout: (id: number | null) => stop(id) || real.clearTimeout(id),
		clearInterval: (id: number | null) => stop(id) || real.clearInterval(id),
	});
	Date.now = () => {
		const at = running.getStore();
		return at === undefined ? realNow() : at.time.now + at.host.skew;
	};
	Math.random = () => {
		const at = running.getStore();
		if (at === undefined) return realRandom();
		// After Park and Miller: the multiplier 48,271 modulo a Mersenne prime.
		at.time.draws = (at.time.draws * 48_271) % 0x7fff_ffff;
		return at.time.draws / 0x7fff_ffff;
	};
	crypto.randomUUID = () => {
		const at = running.getStore();
		return at === undefined ? realUuid.call(crypto) : `0-0-0-0-${at.time.names++}`;
	};
	Object.assign(globalThis, { FixedLengthStream: PlainStream });
	return () => {
		Object.assign(globalThis, real);
		Date.now = realNow;
		Math.random = realRandom;
		crypto.randomUUID = realUuid;
		Reflect.deleteProperty(globalThis, "FixedLengthStream");
	};
}

/** The runtime's stream of a length that is told ahead, which Node has none of. */
class PlainStream extends TransformStream<Uint8Array, Uint8Array> {
	constructor(_length: number) {
		super();
	}
}
