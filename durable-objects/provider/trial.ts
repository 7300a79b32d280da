import type { Open, Trials } from "./cell";

/**
 * How long a permit keeps others from trying after the last sign of its trial, in milliseconds. One that is lost with its
 * isolate is free then.
 */
export const TRIAL_MS = 30_000;
/** When there is nothing else to try, an open cell is tried so often, in milliseconds; one that is dead more seldom. */
const PANIC_MS = 1_000;
const DEAD_PANIC_MS = 30_000;
/** How many permits of an open cell are remembered. */
const REMEMBERED = 8;

export const NO_TRIALS: Trials = { granted: [], pending: null, lastAt: 0 };

/** The trials of an open cell with one more under `id`; null when it must wait. At most one runs at a time. */
export function grant({ trials, until, dead }: Open, id: string, panic: boolean, now: number): Trials | null {
	const { pending, lastAt } = trials;
	if (pending !== null && now < pending.expiresAt) return null;
	const isDue = now >= until;
	if (!isDue && !(panic && now - lastAt >= (dead ? DEAD_PANIC_MS : PANIC_MS))) return null;
	return {
		granted: [...trials.granted, id].slice(-REMEMBERED),
		pending: { id, expiresAt: now + TRIAL_MS },
		lastAt: now,
	};
}

/** The trial under `permit` still runs. One that was taken for lost and whose turn somebody else has gets nothing back. */
export function renewed(trials: Trials, permit: string, now: number): Trials {
	if (trials.pending?.id !== permit) return trials;
	return { ...trials, pending: { id: permit, expiresAt: now + TRIAL_MS } };
}

export function isGranted(trials: Trials, permit: string | null): boolean {
	return permit !== null && trials.granted.includes(permit);
}

/** The trial under `permit` has brought something: others may try. */
export function ended(trials: Trials, permit: string | null): Trials {
	return trials.pending?.id === permit ? { ...trials, pending: null } : trials;
}

/** For a cell that opens anew: what its permits bring counts no more, but how often it is tried does. */
export function forgotten({ lastAt }: Trials): Trials {
	return { ...NO_TRIALS, lastAt };
}
