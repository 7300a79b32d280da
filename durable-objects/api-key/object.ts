// The Durable Object class of one API key: its RPC methods, its storage and its alarm around `ApiKey`.
import { DurableObject } from "cloudflare:workers";
import type { BudgetChange, BudgetChanged, KeyBudgetStatus } from "#core/budget/budget-status";
import type { KeyId, RequestId } from "#core/ids";
import type { KeyRegistration } from "#core/key/key";
import type { Admission, AdmissionRequest } from "#core/key-object/admission";
import type { ClaimOutcome, ClaimRequest } from "#core/key-object/idempotency";
import type { LateCost, LateOutcome } from "#core/key-object/late-cost";
import type { Reservation, ReserveRequest } from "#core/key-object/reservation";
import type { BatchOutcome, EndedBatch, Extension } from "#core/key-object/settlement";
import type { Recollection } from "#core/routing/routing-memory";
import type { Swept } from "#core/usage/owed";
import { SqlLedgerStore } from "#durable-objects/api-key/usage/sql-ledger-store";
import { UsageShipper } from "#durable-objects/api-key/usage/usage-shipper";
import type { LeaseReport, RecallReason } from "#durable-objects/shared/lease-protocol";
import { Outbox } from "#durable-objects/shared/outbox";
import { SqlOutbox } from "#durable-objects/shared/outbox-sql";
import type { Env } from "#env";
import type { KeyRpc } from "#objects/rpc";
import { TeamClient } from "#objects/team-client";
import { readRegistration } from "#store/keys/key-forms";
import { ApiKey } from "./api-key";
import { CLAIM_MS, Claims, MAX_CLAIMS } from "./idempotency";
import { KeyRoutingMemory } from "./routing-memory";
import { limiterIn, migrateKey, registrationIn } from "./schema";

/** One API key at run time; its name is the key's id. Every request of the key passes here. */
export class ApiKeyObject extends DurableObject<Env> implements KeyRpc {
	readonly #apiKey: ApiKey;
	readonly #claims: Claims;
	readonly #routing = new KeyRoutingMemory();

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const { name } = ctx.id;
		if (name === undefined) throw new Error("an API key's object is addressed by the key's id");
		const { storage } = ctx;
		const keyId = name as KeyId;
		const clock = () => Date.now();
		migrateKey(storage);
		const stored = new SqlOutbox(storage, clock, Math.random);
		this.#claims = new Claims(storage, MAX_CLAIMS);
		this.#apiKey = new ApiKey({
			keyId,
			registrations: registrationIn(storage),
			registry: { read: () => readRegistration(env.DB, keyId, Date.now()) },
			limiter: limiterIn(storage),
			ledger: (context) => new SqlLedgerStore(keyId, storage, stored, context),
			team: { exchange: (teamId, reports) => new TeamClient(env.TEAMS, teamId).exchange(reports) },
			outbox: new Outbox(stored, new UsageShipper(env.DB, keyId, clock), clock, Math.random),
			clock,
			wakeAt: (at) => void storage.setAlarm(at),
		});
	}

	/** Whether a request may go on. Changes nothing, so it may be asked again. */
	admit(request: AdmissionRequest): Promise<Admission> {
		return this.#apiKey.admit(request);
	}

	/**
	 * Puts a change into force from the next request on. An older registration than the one in force is ignored. Returns
	 * the version in force.
	 */
	configure(registration: KeyRegistration): number {
		return this.#apiKey.configure(registration);
	}

	/** Holds money and a concurrency slot for one attempt, or says why not. Repeating it holds nothing more. */
	reserve(request: ReserveRequest): Promise<Reservation> {
		return this.#apiKey.reserve(request);
	}

	/** Ends attempts. Repeating a batch changes nothing more. */
	settle(batch: EndedBatch): BatchOutcome {
		const outcome = this.#apiKey.settle(batch);
		if (outcome === "applied") this.#routing.learn(batch, Date.now());
		return outcome;
	}

	/** Brings the charge of a job to its true cost, once. May be repeated. */
	lateCost(cost: LateCost): LateOutcome {
		return this.#apiKey.lateCost(cost);
	}

	/** Where a conversation was served, and how its family of tasks fares, as far as this copy knows. */
	recallRoute(conversation: string, family: string): Recollection {
		return this.#routing.recall(conversation, family, Date.now());
	}

	/** Keeps a running attempt's hold open and its slot taken for `openMs` milliseconds from now. */
	extend(attemptId: string, openMs: number): Promise<Extension> {
		return this.#apiKey.extend(attemptId, openMs);
	}

	/** Throws when no such key was ever registered. */
	budgetStatus(): Promise<KeyBudgetStatus> {
		return this.#apiKey.budgetStatus();
	}

	/** Changes a budget's money in the window of now. Repeating it changes nothing more. */
	adjust(change: BudgetChange): Promise<BudgetChanged> {
		return this.#apiKey.adjust(change);
	}

	/** For the team's object: what the key has spent of the team's money. */
	report(): Promise<readonly LeaseReport[]> {
		return this.#apiKey.report();
	}

	/**
	 * For the team's object: gives back all that is not used, and says so. After an excess, also what comes free from now
	 * on.
	 */
	recall(why: RecallReason): Promise<readonly LeaseReport[]> {
		return this.#apiKey.recall(why);
	}

	/** Whether a request may run under the idempotency key that it carries. Repeating it changes nothing more. */
	claim(request: ClaimRequest): ClaimOutcome {
		const now = Date.now();
		this.#apiKey.wakeBy(now + CLAIM_MS);
		return this.#claims.claim(request, now);
	}

	/**
	 * Ends a request's claim; a request that spent keeps its claim until it runs out, any other frees it. May be
	 * repeated.
	 */
	endClaim(id: string, requestId: RequestId, spent: boolean): void {
		this.#claims.end(id, requestId, spent);
	}

	/** For the sweeper, and for a caller that must read all of the key's usage in D1: ships what the object owes. */
	sweep(): Promise<Swept> {
		return this.#apiKey.sweep();
	}

	override async alarm(): Promise<void> {
		await this.#apiKey.wake();
		const now = Date.now();
		const rest = this.#claims.prune(now);
		if (rest !== null) this.#apiKey.wakeBy(now + rest);
	}
}
