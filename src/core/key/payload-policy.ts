// What a key's policy says may be kept of the texts of requests and answers.

/** How much is kept of what requests and answers say: nothing, their outline without a word of them, or all. */
export const PAYLOAD_LEVELS = ["none", "metadata", "full"] as const;
export type PayloadLevel = (typeof PAYLOAD_LEVELS)[number];

export interface PayloadPolicy {
	readonly level: PayloadLevel;
	/** The share of requests of which it is kept, from 0 to 1. */
	readonly sample: number;
}

/**
 * What is kept of one request: `draw` is a random number from 0 to 1, and the caller may ask for less than the policy
 * says.
 */
export function payloadLevel(
	policy: PayloadPolicy | undefined,
	requestedLevel: PayloadLevel | null,
	draw: number,
): PayloadLevel {
	if (policy === undefined || draw >= policy.sample) return "none";
	if (requestedLevel === null) return policy.level;
	return (
		PAYLOAD_LEVELS[Math.min(PAYLOAD_LEVELS.indexOf(requestedLevel), PAYLOAD_LEVELS.indexOf(policy.level))] ?? "none"
	);
}
