/** The clock and the chance that the gateway goes by, so that a test may bring its own. */

export interface Platform {
	/** Milliseconds since the epoch. */
	readonly clock: () => number;
	/** From 0 up to 1. */
	readonly random: () => number;
	/** A UUID that no other call returns. */
	readonly newId: () => string;
}

/** Those of the platform. */
export const PLATFORM: Platform = {
	clock: () => Date.now(),
	random: () => Math.random(),
	newId: () => crypto.randomUUID(),
};
