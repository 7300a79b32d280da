/**
 * OpenAI's legacy completions, as older tools and editors that complete code speak them: the prompt is what a user says
 * to a model that chats, and what it answers is the completion.
 */
import type { ChatRequest, Chunk, Completion } from "#core/chat/chat";
import type { AnswerHead, Face } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import type { CompletionHead } from "#faces/openai-chat/head";
import { openaiModels } from "#faces/openai-chat/models";
import { chat } from "#operations/chat/index";
import { type CompletionsStyle, parseCompletions } from "./parse";
import { CompletionsStreamRenderer, renderTextCompletion } from "./render";

export const openaiCompletions: Face<ChatRequest, Completion, Chunk, CompletionsStyle> = {
	name: "completions",
	operation: chat,
	parse: parseCompletions,
	whole: (head, completion, usage, cost) => renderTextCompletion(headOf(head), completion, usage, cost),
	stream: (head, style) => new CompletionsStreamRenderer(headOf(head), style),
	error: errorBody,
	models: openaiModels,
};

function headOf({ requestId, receivedAt, model }: AnswerHead): CompletionHead {
	return { id: `cmpl-${requestId.slice(4)}`, created: Math.floor(receivedAt / 1000), model };
}
