// Shows the service tier in names that OpenAI's SDKs take.

/** The tiers that OpenAI's SDKs know. */
const TIERS: ReadonlySet<string> = new Set(["auto", "default", "flex", "scale", "priority", "fast"]);

/**
 * The tier that served, as far as clients can be told: other vendors have names of their own, which typed SDKs refuse.
 */
export function shownTier(tier: string | undefined): string | undefined {
	return tier !== undefined && TIERS.has(tier) ? tier : undefined;
}
