import type { HoldToken, LineRef } from "../../src/core/budget";

/** A hold that this copy admitted and that has not ended. */
export interface OpenHold {
	readonly token: HoldToken;
	/** Milliseconds since the epoch. */
	expiresAt: number;
}

/** So many expired holds are written down together. */
const TOGETHER = 256;

/**
 * Takes out what is past its time, as far as `record` does not throw. It stays charged: what nobody proved to be less is
 * never credited.
 */
export function takeExpired(
	open: Map<string, OpenHold>,
	now: number,
	record: (ended: readonly HoldToken[]) => void,
): HoldToken[] {
	const ended: HoldToken[] = [];
	for (const { expiresAt, token } of open.values()) if (expiresAt <= now) ended.push(token);
	for (let from = 0; from < ended.length; from += TOGETHER) {
		const some = ended.slice(from, from + TOGETHER);
		record(some);
		for (const { attemptId } of some) open.delete(attemptId);
	}
	return ended;
}

/** Nano-dollars that open holds keep on a line. */
export function heldOn(open: ReadonlyMap<string, OpenHold>, ref: LineRef): number {
	let sum = 0;
	for (const { token } of open.values()) {
		if (token.lines.some((line) => sameLine(line, ref))) sum += token.amount;
	}
	return sum;
}

export function sameLine(a: LineRef, b: LineRef): boolean {
	return a.budgetId === b.budgetId && a.window === b.window && a.endUser === b.endUser;
}
