import type { TeamId } from "#core/ids";
import type { LeaseReply, LeaseReport } from "./lease-messages";

/** What a team answers to one report, and how the budget stands then. Nano-dollars, milliseconds since the epoch. */
export interface Loan {
	readonly reply: LeaseReply;
	/** With what admins added. */
	readonly limit: number;
	/** Lent to nobody. */
	readonly remaining: number;
	readonly resetsAt: number | null;
}

/** A key's way to its team's object, which lends. */
export interface Lender {
	/** An answer to each report of a budget that is in force there. Throws when the team cannot be reached in time. */
	exchange(teamId: TeamId, reports: readonly LeaseReport[]): Promise<readonly Loan[]>;
}

/** Another key lacks money, or the team lends more than it has. */
export type RecallReason = "lack" | "excess";

/** The team's way to its keys' objects, which borrow. */
export interface Borrowers {
	/**
	 * Has a key give back all that it does not use; where the limit was lowered, also what comes free later, until it hears
	 * that what is lent is covered again. Throws when the key cannot be reached in time.
	 */
	recall(keyId: string, why: RecallReason): Promise<readonly LeaseReport[]>;
	/** What a key has spent. Throws when the key cannot be reached in time. */
	report(keyId: string): Promise<readonly LeaseReport[]>;
}
