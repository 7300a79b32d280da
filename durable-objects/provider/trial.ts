// Permits for trials of an open cell.
import { MAX_LAST_RESORT_GAP_MS } from "#core/health/health";
import type { Open, Trials } from "./cell";

/** How long a permit excludes other trials after its isolate last renewed it, in milliseconds. */
export const TRIAL_MS = 30_000;
/**
 * With no other candidate, an open cell is tried once per this many milliseconds; a dead one once per `DEAD_PANIC_MS`.
 */
const PANIC_MS = 1_000;
const DEAD_PANIC_MS = MAX_LAST_RESORT_GAP_MS;
/** How many permits of an open cell are kept. */
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

/** The trial under `permit` still runs. A permit that expired and was replaced is not renewed. */
export function renewed(trials: Trials, permit: string, now: number): Trials {
	if (trials.pending?.id !== permit) return trials;
	return { ...trials, pending: { id: permit, expiresAt: now + TRIAL_MS } };
}

export function isGranted(trials: Trials, permit: string | null): boolean {
	return permit !== null && trials.granted.includes(permit);
}

/** The trial under `permit` has ended: the next one may start. */
export function ended(trials: Trials, permit: string | null): Trials {
	return trials.pending?.id === permit ? { ...trials, pending: null } : trials;
}

/** For a cell that opens anew: earlier permits count no more, but the time of the last trial does. */
export function forgotten({ lastAt }: Trials): Trials {
	return { ...NO_TRIALS, lastAt };
}
