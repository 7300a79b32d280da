/** Whether an answer has nothing in it although it should: no text, reasoning, call, picture, sound or refusal. */
import type { ChatRequest, Choice, Chunk, ChunkChoice, Completion, FinishReason } from "#core/chat/chat";

/**
 * Whether an answer that ends so may have nothing in it: it was cut at the caller's own limit or filtered, or one of
 * the caller's stop sequences may have been the first that the model wrote.
 */
function mayBeEmpty(finish: FinishReason, { stop }: ChatRequest): boolean {
	return finish === "length" || finish === "content_filter" || (stop ?? []).length > 0;
}

export function isEmptyAnswer({ choices }: Completion, request: ChatRequest): boolean {
	return choices.every((choice) => !saysAnything(choice) && !mayBeEmpty(choice.finish_reason, request));
}

function saysAnything({ message }: Choice): boolean {
	return (
		Boolean(message.content || message.reasoning_content || message.refusal) ||
		(message.tool_calls?.length ?? 0) > 0 ||
		(message.images?.length ?? 0) > 0 ||
		(message.items?.length ?? 0) > 0 ||
		message.audio != null
	);
}

export function hasContent({ choices }: Chunk, request: ChatRequest): boolean {
	return choices.some((choice) => isContent(choice, request));
}

/** Whether a choice carries what the caller came for, or a finish that explains why nothing better will come. */
function isContent({ delta, finish_reason }: ChunkChoice, request: ChatRequest): boolean {
	return (
		(finish_reason !== null && mayBeEmpty(finish_reason, request)) ||
		Boolean(delta.content || delta.reasoning_content || delta.refusal) ||
		delta.tool_calls !== undefined ||
		delta.images !== undefined ||
		delta.audio !== undefined
	);
}
