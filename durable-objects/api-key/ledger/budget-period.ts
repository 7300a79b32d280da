// One window of one budget (or of one end user of it) as a copy of the key's object knows it, and every change to it.
import type { PeriodRef } from "#core/budget/budget";
import { type Counters, counters, ensure, lent, moreOverrun, NOTHING, used } from "./counters";

/**
 * What one copy of the object knows of a period. `gross` is the sum of all holds this copy admitted, counted on from
 * the W it found: a fresh copy starts with gross = W, so the ranges (start, W seen] of different copies never overlap,
 * and what an older copy still admits from memory was counted as used before this copy began.
 */
export interface BudgetPeriod {
	readonly ref: PeriodRef;
	counters: Counters;
	gross: number;
}

/** A period as it will be once a commit has succeeded. */
export interface NextPeriod {
	readonly counters: Counters;
	readonly gross: number;
}

/**
 * Above this many nano-dollars W and C are lowered together, so that they stay exact however many holds a window sees.
 */
const REBASE_ABOVE = 4_000_000_000_000_000;

/** Admitted by some copy and neither settled nor closed: open holds, and holds that no settlement ever proved. */
export function unsettled({ counters: { credited, settled }, gross }: NextPeriod): number {
	return gross - credited - settled;
}

/** Allowed and not yet admitted by this copy. */
export function headRoom({ counters: { allowed }, gross }: NextPeriod): number {
	return allowed - gross;
}

/** Whether a period is new, so that no commit has stored it yet. */
export function isUnstored({ counters }: BudgetPeriod): boolean {
	return counters === NOTHING;
}

/** The most that may have been spent, without what this copy can still close. */
export function taken(period: NextPeriod): number {
	return used(period.counters) - headRoom(period);
}

/**
 * Raises W, so that holds up to `to` may be admitted from memory once this is committed.
 *
 * C is taken off both W and gross when W grows large. No other copy can tell: an old one commits nothing, and what it
 * admits from memory lies below the W that this copy found.
 */
export function raised(period: NextPeriod, to: number): NextPeriod {
	ensure(to >= period.counters.allowed, "W never shrinks");
	const shift = to > REBASE_ABOVE ? period.counters.credited : 0;
	return checked({
		counters: counters({ ...period.counters, allowed: to - shift, credited: period.counters.credited - shift }),
		gross: period.gross - shift,
	});
}

/**
 * Closes the head-room: what this copy may still admit is taken as a hold that settled at zero. Sound because no other
 * copy ever admits in this copy's range.
 */
export function closed(period: NextPeriod): NextPeriod {
	const unused = headRoom(period);
	return checked({
		counters: counters({ ...period.counters, credited: period.counters.credited + unused }),
		gross: period.gross + unused,
	});
}

/** Settles one hold of `amount` at `charged` (at most the amount) and records `over`, what was charged beyond it. */
export function credited(period: NextPeriod, amount: number, charged: number, over: number): NextPeriod {
	ensure(0 <= charged && charged <= amount, "I3: a charge lies between nothing and its hold");
	const before = period.counters;
	const after = {
		credited: before.credited + amount - charged,
		settled: before.settled + charged,
		overrun: moreOverrun(before, over),
	};
	// A settlement that arrives after its hold was written off takes the place of the write-off.
	const forgiven = Math.min(before.forgiven, period.gross - after.credited - after.settled);
	return checked({ counters: counters({ ...before, ...after, forgiven }), gross: period.gross });
}

/**
 * Brings a settlement that charged `charged` within its hold and `over` beyond it to its true cost: what was charged
 * too much comes back, first what was beyond the hold; what is missing counts as overrun. Null when the period never
 * saw the settlement.
 */
export function corrected(period: NextPeriod, charged: number, over: number, actual: number): NextPeriod | null {
	const before = period.counters;
	const dearer = Math.max(0, actual - (charged + over));
	const cheaper = Math.max(0, charged + over - actual);
	const beyond = Math.min(over, cheaper);
	const within = cheaper - beyond;
	if (before.settled < within || before.overrun < beyond) return null;
	const after = {
		credited: before.credited + within,
		settled: before.settled - within,
		overrun: moreOverrun(before, dearer) - beyond,
	};
	return checked({ counters: counters({ ...before, ...after }), gross: period.gross });
}

function checked(next: NextPeriod): NextPeriod {
	ensure(next.gross <= next.counters.allowed, "a copy never admits beyond the W it committed");
	ensure(unsettled(next) >= next.counters.forgiven, "I3: more ended than this copy knows to be admitted");
	return next;
}

/** Takes over what the team says it ever lent: the greater figure is the later one. */
export function granted(period: NextPeriod, total: number): NextPeriod {
	const more = Math.max(period.counters.granted, total);
	return { counters: counters({ ...period.counters, granted: more }), gross: period.gross };
}

/** Gives back all that is lent and not used. What W covers counts as used, since any copy may admit up to it. */
export function returned(period: NextPeriod): NextPeriod {
	const free = Math.max(0, lent(period.counters) - used(period.counters));
	return { counters: counters({ ...period.counters, returned: period.counters.returned + free }), gross: period.gross };
}
