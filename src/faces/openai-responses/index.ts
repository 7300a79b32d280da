/**
 * OpenAI's Responses, as Codex, the AI SDK and OpenAI's own SDKs speak it.
 */

import type { ChatRequest, Chunk, Completion } from "#core/chat/chat";
import type { AnswerStorage, Face } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import { openaiModels } from "#faces/openai-chat/models";
import { chat } from "#operations/chat/index";
import { parseContinued, type ResponsesStyle } from "./parse";
import { passResponse, ResponsesStreamRenderer, renderResponse } from "./render";
import { continued, storageWish, suffixOf } from "./stored";

export const openaiResponses: Face<ChatRequest, Completion, Chunk, ResponsesStyle> & {
	readonly storage: AnswerStorage;
} = {
	name: "responses",
	operation: chat,
	parse: parseContinued,
	whole: renderResponse,
	passed: passResponse,
	stream: (head, style) => new ResponsesStreamRenderer(head, style),
	error: errorBody,
	models: openaiModels,
	storage: {
		wish: storageWish,
		continued: (body, found, requestId, keeps) => continued(body, found, suffixOf(requestId), keeps),
	},
};
