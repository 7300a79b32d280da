/** About how many tokens the prompt of a chat request has. */
import type { ChatRequest, Message } from "#core/chat/chat";
import { estimateTokens, ROUGH_TOKENS_PER_LATIN, roughTokens } from "#metering/estimate";

/** Tokens that a vendor adds around each message, and counts for each image whose size is not known. */
const PER_MESSAGE = 4;
const PER_IMAGE = 1_000;

/** About how many tokens a request's prompt has, within a factor of two or so: for choosing, in next to no time. */
export function roughPrompt({ messages, tools = [] }: ChatRequest): number {
	let tokens = 0;
	for (const tool of tools) tokens += JSON.stringify(tool).length * ROUGH_TOKENS_PER_LATIN;
	for (const message of messages) {
		tokens += PER_MESSAGE;
		if (typeof message.content === "string") tokens += roughTokens(message.content);
		else {
			for (const part of message.content ?? []) {
				if (part.type === "text") tokens += roughTokens(part.text);
				else if (part.type === "refusal") tokens += roughTokens(part.refusal);
				else tokens += PER_IMAGE;
			}
		}
		if (message.role !== "assistant") continue;
		tokens += (message.images?.length ?? 0) * PER_IMAGE;
		if (message.reasoning_content !== undefined) tokens += roughTokens(message.reasoning_content);
		if (message.tool_calls !== undefined) tokens += JSON.stringify(message.tool_calls).length * ROUGH_TOKENS_PER_LATIN;
	}
	return Math.ceil(tokens);
}

/** About how many tokens a request's prompt has: messages and tools. */
export function estimatePrompt(request: ChatRequest): number {
	let tokens = request.tools === undefined ? 0 : estimateTokens(JSON.stringify(request.tools));
	for (const message of request.messages) tokens += PER_MESSAGE + estimateMessage(message);
	return tokens;
}

function estimateMessage(message: Message): number {
	let tokens = 0;
	if (typeof message.content === "string") tokens += estimateTokens(message.content);
	else {
		for (const part of message.content ?? []) {
			if (part.type === "text") tokens += estimateTokens(part.text);
			else if (part.type === "refusal") tokens += estimateTokens(part.refusal);
			else tokens += PER_IMAGE;
		}
	}
	if (message.role === "assistant") {
		tokens += (message.images?.length ?? 0) * PER_IMAGE;
		if (message.reasoning_content !== undefined) tokens += estimateTokens(message.reasoning_content);
		if (message.tool_calls !== undefined) tokens += estimateTokens(JSON.stringify(message.tool_calls));
	}
	return tokens;
}
