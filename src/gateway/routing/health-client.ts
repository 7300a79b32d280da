/** The providers' health as one isolate knows it, and the outcomes that it still has to tell their objects. */
import type { Outcome, ProviderHealth, TrialPermit } from "#core/health/health";
import type { ProviderName } from "#core/ids";
import type { Env } from "#env";
import type { Platform } from "#lib/platform";
import { sleep } from "#lib/sleep";
import { MAX_FIRST_SNAPSHOT_MS, ProviderClient, type TrialTarget } from "#objects/provider-client";
import { KnownHealth } from "./known-health";

/** A copy of this age is refreshed in the background, in milliseconds. */
const SOFT_MS = 2_000;
/** An older copy is not used: the isolate asks as a new one does. */
const HARD_MS = 10_000;
/** How long a success waits for company, and how many outcomes are sent together. */
const GATHER_MS = 1_000;
const BATCH = 32;
/** How long a refused trial is not asked for again. */
const REFUSED_MS = 250;

/** What this isolate holds of one provider. */
interface Held {
	readonly health: KnownHealth;
	/** When the object was last asked in the background. */
	askedAt: number;
	/** The last question had an answer within the time that a request waits; else no request waits for the next one. */
	answersSoon: boolean;
	/** Outcomes not sent yet. */
	outcomes: Outcome[];
	sendsAt: number;
	/** Until when each target's trial is not asked for again. */
	readonly refused: Map<string, number>;
}

/** What this isolate knows of the providers' health, and what it has to tell their objects. */
export class HealthClient {
	readonly #platform: Platform;
	readonly #held = new Map<ProviderName, Held>();

	constructor(platform: Platform) {
		this.#platform = platform;
	}

	/**
	 * What this isolate knows of the providers' health: a function from a name to it, null when nothing is known, which
	 * is as good as closed. Waits for the providers' objects only when the isolate has not heard from them for long, and
	 * then briefly, and not when their last answer was late or did not come. Never throws.
	 */
	async view(
		on: { env: Env; execution: ExecutionContext; receivedAt: number },
		providers: readonly ProviderName[],
	): Promise<(provider: ProviderName) => ProviderHealth | null> {
		const { env, execution, receivedAt } = on;
		const waits: Promise<void>[] = [];
		for (const provider of providers) {
			const held = this.#heldOf(provider);
			const age = held.health.age(receivedAt);
			if (age < SOFT_MS) continue;
			if (age >= HARD_MS && held.answersSoon)
				waits.push(this.#hear(held, [], () => clientOf(env, provider).firstSnapshot()));
			else if (receivedAt - held.askedAt >= SOFT_MS) {
				// Set first, so that one request asks and not all that arrive before the answer.
				held.askedAt = receivedAt;
				execution.waitUntil(this.#hear(held, [], () => clientOf(env, provider).snapshot()));
			}
		}
		if (waits.length > 0) await Promise.all(waits);
		return (provider) => this.#heldOf(provider).health.at(this.#platform.clock(), HARD_MS);
	}

	/**
	 * Tells a provider's object what an attempt taught, without making anyone wait. An attempt is judged at its first
	 * content: report `ok` then, with `ttftMs`. When its stream has ended, report once more: `ignored` with `stream` and
	 * `prompt` when it was whole, `failed` with `midstream` when it broke. A whole answer is one report. The gateway's
	 * own refusals say nothing about a provider: do not report them.
	 */
	report(on: { env: Env; execution: ExecutionContext }, provider: ProviderName, outcome: Outcome): void {
		const { env, execution } = on;
		const { result, permit, stream, prompt } = outcome;
		if (result === "ignored" && permit === null && stream === null && prompt === null) return;
		const held = this.#heldOf(provider);
		const now = this.#platform.clock();
		held.outcomes.push(outcome);
		if (result === "failed") held.health.fail(outcome, now);
		if (result === "failed" || permit !== null || held.outcomes.length >= BATCH) {
			execution.waitUntil(this.#send(env, provider, held));
		} else if (now >= held.sendsAt) {
			held.sendsAt = now + GATHER_MS;
			execution.waitUntil(sleep(GATHER_MS).then(() => this.#send(env, provider, held)));
		}
	}

	/**
	 * Asks for the right to try a target that is half open; with `panic`, when there is nothing else to try, also one
	 * that is still open. Null when another request tries, when it was tried within the last second, or when the object
	 * does not answer, unless it is the last resort. The attempt names the permit in its outcomes, and gives signs of
	 * life until the first of them (`keepTrial`): others may try when it falls silent.
	 */
	async trial(
		env: Env,
		provider: ProviderName,
		target: TrialTarget,
		when: "due" | "panic" = "due",
	): Promise<TrialPermit | null> {
		const { refused } = this.#heldOf(provider);
		const key = `${when} ${target.credential} ${target.model}`;
		const now = this.#platform.clock();
		if (now < (refused.get(key) ?? 0)) return null;
		try {
			const permit = await clientOf(env, provider).acquireTrial(target, when === "panic");
			if (permit === null) refused.set(key, now + REFUSED_MS);
			return permit;
		} catch {
			return when === "panic" ? { id: this.#platform.newId(), expiresAt: now + HARD_MS } : null;
		}
	}

	/** After an admin's decision in this isolate: what is known here is asked for anew. */
	forget(): void {
		this.#held.clear();
	}

	#heldOf(provider: ProviderName): Held {
		let held = this.#held.get(provider);
		if (held === undefined) {
			held = {
				health: new KnownHealth(),
				askedAt: Number.NEGATIVE_INFINITY,
				answersSoon: true,
				outcomes: [],
				sendsAt: 0,
				refused: new Map(),
			};
			this.#held.set(provider, held);
		}
		return held;
	}

	/** Sends what waits. Outcomes that do not arrive are lost: they are knowledge, not money. */
	async #send(env: Env, provider: ProviderName, held: Held): Promise<void> {
		const { outcomes } = held;
		if (outcomes.length === 0) return;
		held.outcomes = [];
		held.sendsAt = 0;
		const batch = { id: this.#platform.newId(), outcomes };
		await this.#hear(held, outcomes, () => clientOf(env, provider).report(batch));
	}

	/** Every answer of a provider's object says how it stands. */
	async #hear(held: Held, learnt: readonly Outcome[], ask: () => Promise<ProviderHealth>): Promise<void> {
		const askedAt = this.#platform.clock();
		try {
			const reported = await ask();
			const now = this.#platform.clock();
			held.health.hear(reported, learnt, now);
			held.answersSoon = now - askedAt < MAX_FIRST_SNAPSHOT_MS;
			held.refused.clear();
		} catch {
			held.answersSoon = false;
		}
	}
}

function clientOf(env: Env, provider: ProviderName): ProviderClient {
	return new ProviderClient(env.PROVIDERS, provider);
}
