/** Calls the object of one provider; each method is the object's of that name, under its deadline. */
import type { CellPattern, Circuit, ForceOrder, OutcomeBatch } from "#core/health/circuits";
import type { ProviderHealth, TrialPermit } from "#core/health/health";
import type { CredentialId, ProviderName } from "#core/ids";
import type { Swept } from "#core/usage/owed";
import type { Env } from "#env";
import { askObject, askObjectOnce, MAX_ADMIN_MS, MAX_SWEEP_MS } from "./call";

/** In milliseconds, as all below. A request waits to hear how a provider fares, and goes on without. */
export const MAX_FIRST_SNAPSHOT_MS = 150;
/** A request that has nowhere better to go waits for the right to try. */
const MAX_TRIAL_MS = 300;
/** No request waits; what does not arrive by then is lost, which costs knowledge and no money. */
const MAX_BACKGROUND_MS = 2_000;
/** No request waits, and the permit lasts for several signs of life. */
const MAX_RENEW_TRIAL_MS = 5_000;

type Stub = ReturnType<Env["PROVIDERS"]["getByName"]>;

/** What a trial tries. */
export interface TrialTarget {
	readonly credential: CredentialId;
	/** The model's id at the provider. */
	readonly model: string;
}

/** Every method throws what the object threw, or `DeadlineError`; then the call may have run nevertheless. */
export class ProviderClient {
	readonly #providers: Env["PROVIDERS"];
	readonly #provider: ProviderName;

	constructor(providers: Env["PROVIDERS"], provider: ProviderName) {
		this.#providers = providers;
		this.#provider = provider;
	}

	report(batch: OutcomeBatch): Promise<ProviderHealth> {
		return this.#ask(MAX_BACKGROUND_MS, async (stub): Promise<ProviderHealth> => await stub.report(batch));
	}

	snapshot(): Promise<ProviderHealth> {
		return this.#ask(MAX_BACKGROUND_MS, async (stub): Promise<ProviderHealth> => await stub.snapshot());
	}

	/** `snapshot` for an isolate that knows nothing of the provider, and has a request wait for the answer. */
	firstSnapshot(): Promise<ProviderHealth> {
		return this.#ask(MAX_FIRST_SNAPSHOT_MS, async (stub): Promise<ProviderHealth> => await stub.snapshot());
	}

	/** Asked once: the answer to a first call may be lost with its permit, and a second one would be refused. */
	acquireTrial(target: TrialTarget, panic: boolean): Promise<TrialPermit | null> {
		return askObjectOnce(
			this.#providers,
			this.#provider,
			MAX_TRIAL_MS,
			async (stub): Promise<TrialPermit | null> => await stub.acquireTrial(target, panic),
		);
	}

	renewTrial(target: TrialTarget, permit: string): Promise<void> {
		return this.#ask(MAX_RENEW_TRIAL_MS, async (stub) => await stub.renewTrial(target, permit));
	}

	circuits(): Promise<readonly Circuit[]> {
		return this.#ask(MAX_ADMIN_MS, async (stub): Promise<readonly Circuit[]> => await stub.circuits());
	}

	reset(cells: CellPattern): Promise<readonly Circuit[]> {
		return this.#ask(MAX_ADMIN_MS, async (stub): Promise<readonly Circuit[]> => await stub.reset(cells));
	}

	force(order: ForceOrder): Promise<readonly Circuit[]> {
		return this.#ask(MAX_ADMIN_MS, async (stub): Promise<readonly Circuit[]> => await stub.force(order));
	}

	sweep(): Promise<Swept> {
		return this.#ask(MAX_SWEEP_MS, async (stub): Promise<Swept> => await stub.sweep());
	}

	#ask<T>(ms: number, ask: (stub: Stub) => Promise<T>): Promise<T> {
		return askObject(this.#providers, this.#provider, ms, ask);
	}
}
