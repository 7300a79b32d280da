/**
 * What a key tells its team about one budget and window. All figures are sums since the window began, in nano-dollars, so
 * a message that is lost, doubled, late or out of order does no harm: the greater figure is the later one.
 */
export interface LeaseReport {
	readonly keyId: string;
	readonly budgetId: string;
	/** Start of the window in milliseconds since the epoch. */
	readonly window: number;
	/**
	 * Which of the key's reports this is: each has a greater number than those before it. A team that has heard a later one
	 * lends nothing on this one, so that an ask which was held up on its way lends nothing to a key that has given up on it.
	 */
	readonly order: number;
	/** Granted so far plus what the waiting hold lacks; 0 when the key asks for nothing. */
	readonly least: number;
	/** What would be convenient, at least `least`. */
	readonly wanted: number;
	/** Returned plus used. Above what was granted only after an overrun, which the team then covers whatever its limit. */
	readonly owed: number;
	/** Recorded by the key before it says so, and never any of what its holds may still use. */
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
	/** What the team could still lend, when it could not lend the least that was asked; else null. */
	readonly available: number | null;
	/** Keys that hold money of which some may be unused, when the least could not be lent; else empty. */
	readonly recall: readonly string[];
	/** The order of the latest report of this key that was heard of this window. */
	readonly heard: number;
	/** False while more is lent than a lowered limit allows: then what a key holds unused is not for it to spend. */
	readonly isCovered: boolean;
}
