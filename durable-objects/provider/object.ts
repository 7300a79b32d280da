// The Durable Object class of one provider: its RPC methods, its storage and its alarm around `Circuits`.
import { DurableObject } from "cloudflare:workers";
import type { CellPattern, Circuit, ForceOrder, OutcomeBatch } from "#core/health/circuits";
import type { ProviderHealth, TrialPermit } from "#core/health/health";
import type { CredentialId } from "#core/ids";
import type { CircuitTransition } from "#core/usage/history";
import type { Swept } from "#core/usage/owed";
import { Alarm } from "#durable-objects/shared/alarm";
import { History, historyShipper } from "#durable-objects/shared/history";
import type { Env } from "#env";
import type { ProviderRpc } from "#objects/rpc";
import { CircuitTransitionSchema, flushTransitions } from "#store/usage/object-history";
import { Circuits } from "./circuits";
import { migrateProvider, SqlCircuitStore } from "./schema";

/** How long after a failure background work is tried again, in milliseconds. */
const AGAIN_MS = 15_000;

/** One provider's health, learnt from its attempts' outcomes; the object's name is the provider's. */
export class ProviderObject extends DurableObject<Env> implements ProviderRpc {
	readonly #circuits: Circuits;
	readonly #history: History<CircuitTransition>;
	readonly #alarm: Alarm;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const { name } = ctx.id;
		if (name === undefined) throw new Error("a provider's object is addressed by the provider's name");
		const { storage } = ctx;
		const clock = () => Date.now();
		migrateProvider(storage);
		this.#alarm = new Alarm((at) => void storage.setAlarm(at));
		const shipper = historyShipper(env.DB, `provider/${name}`, CircuitTransitionSchema, clock, (epoch, transitions) =>
			flushTransitions(env.DB, name, epoch, transitions, clock()),
		);
		this.#history = new History({ database: storage, shipper, alarm: this.#alarm, clock, random: Math.random });
		this.#circuits = new Circuits({
			store: new SqlCircuitStore(storage, this.#history),
			clock,
			random: () => Math.random(),
			newPermit: () => crypto.randomUUID(),
			wakeAt: (at) => this.#alarm.wakeAt(at),
		});
	}

	/** Takes outcomes and returns the provider's health after them. Repeating a batch changes nothing more. */
	report(batch: OutcomeBatch): ProviderHealth {
		return this.#circuits.report(batch);
	}

	snapshot(): ProviderHealth {
		return this.#circuits.snapshot();
	}

	/** Null when a trial runs already. A permit expires when its isolate never gets it or stops renewing it. */
	acquireTrial(target: { credential: CredentialId; model: string }, panic: boolean): TrialPermit | null {
		return this.#circuits.acquireTrial(target, panic);
	}

	/** May be repeated. */
	renewTrial(target: { credential: CredentialId; model: string }, permit: string): void {
		this.#circuits.renewTrial(target, permit);
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

	/** For the sweeper: ships what is owed to D1. */
	sweep(): Promise<Swept> {
		return this.#history.sweep();
	}

	override async alarm(): Promise<void> {
		this.#alarm.rang();
		try {
			this.#circuits.wake();
		} catch {
			this.#alarm.wakeAt(Date.now() + AGAIN_MS);
		}
		await this.#history.wake();
	}
}
