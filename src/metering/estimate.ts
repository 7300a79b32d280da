import { estimateTokenCount } from "tokenx";
import type { ChatRequest, Message } from "../core/chat";

/** Tokens that a vendor adds around each message, and counts for each image whose size is not known. */
const PER_MESSAGE = 4;
const PER_IMAGE = 1_000;

/** About how many tokens a text has. Errs on the high side for the kinds of text it was measured on. */
export function estimateTokens(text: string): number {
	return estimateTokenCount(text);
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
		if (message.reasoning_content !== undefined) tokens += estimateTokens(message.reasoning_content);
		if (message.tool_calls !== undefined) tokens += estimateTokens(JSON.stringify(message.tool_calls));
	}
	return tokens;
}
