/**
 * OpenAI's Responses, as Codex, the AI SDK and OpenAI's own SDKs speak it. Nothing is kept from one answer to the next.
 */

import type { ChatRequest, Chunk, Completion } from "#core/chat/chat";
import type { Face } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import { openaiModels } from "#faces/openai-chat/models";
import { chat } from "#operations/chat/index";
import { parseResponses, type ResponsesStyle } from "./parse";
import { passResponse, ResponsesStreamRenderer, renderResponse } from "./render";

export const openaiResponses: Face<ChatRequest, Completion, Chunk, ResponsesStyle> = {
	name: "responses",
	operation: chat,
	parse: parseResponses,
	whole: renderResponse,
	passed: passResponse,
	stream: (head, style) => new ResponsesStreamRenderer(head, style),
	error: errorBody,
	models: openaiModels,
};
