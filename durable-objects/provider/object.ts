import { DurableObject } from "cloudflare:workers";
import type { CellPattern, Circuit, ForceOrder, OutcomeBatch } from "../../src/core/circuits";
import type { ProviderHealth, TrialPermit } from "../../src/core/health";
import type { CredentialId } from "../../src/core/ids";
import type { Env } from "../../src/env";
import { Circuits } from "./circuits";
import { SqlCircuitStore } from "./storage";

/** One provider's health, learnt from what its attempts brought; its name is the provider's. */
export class ProviderObject extends DurableObject<Env> {
	readonly #circuits: Circuits;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const { storage } = ctx;
		this.#circuits = new Circuits({
			store: new SqlCircuitStore(storage),
			clock: () => Date.now(),
			random: () => Math.random(),
			newPermit: () => crypto.randomUUID(),
			wakeAt: (at) => void storage.setAlarm(at),
		});
	}

	/** Takes outcomes and answers with what is known then. Repeating a batch changes nothing more. */
	report(batch: OutcomeBatch): ProviderHealth {
		return this.#circuits.report(batch);
	}

	snapshot(): ProviderHealth {
		return this.#circuits.snapshot();
	}

	/** Null when somebody tries already. A permit whose holder never hears of it expires. */
	acquireTrial(target: { credential: CredentialId; model: string }, panic: boolean): TrialPermit | null {
		return this.#circuits.acquireTrial(target, panic);
	}

	circuits(): Circuit[] {
		return this.#circuits.circuits();
	}

	/** May be repeated, as `force` may. */
	reset(cells: CellPattern): Circuit[] {
		return this.#circuits.reset(cells);
	}

	force(order: ForceOrder): Circuit[] {
		return this.#circuits.force(order);
	}

	override alarm(): void {
		this.#circuits.wake();
	}
}
