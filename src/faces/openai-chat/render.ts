// Writes a whole canonical answer as a chat completion.
import type { AssistantReply, Completion, ToolCall } from "#core/chat/chat";
import type { Usage } from "#core/chat/usage";
import type { NanoUsd } from "#metering/money";
import { withFunctionsOnly } from "./flat-tools";
import type { CompletionHead } from "./head";
import type { ChatStyle } from "./style";
import { shownTier } from "./tier";
import { renderUsage } from "./usage";

/** A whole answer as a `chat.completion` object. */
export function renderCompletion(
	head: CompletionHead,
	completion: Completion,
	usage: Usage,
	cost: NanoUsd | null,
	style: ChatStyle,
): Record<string, unknown> {
	const tier = shownTier(completion.service_tier);
	return {
		id: head.id,
		object: "chat.completion",
		created: head.created,
		model: head.model,
		choices: completion.choices.map(({ index, message, logprobs, ...finish }) => ({
			index,
			message: shownMessage(message, style),
			logprobs: logprobs ?? null,
			...finish,
			...(style.functionCall && finish.finish_reason === "tool_calls" && { finish_reason: "function_call" }),
		})),
		usage: renderUsage(usage, cost),
		...(tier !== undefined && { service_tier: tier }),
		system_fingerprint: completion.system_fingerprint ?? null,
	};
}

function shownMessage(message: AssistantReply, { functionCall, customAsFunction }: ChatStyle): Record<string, unknown> {
	if (functionCall) return withFunctionCall(message);
	return { annotations: [], ...(customAsFunction ? withFunctionsOnly(message) : message) };
}

/** The deprecated form of a tool call, for a request that used the deprecated form of tools. */
function withFunctionCall({ tool_calls: calls, ...message }: AssistantReply): Record<string, unknown> {
	const call = calls?.find((candidate: ToolCall) => candidate.type === "function");
	return call === undefined ? message : { ...message, function_call: call.function };
}
