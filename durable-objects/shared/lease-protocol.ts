// What a key's object and its team's object say to each other about lent money.
import type { TeamId } from "#core/ids";

/**
 * What a key reports to its team about one budget and window. All figures are sums since the window began, in
 * nano-dollars, so a message that is lost, doubled, late or out of order does no harm: the greater figure is the later
 * one.
 */
export interface LeaseReport {
	readonly keyId: string;
	readonly budgetId: string;
	/** Start of the window in milliseconds since the epoch. */
	readonly window: number;
	/**
	 * Which of the key's reports this is: each has a greater number than those before it. A team that has heard a later
	 * one lends nothing on this one, so that an ask which was delayed lends nothing to a key that has given up on it.
	 */
	readonly order: number;
	/** Granted so far plus what the waiting hold lacks; 0 when the key asks for nothing. */
	readonly least: number;
	/** What the key would like to have, at least `least`. */
	readonly wanted: number;
	/**
	 * Returned plus used. Above what was granted only after an overrun, which the team then covers whatever its limit.
	 */
	readonly owed: number;
	/** Stored by the key before it reports it, and never any of what its holds may still use. */
	readonly returned: number;
	/** For display. */
	readonly settled: number;
	readonly overrun: number;
}

export interface LeaseReply {
	readonly budgetId: string;
	readonly window: number;
	/** Ever granted to this key for this window. */
	readonly granted: number;
	/** What the team could still lend when it could not lend `least`; else null. */
	readonly available: number | null;
	/** Keys that hold money of which some may be unused, when the team could not lend `least`; else empty. */
	readonly recall: readonly string[];
	/** The order of the latest report of this key that was heard of this window. */
	readonly heard: number;
	/** False while more is lent than a lowered limit allows: the key must not spend what it holds unused then. */
	readonly isCovered: boolean;
}

/** A team's answer to one report, and the budget's figures then, in nano-dollars and milliseconds since the epoch. */
export interface Loan {
	readonly reply: LeaseReply;
	/** With what admins added. */
	readonly limit: number;
	/** Not lent to any key. */
	readonly remaining: number;
	readonly resetsAt: number | null;
}

/** A key's way to its team's object, which lends. */
export interface Lender {
	/**
	 * Returns an answer to each report of a budget that is in force there. Throws when the team cannot be reached in
	 * time.
	 */
	exchange(teamId: TeamId, reports: readonly LeaseReport[]): Promise<readonly Loan[]>;
}

/** Another key lacks money, or the team lends more than it has. */
export type RecallReason = "lack" | "excess";

/** The team's way to its keys' objects, which borrow. */
export interface Borrowers {
	/**
	 * Has a key give back all that it does not use; where the limit was lowered, also what comes free later, until it
	 * hears that what is lent is covered again. Throws when the key cannot be reached in time.
	 */
	recall(keyId: string, why: RecallReason): Promise<readonly LeaseReport[]>;
	/** What a key has spent. Throws when the key cannot be reached in time. */
	report(keyId: string): Promise<readonly LeaseReport[]>;
}
