// Holds that have not ended, and how they expire.
import type { HoldToken, PeriodRef } from "#core/budget/budget";

/** A hold that this copy admitted and that has not ended. */
export interface OpenHold {
	readonly token: HoldToken;
	/** Milliseconds since the epoch. */
	expiresAt: number;
}

/**
 * Removes expired holds, each after `record` returned. They stay charged: what no settlement proves to be less is never
 * credited.
 */
export function takeExpired(open: Map<string, OpenHold>, now: number, record: (hold: OpenHold) => void): HoldToken[] {
	const expired = [...open.values()].filter(({ expiresAt }) => expiresAt <= now);
	for (const hold of expired) {
		record(hold);
		open.delete(hold.token.attemptId);
	}
	return expired.map(({ token }) => token);
}

/** Nano-dollars that open holds keep on a period. */
export function heldOn(open: ReadonlyMap<string, OpenHold>, ref: PeriodRef): number {
	let sum = 0;
	for (const { token } of open.values()) {
		if (token.lines.some((period) => samePeriod(period, ref))) sum += token.amount;
	}
	return sum;
}

function samePeriod(a: PeriodRef, b: PeriodRef): boolean {
	return a.budgetId === b.budgetId && a.window === b.window && a.endUser === b.endUser;
}
