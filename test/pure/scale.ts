import { inject } from "vitest";

declare module "vitest" {
	interface ProvidedContext {
		/** `TOLLGATE_TEST_SCALE`: how many times the usual number of cases a property runs. */
		scale: number;
	}
}

/** How many cases a property runs: `base` in the default run, more in a nightly one. */
export function cases(base: number): number {
	return Math.ceil(base * inject("scale"));
}
