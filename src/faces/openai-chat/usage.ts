// Writes usage, with its cost, as Chat Completions does.
import { promptTokens, type Usage } from "#core/chat/usage";
import { isObject } from "#lib/json";
import { type NanoUsd, usdNumber } from "#metering/money";

/** Usage as Chat Completions writes it, with its cost in USD; `cost` is null when the model's price is not known. */
export function renderUsage(usage: Usage, cost: NanoUsd | null): Record<string, unknown> {
	const prompt = promptTokens(usage);
	return {
		prompt_tokens: prompt,
		completion_tokens: usage.output,
		total_tokens: prompt + usage.output,
		prompt_tokens_details: {
			cached_tokens: usage.cacheRead,
			cache_write_tokens: usage.cacheWrite + usage.cacheWriteHour,
			audio_tokens: usage.audioInput,
			image_tokens: usage.imageInput,
		},
		completion_tokens_details: {
			reasoning_tokens: usage.reasoning,
			audio_tokens: usage.audioOutput,
			image_tokens: usage.imageOutput,
			accepted_prediction_tokens: 0,
			rejected_prediction_tokens: 0,
		},
		cost: cost === null ? null : usdNumber(cost),
		...(usage.cacheDiscount !== undefined && { cache_discount: usage.cacheDiscount / 1e9 }),
		...(usage.source === "estimated" && { estimated: true }),
	};
}

/** Rendered usage with whatever else the provider's own has beside it, in its details too. */
export function usageWith(own: unknown, rendered: Record<string, unknown>): Record<string, unknown> {
	if (!isObject(own)) return rendered;
	const merged: Record<string, unknown> = { ...own, ...rendered };
	for (const [name, value] of Object.entries(rendered)) {
		if (isObject(value) && isObject(own[name])) merged[name] = { ...own[name], ...value };
	}
	return merged;
}
