// Writes usage, with its cost, as Anthropic does.
import type { Usage } from "#core/chat/usage";
import { usageWith } from "#faces/openai-chat/usage";
import { type NanoUsd, usdNumber } from "#metering/money";

/** The tiers that Anthropic's SDKs know. */
const TIERS: ReadonlyMap<string, string> = new Map([
	["standard", "standard"],
	["default", "standard"],
	["priority", "priority"],
	["batch", "batch"],
]);

/** What a message's usage says before anything is known. */
export const NO_USAGE = {
	cache_creation: null,
	cache_creation_input_tokens: 0,
	cache_read_input_tokens: 0,
	inference_geo: null,
	input_tokens: 0,
	output_tokens: 0,
	output_tokens_details: null,
	server_tool_use: null,
	service_tier: null,
	speed: null,
};

/**
 * Usage in Anthropic's meaning, in which the input is what neither came from the cache nor went into it, and the cost
 * in USD; `cost` is null when the model's price is not known.
 */
export function renderUsage(usage: Usage, cost: NanoUsd | null): Record<string, unknown> {
	return {
		input_tokens: usage.uncachedInput,
		cache_creation_input_tokens: usage.cacheWrite + usage.cacheWriteHour,
		cache_read_input_tokens: usage.cacheRead,
		output_tokens: usage.output,
		output_tokens_details: { thinking_tokens: usage.reasoning },
		server_tool_use:
			usage.webSearches === undefined || usage.webSearches === 0
				? null
				: { web_search_requests: usage.webSearches, web_fetch_requests: 0 },
		cost: cost === null ? null : usdNumber(cost),
		...(usage.cacheDiscount !== undefined && { cache_discount: usage.cacheDiscount / 1e9 }),
		...(usage.source === "estimated" && { estimated: true }),
	};
}

/** The same as a whole message has it. */
export function renderWholeUsage(
	usage: Usage,
	cost: NanoUsd | null,
	tier: string | undefined,
): Record<string, unknown> {
	return {
		...NO_USAGE,
		...renderUsage(usage, cost),
		cache_creation: {
			ephemeral_5m_input_tokens: usage.cacheWrite,
			ephemeral_1h_input_tokens: usage.cacheWriteHour,
		},
		service_tier: TIERS.get(tier ?? "") ?? null,
	};
}

/** The same with whatever else Anthropic's own usage has beside it. */
export function usageBeside(own: unknown, usage: Usage, cost: NanoUsd | null): Record<string, unknown> {
	const { server_tool_use: searches, ...rendered } = renderUsage(usage, cost);
	return usageWith(own, searches === null ? rendered : { ...rendered, server_tool_use: searches });
}
