// How a simulated target's speed, failures and cache stray over time.
import { seededRandom } from "#router/ranking/seeded-random";

/** How a target behaves at one moment. */
interface Behaviour {
	/** Usual time to the first content of a prompt that is cached, in milliseconds. */
	readonly ttftMs: number;
	readonly tokensPerSecond: number;
	/** How likely an attempt fails, from 0 to 1. */
	readonly failure: number;
	/** How likely a prompt that could be cached is. */
	readonly cacheHit: number;
}

/** How a target behaves on the whole, and how much it strays from that. */
export interface Temper extends Behaviour {
	/** Mean time between bad spells, and of one of them, in seconds. Half of the spells are outages, half slow. */
	readonly calmS: number;
	readonly spellS: number;
}

const STEP_MS = 5_000;
/** How much of a deviation is left after one step, and how large the steps are. */
const KEPT = 0.98;
const STEP = 0.06;

/**
 * A target's behaviour over time, fixed by its seed: speeds wander around their mean (an Ornstein-Uhlenbeck process on
 * their logarithm), and bad spells come and go at random, in which nearly all attempts fail or everything is six times
 * slower.
 */
export class Drift {
	readonly #steps: readonly Behaviour[];
	readonly #start: number;

	constructor(temper: Temper, start: number, durationMs: number, seed: number) {
		const draw = seededRandom(seed);
		this.#start = start;
		let slowness = 0;
		let speed = 0;
		let cache = 0;
		let spell: { readonly kind: "outage" | "slow"; readonly until: number } | null = null;
		const steps: Behaviour[] = [];
		for (let ms = 0; ms <= durationMs; ms += STEP_MS) {
			slowness = slowness * KEPT + STEP * normal(draw);
			speed = speed * KEPT + STEP * normal(draw);
			cache = cache * KEPT + STEP * normal(draw);
			if (spell !== null && ms >= spell.until) spell = null;
			if (spell === null && draw() < STEP_MS / 1_000 / temper.calmS) {
				const lasts = -Math.log(1 - draw()) * temper.spellS * 1_000;
				spell = { kind: draw() < 0.5 ? "outage" : "slow", until: ms + lasts };
			}
			const factor = spell?.kind === "slow" ? 6 : 1;
			steps.push({
				ttftMs: temper.ttftMs * Math.exp(slowness) * factor,
				tokensPerSecond: (temper.tokensPerSecond * Math.exp(speed)) / factor,
				failure: spell?.kind === "outage" ? 0.95 : temper.failure,
				cacheHit: Math.min(1, Math.max(0, temper.cacheHit + cache / 2)),
			});
		}
		this.#steps = steps;
	}

	at(now: number): Behaviour {
		const step = Math.min(this.#steps.length - 1, Math.max(0, Math.floor((now - this.#start) / STEP_MS)));
		const behaviour = this.#steps[step];
		if (behaviour === undefined) throw new RangeError("a drift has at least one step");
		return behaviour;
	}
}

/** Box and Muller's transform. */
function normal(draw: () => number): number {
	return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}
