// What becomes of each attempt at a simulated target, drawn from how it behaves at that moment.
import { estimatedUsage } from "#core/chat/usage";
import { costOf } from "#metering/cost";
import { seededRandom } from "#router/ranking/seeded-random";
import type { Call } from "./traffic";
import type { TrueTarget, World } from "./world";

/** What became of one attempt. Times in milliseconds from its start. */
type Attempted =
	| { readonly ok: false; readonly ms: number; readonly fault: "server" | "timeout" }
	| {
			readonly ok: true;
			readonly ttftMs: number;
			readonly ms: number;
			/** Nano-dollars. */
			readonly cost: number;
			readonly cached: number;
			readonly output: number;
			readonly good: boolean;
	  };

/** How long a failure takes to show: most at once, one in five only by the time limit. */
const QUICK_FAILURE_MS = 700;
const TIMEOUT_MS = 15_000;
export const USUAL_FAILURE_MS = 0.8 * QUICK_FAILURE_MS + 0.2 * TIMEOUT_MS;
/** Vendors keep prompts for so long without use, and no prompts shorter than this. */
const KEPT_MS = 5 * 60_000;
const LEAST_CACHED = 1_024;
/** Tokens that are read in the time to a first content. */
const READ_AT_ONCE = 20_000;

/**
 * All vendors, with the prompts that they have cached. What happens by chance hangs on the call and the target alone,
 * so that every way of choosing meets the same luck.
 */
export class Vendors {
	readonly #world: World;
	readonly #names: readonly string[];
	readonly #kept = new Map<string, { readonly at: number; readonly tokens: number }>();

	constructor(world: World) {
		this.#world = world;
		this.#names = [...world.targets.keys()];
	}

	/** Of a call's prompt, the tokens that the target could have cached. */
	cacheable({ conversation, family, fixedTokens, promptTokens }: Call, target: string, now: number): number {
		const own = this.#fresh(`${conversation} ${target}`, now);
		const shared = Math.min(fixedTokens, this.#fresh(`${family} ${target}`, now));
		const tokens = Math.min(promptTokens, Math.max(own, shared));
		return tokens < LEAST_CACHED ? 0 : tokens;
	}

	attempt(call: Call, target: string, now: number): Attempted {
		const truth = this.target(target);
		const [fails, slowly, hit, good, strays] = this.#luck(call, target);
		const behaviour = truth.drift.at(now);
		if (fails < behaviour.failure) {
			const isTimeout = slowly < 0.2;
			return { ok: false, ms: isTimeout ? TIMEOUT_MS : QUICK_FAILURE_MS, fault: isTimeout ? "timeout" : "server" };
		}
		const cached = hit < behaviour.cacheHit ? this.cacheable(call, target, now) : 0;
		const { ttftMs, ms } = timesOf(truth, call, cached, now);
		const output = outputOf(truth, call);
		this.#keep(call, target, now);
		return {
			ok: true,
			ttftMs: ttftMs * (0.7 + 0.6 * strays),
			ms: ms * (0.7 + 0.6 * strays),
			cost: priceOf(truth, call, cached, now),
			cached,
			output,
			good: good < truth.good[call.task],
		};
	}

	target(name: string): TrueTarget {
		const truth = this.#world.targets.get(name);
		if (truth === undefined) throw new RangeError(`no target ${name}`);
		return truth;
	}

	#fresh(key: string, now: number): number {
		const kept = this.#kept.get(key);
		return kept === undefined || kept.at + KEPT_MS <= now ? 0 : kept.tokens;
	}

	#keep({ conversation, family, promptTokens, fixedTokens }: Call, target: string, at: number): void {
		this.#kept.set(`${conversation} ${target}`, { at, tokens: promptTokens });
		this.#kept.set(`${family} ${target}`, { at, tokens: fixedTokens });
	}

	#luck({ index }: Call, target: string): readonly [number, number, number, number, number] {
		const draw = seededRandom(((index * this.#names.length + this.#names.indexOf(target)) * 0.618_033_988_75) % 1);
		return [draw(), draw(), draw(), draw(), draw()];
	}
}

function outputOf({ verbosity }: TrueTarget, { outputTokens }: Call): number {
	return Math.ceil(outputTokens * verbosity);
}

/** In nano-dollars. */
export function priceOf(truth: TrueTarget, call: Call, cached: number, now: number): number {
	const usage = { ...estimatedUsage(call.promptTokens - cached, outputOf(truth, call)), cacheRead: cached };
	const cost = costOf(usage, truth.model, now);
	if (cost === null) throw new RangeError("every target has a price");
	return cost;
}

/** Mean times, in milliseconds. */
export function timesOf(truth: TrueTarget, call: Call, cached: number, now: number): { ttftMs: number; ms: number } {
	const behaviour = truth.drift.at(now);
	const ttftMs = behaviour.ttftMs * (1 + (call.promptTokens - cached) / READ_AT_ONCE);
	return { ttftMs, ms: ttftMs + (outputOf(truth, call) / behaviour.tokensPerSecond) * 1_000 };
}
