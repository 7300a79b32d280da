/** Anthropic's Messages, as its SDKs and Claude Code speak it. */
import type { ChatRequest, Chunk, Completion } from "#core/chat/chat";
import type { Face } from "#faces/face";
import { chat } from "#operations/chat/index";
import { errorBody } from "./error-body";
import { anthropicModels } from "./models";
import { type MessagesStyle, parseCount, parseMessages } from "./parse";
import { MessageStreamRenderer, passMessage, renderMessage } from "./render";

export const anthropicMessages: Face<ChatRequest, Completion, Chunk, MessagesStyle> = {
	name: "messages",
	operation: chat,
	headers: ["anthropic-version", "anthropic-beta"],
	parse: parseMessages,
	whole: renderMessage,
	passed: passMessage,
	stream: (head, style) => new MessageStreamRenderer(head, style),
	error: errorBody,
	models: anthropicModels,
};

/** The same for a prompt that is counted and not answered. */
export const anthropicCount: typeof anthropicMessages = { ...anthropicMessages, parse: parseCount };
