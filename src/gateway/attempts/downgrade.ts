/** When a budget runs so low that an alias's cheaper model is asked instead. */
import type { HeldAttempt } from "./prepared-attempt";

/** An answer cut shorter than this is of little use, in tokens. */
const MIN_USEFUL_OUTPUT = 1_000;

/**
 * Whether the tightest budget has less left than the alias wants, this hold not counted, or affords a short answer
 * only. `above` is the used share of a budget from which on the alias downgrades, from 0 to 1.
 */
export function runsLow({ hold, clampedTo }: HeldAttempt, above: number): boolean {
	const { tightest } = hold.limits;
	if (tightest === null) return false;
	const left = tightest.remaining + (hold.token?.amount ?? 0);
	return left < (1 - above) * tightest.budget.limit || (clampedTo !== null && clampedTo < MIN_USEFUL_OUTPUT);
}
