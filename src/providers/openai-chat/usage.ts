// Reads the usage that OpenAI's protocols report.
import { normalUsage, type Usage } from "#core/chat/usage";
import { isObject } from "#lib/json";

const NONE: Record<string, unknown> = {};

/**
 * Usage as Chat Completions reports it, with the names that its imitators use; undefined when there is none to trust.
 */
export function chatUsage(reported: unknown): Usage | undefined {
	if (!isObject(reported)) return undefined;
	const input = isObject(reported.prompt_tokens_details) ? reported.prompt_tokens_details : NONE;
	const output = isObject(reported.completion_tokens_details) ? reported.completion_tokens_details : NONE;
	const reasoning = output.reasoning_tokens ?? reported.reasoning_tokens;
	return (
		normalUsage({
			input: reported.prompt_tokens,
			output: wholeOutput(reported, reasoning),
			cacheRead: input.cached_tokens ?? reported.prompt_cache_hit_tokens ?? reported.cached_tokens,
			cacheWrite: input.cache_write_tokens,
			reasoning,
			audioInput: input.audio_tokens,
			imageInput: input.image_tokens,
			audioOutput: output.audio_tokens,
			imageOutput: output.image_tokens,
		}) ?? undefined
	);
}

/** `completion_tokens` with reasoning. Some servers leave it out there, which shows in their total. */
function wholeOutput({ prompt_tokens, completion_tokens, total_tokens }: Record<string, unknown>, reasoning: unknown) {
	if (typeof completion_tokens !== "number" || typeof reasoning !== "number" || reasoning <= 0)
		return completion_tokens;
	const whole = completion_tokens + reasoning;
	return typeof prompt_tokens === "number" && total_tokens === prompt_tokens + whole ? whole : completion_tokens;
}

/**
 * Usage as a response of the Responses API reports it; undefined when there is none to trust. Its searches are counted
 * in the output: each is an item, of which those that search are billed and those that open a page are not.
 */
export function responsesUsage({ usage: reported, output: items }: Record<string, unknown>): Usage | undefined {
	if (!isObject(reported)) return undefined;
	const input = isObject(reported.input_tokens_details) ? reported.input_tokens_details : NONE;
	const output = isObject(reported.output_tokens_details) ? reported.output_tokens_details : NONE;
	return (
		normalUsage({
			input: reported.input_tokens,
			output: reported.output_tokens,
			cacheRead: input.cached_tokens,
			cacheWrite: input.cache_write_tokens,
			reasoning: output.reasoning_tokens,
			audioInput: input.audio_tokens,
			imageInput: input.image_tokens,
			audioOutput: output.audio_tokens,
			imageOutput: output.image_tokens,
			...(Array.isArray(items) && { webSearches: items.filter(isSearch).length }),
		}) ?? undefined
	);
}

function isSearch(item: unknown): boolean {
	if (!isObject(item) || item.type !== "web_search_call") return false;
	return !isObject(item.action) || item.action.type === undefined || item.action.type === "search";
}
