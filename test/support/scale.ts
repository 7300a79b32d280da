// How much of each space the tests look at. The default run looks at a part, enough to trust what one just changed; CI
// at all of it; the long run at ten times as much, and at what takes minutes.
import { inject } from "vitest";

declare module "vitest" {
	interface ProvidedContext {
		/** `TOLLGATE_TEST_SCALE`: 0.1 in `npm test`, 1 in `.ci/run`, 10 in `npm run test:long`. */
		scale: number;
	}
}

export const SCALE: number = inject("scale");
/** Whether this run looks longer than CI does. */
export const IS_LONG: boolean = SCALE > 1;

/**
 * Whether this run leaves to CI what loads a whole gateway for a minute: the same promises are looked at in the
 * simulation and by the shorter tests of whole processes.
 */
export const LEAVES_LOAD_TO_CI: boolean = SCALE < 1;

/** Of a space that is walked, each so many is looked at: in CI, and beyond, all. */
export const EACH: number = Math.ceil(1 / Math.min(1, SCALE));

/**
 * Of what is walked again in each of several lines, a part: another one in the next line, so that `step` lines walk all
 * of it. In CI, and beyond, all.
 */
export function byTurns<Item>(all: readonly Item[], line: number, step = EACH): Item[] {
	const each = Math.min(EACH, step, all.length);
	return all.filter((_, index) => (index + line) % each === 0);
}

/** How many of `base` a run looks at: cases, seeds, kills, callers; no fewer than `least`, which show something. */
export function cases(base: number, least = 1): number {
	return Math.max(least, Math.ceil(base * SCALE));
}

/** The same where more than `base` would show no more, however long the run. */
export function upTo(base: number, least: number): number {
	return Math.min(base, cases(base, least));
}
