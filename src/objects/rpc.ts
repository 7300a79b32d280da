// What each Durable Object answers to over RPC. Bindings are typed by these contracts and the objects implement them,
// so that what calls an object knows no code of it.
import type {
	BudgetChange,
	BudgetChanged,
	KeyBudgetStatus,
	TeamBudgetStatus,
	TeamRegistration,
} from "#core/budget/budget-status";
import type { CellPattern, Circuit, ForceOrder, OutcomeBatch } from "#core/health/circuits";
import type { ProviderHealth, TrialPermit } from "#core/health/health";
import type { CredentialId, RequestId } from "#core/ids";
import type { KeyRegistration } from "#core/key/key";
import type { Admission, AdmissionRequest } from "#core/key-object/admission";
import type { ClaimOutcome, ClaimRequest } from "#core/key-object/idempotency";
import type { LateCost, LateOutcome } from "#core/key-object/late-cost";
import type { Reservation, ReserveRequest } from "#core/key-object/reservation";
import type { BatchOutcome, EndedBatch, Extension } from "#core/key-object/settlement";
import type { Recollection } from "#core/routing/routing-memory";
import type { Swept } from "#core/usage/owed";
import type { LeaseReport, Loan, RecallReason } from "#durable-objects/shared/lease-protocol";

/** One API key's object; its name is the key's id. */
export interface KeyRpc extends Rpc.DurableObjectBranded {
	/** Whether a request may go on. Changes nothing, so it may be asked again. */
	admit(request: AdmissionRequest): Promise<Admission>;
	/** Puts a change into force from the next request on; an older one is ignored. Returns the version in force. */
	configure(registration: KeyRegistration): number;
	/** Holds money and a place for one attempt, or says why not. Repeating it holds nothing more. */
	reserve(request: ReserveRequest): Promise<Reservation>;
	/** Ends attempts. Repeating a batch changes nothing more. */
	settle(batch: EndedBatch): BatchOutcome;
	/** Brings the charge of a job to its true cost, once. May be repeated. */
	lateCost(cost: LateCost): LateOutcome;
	/** Where a conversation was served, and how its family of tasks fares, as far as this copy of the object knows. */
	recallRoute(conversation: string, family: string): Recollection;
	/** A sign of life of a running attempt: keeps its hold open and its place taken for `openMs` from now. */
	extend(attemptId: string, openMs: number): Promise<Extension>;
	/** Throws when no such key was ever registered. */
	budgetStatus(): Promise<KeyBudgetStatus>;
	/** Changes a budget's money in the window of now. Repeating it changes nothing more. */
	adjust(change: BudgetChange): Promise<BudgetChanged>;
	/** For the team's object: what the key has spent of the team's money. */
	report(): Promise<readonly LeaseReport[]>;
	/** For the team's object: gives back all unused money; after an excess, also what comes free from now on. */
	recall(why: RecallReason): Promise<readonly LeaseReport[]>;
	/** Whether a request may run under the idempotency key that it carries. Repeating it changes nothing more. */
	claim(request: ClaimRequest): ClaimOutcome;
	/** Ends a request's claim; one that spent binds for the rest of its time, another is free. May be repeated. */
	endClaim(id: string, requestId: RequestId, spent: boolean): void;
	/** Ships what the object owes to D1. */
	sweep(): Promise<Swept>;
}

/** One team's object; its name is the team's id. */
export interface TeamRpc extends Rpc.DurableObjectBranded {
	/** For keys' objects: takes what a key reports and lends what it asks for, if there is as much. */
	exchange(reports: readonly LeaseReport[]): Promise<Loan[]>;
	/** Puts a change into force from the next loan on; an older one is ignored. Returns the version in force. */
	configure(registration: TeamRegistration): Promise<number>;
	/** The state of the budgets; with `asks`, as keys report now. Throws when no such team was ever registered. */
	budgetStatus(asks: boolean): Promise<TeamBudgetStatus>;
	/** Changes the limit of the current window. Repeating it changes nothing more. */
	adjust(change: BudgetChange): Promise<BudgetChanged>;
	/** Ships what the object owes to D1. */
	sweep(): Promise<Swept>;
}

/** One provider's object; its name is the provider's. */
export interface ProviderRpc extends Rpc.DurableObjectBranded {
	/** Takes outcomes and answers with what is known then. Repeating a batch changes nothing more. */
	report(batch: OutcomeBatch): ProviderHealth;
	snapshot(): ProviderHealth;
	/** Null while another isolate tries. A permit that is never used or renewed expires. */
	acquireTrial(target: { credential: CredentialId; model: string }, panic: boolean): TrialPermit | null;
	/** May be repeated. */
	renewTrial(target: { credential: CredentialId; model: string }, permit: string): void;
	circuits(): Circuit[];
	/** May be repeated. */
	reset(cells: CellPattern): Circuit[];
	/** May be repeated. */
	force(order: ForceOrder): Circuit[];
	/** Ships what the object owes to D1. */
	sweep(): Promise<Swept>;
}
