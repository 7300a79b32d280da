// Writes what every `response` object has around its output: who answers, and with which settings it was asked.
import { promptTokens, type Usage } from "#core/chat/usage";
import type { AnswerHead } from "#faces/face";
import { type NanoUsd, usdNumber } from "#metering/money";
import type { ResponsesStyle } from "./parse";
import { responseId, suffixOf } from "./stored";

/** A `response` object. */
export type ResponseObject = Record<string, unknown>;

/** The object as it stands before anything was said. */
export function responseShell(
	{ requestId, receivedAt, model, isStored = false }: AnswerHead,
	{ wire, tools }: ResponsesStyle,
): ResponseObject {
	return {
		id: responseId(suffixOf(requestId)),
		object: "response",
		created_at: Math.floor(receivedAt / 1000),
		status: "in_progress",
		background: false,
		error: null,
		incomplete_details: null,
		instructions: wire.instructions ?? null,
		max_output_tokens: wire.max_output_tokens ?? null,
		max_tool_calls: wire.max_tool_calls ?? null,
		metadata: wire.metadata ?? {},
		model,
		output: [],
		parallel_tool_calls: wire.parallel_tool_calls ?? true,
		previous_response_id: wire.previous_response_id ?? null,
		prompt_cache_key: wire.prompt_cache_key ?? null,
		reasoning: { effort: wire.reasoning?.effort ?? null, summary: wire.reasoning?.summary ?? null },
		safety_identifier: wire.safety_identifier ?? null,
		service_tier: wire.service_tier ?? "auto",
		store: isStored,
		temperature: wire.temperature ?? null,
		text: { format: wire.text?.format ?? { type: "text" }, verbosity: wire.text?.verbosity ?? "medium" },
		tool_choice: wire.tool_choice ?? "auto",
		tools,
		top_logprobs: wire.top_logprobs ?? 0,
		top_p: wire.top_p ?? null,
		truncation: wire.truncation ?? "disabled",
		usage: null,
		...(wire.user !== undefined && { user: wire.user }),
	};
}

/** Usage as Responses writes it, with its cost in USD; `cost` is null when the model's price is not known. */
export function responsesUsage(usage: Usage, cost: NanoUsd | null): Record<string, unknown> {
	const input = promptTokens(usage);
	return {
		input_tokens: input,
		input_tokens_details: {
			cached_tokens: usage.cacheRead,
			cache_write_tokens: usage.cacheWrite + usage.cacheWriteHour,
		},
		output_tokens: usage.output,
		output_tokens_details: { reasoning_tokens: usage.reasoning },
		total_tokens: input + usage.output,
		cost: cost === null ? null : usdNumber(cost),
		...(usage.cacheDiscount !== undefined && { cache_discount: usage.cacheDiscount / 1e9 }),
		...(usage.source === "estimated" && { estimated: true }),
	};
}
