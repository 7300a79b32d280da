// What a key may do.
import type { PayloadPolicy } from "./payload-policy";

/** The tools that a vendor runs and bills by use, as far as their cost is bounded before they run. */
export const VENDOR_TOOLS = ["web_search"] as const;
export type VendorTool = (typeof VENDOR_TOOLS)[number];

/**
 * What a key may do. Absent lists of patterns, regions and addresses allow everything. Patterns are exact or end in
 * `*`, such as `openai/gpt-6*`.
 */
export interface KeyPolicy {
	/** Patterns over `provider/model`. */
	readonly models?: readonly string[];
	/** Patterns over provider names. */
	readonly providers?: readonly string[];
	/** Milliseconds since the epoch; from then on the key is refused. */
	readonly expiresAt?: number;
	/** Tags of regions; a model that is known to be in none of them may not be used. */
	readonly regions?: readonly string[];
	/** CIDR ranges, IPv4 or IPv6, that requests may come from. */
	readonly ipRanges?: readonly string[];
	/** How much is kept of what its requests say; absent keeps nothing, or what its team says. */
	readonly payloads?: PayloadPolicy;
	/** Whether requests may have a vendor keep something or draw on what its account keeps; absent: they may not. */
	readonly vendorState?: true;
	/** Whether answers may be stored for later requests to go on from; absent: they may not. */
	readonly storedResponses?: true;
	/** Tools that a vendor may run for its requests; absent: none. */
	readonly vendorTools?: readonly VendorTool[];
	/** Has what came before of a prompt marked for the vendor's cache, where the protocol knows marks. */
	readonly cachePrompts?: true;
	/**
	 * What a call of a vendor's own API is held for and charged where nothing tells what it costs, in nano-dollars;
	 * absent: such calls are refused.
	 */
	readonly nativeCeiling?: number;
}

/** Whether `value` matches one of the patterns; without patterns everything does. */
export function matches(patterns: readonly string[] | undefined, value: string): boolean {
	if (patterns === undefined) return true;
	return patterns.some((pattern) =>
		pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : pattern === value,
	);
}
