// The stored counters of one budget period, and the invariants that hold between them.
import { MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import { type NanoUsd, nanoUsd } from "#metering/money";

/**
 * What is stored of one period (a budget, or one end user of it, in one window). Nothing here is ever taken back except
 * `forgiven`, and what the true cost of a job takes off its estimate, under a guard of its own; so a commit that is
 * repeated, or known to some copy of the object and not to another, cannot make room.
 */
export interface Counters {
	/** W: the sum of all holds that any copy of the object may ever have admitted. */
	readonly allowed: NanoUsd;
	/** C: what came back: holds minus charges over committed settlements, and head-room that was closed unused. */
	readonly credited: NanoUsd;
	/** S: what settlements charged, up to their holds. What a job truly cost less goes from here to C. */
	readonly settled: NanoUsd;
	/**
	 * O: what settlements charged beyond their holds, because an upstream ignored its own bound, and what jobs cost
	 * beyond their estimates.
	 */
	readonly overrun: NanoUsd;
	/** F: what an admin wrote off of holds that no settlement proved. Shrinks when their settlement arrives after all. */
	readonly forgiven: NanoUsd;
	/** Added to the limit for this window by an admin; negative where it was cut. */
	readonly adjusted: number;
	/** G: what the team ever lent to this key for this window. */
	readonly granted: NanoUsd;
	/** R: what the key ever gave back of it. */
	readonly returned: NanoUsd;
}

type Amounts = { readonly [Name in keyof Counters]: number };

/**
 * An invariant is broken, which is a fault in the ledger itself: the caller is refused, and nothing is stored or
 * repaired.
 */
export class LedgerFault extends Error {
	override readonly name = "LedgerFault";
}

export function ensure(condition: boolean, invariant: string): asserts condition {
	if (!condition) throw new LedgerFault(invariant);
}

/**
 * The only way to make counters. Throws RangeError for what is no amount, LedgerFault where they contradict each other.
 */
export function counters(amounts: Amounts): Counters {
	const made: Counters = {
		allowed: nanoUsd(amounts.allowed),
		credited: nanoUsd(amounts.credited),
		settled: nanoUsd(amounts.settled),
		overrun: nanoUsd(amounts.overrun),
		forgiven: nanoUsd(amounts.forgiven),
		adjusted: amounts.adjusted,
		granted: nanoUsd(amounts.granted),
		returned: nanoUsd(amounts.returned),
	};
	ensure(Number.isSafeInteger(made.adjusted), "an adjustment is an exact amount");
	// I3: every hold ends once, and no more comes back, is charged or is forgiven than was ever held.
	ensure(made.credited + made.settled + made.forgiven <= made.allowed, "I3: more ended than was ever held");
	ensure(made.returned <= made.granted, "more was returned than lent");
	return made;
}

export const NOTHING: Counters = counters({
	allowed: 0,
	credited: 0,
	settled: 0,
	overrun: 0,
	forgiven: 0,
	adjusted: 0,
	granted: 0,
	returned: 0,
});

/** The most that may have been spent: every hold at its full amount unless a committed settlement says less. */
export function used({ allowed, credited, forgiven, overrun }: Counters): NanoUsd {
	return nanoUsd(allowed - credited - forgiven + overrun);
}

/** What the key holds of its team's money. */
export function lent({ granted, returned }: Counters): NanoUsd {
	return nanoUsd(granted - returned);
}

/** Bounded so that sums of overruns stay exact; an overrun blocks its budget long before that. */
export function moreOverrun({ overrun }: Counters, over: number): number {
	return Math.min(overrun + over, MAX_LIMIT_NANO_USD);
}
