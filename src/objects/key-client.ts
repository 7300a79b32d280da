/** Calls the object of one API key; each method is the object's of that name, under its deadline. */

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
import type { LeaseReport, RecallReason } from "#durable-objects/shared/lease-protocol";
import type { Env } from "#env";
import { askObject, MAX_ADMIN_MS, MAX_SWEEP_MS } from "./call";

/** In milliseconds, as all below. A request waits, and the object asks the registry at most. */
const MAX_ADMIT_MS = 2_000;
/** A request waits, and the object may ask its team first, which may call other keys' money back. */
const MAX_RESERVE_MS = 6_000;
/** No request waits; the isolate sends again what is not confirmed by then. */
const MAX_SETTLE_MS = 5_000;
/** No request waits. With the time between two beats it bounds how long an attempt outlives its key's revocation. */
const MAX_EXTEND_MS = 5_000;
/** A request waits, and goes on without the answer. */
const MAX_RECALL_ROUTE_MS = 150;
/** A request waits before anything is sent. */
const MAX_CLAIM_MS = 2_000;
/** The team's object calls several keys one after the other while a request of yet another key waits. */
export const MAX_LEASE_MS = 500;
/** A question about usage waits, and goes on with what D1 has. */
const MAX_SWEEP_BEFORE_READ_MS = 2_000;

type Stub = ReturnType<Env["API_KEYS"]["getByName"]>;

/** Every method throws what the object threw, or `DeadlineError`; then the call may have run nevertheless. */
export class KeyClient {
	readonly #keys: Env["API_KEYS"];
	readonly #keyId: KeyId;

	constructor(keys: Env["API_KEYS"], keyId: KeyId) {
		this.#keys = keys;
		this.#keyId = keyId;
	}

	admit(request: AdmissionRequest): Promise<Admission> {
		return this.#ask(MAX_ADMIT_MS, async (stub): Promise<Admission> => await stub.admit(request));
	}

	configure(registration: KeyRegistration): Promise<number> {
		return this.#ask(MAX_ADMIN_MS, async (stub) => await stub.configure(registration));
	}

	reserve(request: ReserveRequest): Promise<Reservation> {
		return this.#ask(MAX_RESERVE_MS, async (stub): Promise<Reservation> => await stub.reserve(request));
	}

	settle(batch: EndedBatch): Promise<BatchOutcome> {
		return this.#ask(MAX_SETTLE_MS, async (stub): Promise<BatchOutcome> => await stub.settle(batch));
	}

	lateCost(cost: LateCost): Promise<LateOutcome> {
		return this.#ask(MAX_SETTLE_MS, async (stub): Promise<LateOutcome> => await stub.lateCost(cost));
	}

	extend(attemptId: string, openMs: number): Promise<Extension> {
		return this.#ask(MAX_EXTEND_MS, async (stub): Promise<Extension> => await stub.extend(attemptId, openMs));
	}

	recallRoute(conversation: string, family: string): Promise<Recollection> {
		return this.#ask(
			MAX_RECALL_ROUTE_MS,
			async (stub): Promise<Recollection> => await stub.recallRoute(conversation, family),
		);
	}

	claim(request: ClaimRequest): Promise<ClaimOutcome> {
		return this.#ask(MAX_CLAIM_MS, async (stub): Promise<ClaimOutcome> => await stub.claim(request));
	}

	endClaim(id: string, requestId: RequestId, spent: boolean): Promise<void> {
		return this.#ask(MAX_CLAIM_MS, async (stub) => await stub.endClaim(id, requestId, spent));
	}

	/** The object is told first what is registered, in case no request came there yet; with null it is known to know. */
	budgetStatus(registration: KeyRegistration | null): Promise<KeyBudgetStatus> {
		return this.#ask(MAX_ADMIN_MS, async (stub): Promise<KeyBudgetStatus> => {
			if (registration !== null) await stub.configure(registration);
			return await stub.budgetStatus();
		});
	}

	/** The object is told first what is registered, as for `budgetStatus`. */
	adjust(registration: KeyRegistration, change: BudgetChange): Promise<BudgetChanged> {
		return this.#ask(MAX_ADMIN_MS, async (stub): Promise<BudgetChanged> => {
			await stub.configure(registration);
			return await stub.adjust(change);
		});
	}

	report(): Promise<readonly LeaseReport[]> {
		return this.#ask(MAX_LEASE_MS, async (stub): Promise<readonly LeaseReport[]> => await stub.report());
	}

	recall(why: RecallReason): Promise<readonly LeaseReport[]> {
		return this.#ask(MAX_LEASE_MS, async (stub): Promise<readonly LeaseReport[]> => await stub.recall(why));
	}

	sweep(): Promise<Swept> {
		return this.#ask(MAX_SWEEP_MS, async (stub): Promise<Swept> => await stub.sweep());
	}

	/** `sweep` for a question about usage, which does not wait as long as the jobs do. */
	sweepBeforeRead(): Promise<Swept> {
		return this.#ask(MAX_SWEEP_BEFORE_READ_MS, async (stub): Promise<Swept> => await stub.sweep());
	}

	#ask<T>(ms: number, ask: (stub: Stub) => Promise<T>): Promise<T> {
		return askObject(this.#keys, this.#keyId, ms, ask);
	}
}
