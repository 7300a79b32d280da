// The breakers of simulated providers, and the copies that an isolate has of what they say.
import type { Outcome, ProviderHealth } from "#core/health/health";
import type { KeyId } from "#core/ids";
import { Circuits } from "#durable-objects/provider/circuits";
import { seededRandom } from "#router/ranking/seeded-random";
import type { Call } from "./traffic";
import { CREDENTIAL, START } from "./world";

/** How old an isolate lets its copy of a provider's health become, in milliseconds. */
const FRESH_MS = 2_000;

interface Provider {
	readonly circuits: Circuits;
	copy: ProviderHealth | null;
}

/** The providers' own objects, with the breaker that they run, and an isolate's copies of what they say. */
export class Observed {
	readonly #providers = new Map<string, Provider>();
	#now = START;
	#ids = 0;

	at(provider: string, now: number): ProviderHealth {
		this.#now = now;
		const known = this.#provider(provider);
		if (known.copy === null || known.copy.at + FRESH_MS <= now) known.copy = known.circuits.snapshot();
		return known.copy;
	}

	/** The permit's id; null when somebody tries already. */
	try(target: string, panic: boolean, now: number): string | null {
		this.#now = now;
		const [provider, model] = split(target);
		return this.#provider(provider).circuits.acquireTrial({ credential: CREDENTIAL, model }, panic)?.id ?? null;
	}

	report(call: Call, target: string, at: number, more: Partial<Outcome> & Pick<Outcome, "result">): void {
		this.#now = at;
		const [provider, model] = split(target);
		const outcome: Outcome = {
			attemptId: `${call.index} ${target}`,
			credential: CREDENTIAL,
			model,
			keyId: "key_1" as KeyId,
			fingerprint: String(call.index),
			startedAt: call.at,
			at,
			fault: null,
			midstream: false,
			limits: null,
			retryAfterMs: null,
			ttftMs: null,
			stream: null,
			prompt: null,
			permit: null,
			...more,
		};
		this.#provider(provider).circuits.report({ id: String(this.#ids++), outcomes: [outcome] });
	}

	#provider(name: string): Provider {
		const known = this.#providers.get(name);
		if (known !== undefined) return known;
		const circuits = new Circuits({
			store: { load: () => ({ cells: [], decisions: [], lastNow: 0 }), write: () => {} },
			clock: () => this.#now,
			random: seededRandom(0.4),
			newPermit: () => `permit ${this.#ids++}`,
			wakeAt: () => {},
		});
		const provider: Provider = { circuits, copy: null };
		this.#providers.set(name, provider);
		return provider;
	}
}

export function split(target: string): readonly [provider: string, model: string] {
	const slash = target.indexOf("/");
	return [target.slice(0, slash), target.slice(slash + 1)];
}
