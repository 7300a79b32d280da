/** OpenAI's Chat Completions, as its SDKs and whatever is compatible with them speak it. */

import type { ChatRequest, Chunk, Completion } from "#core/chat/chat";
import type { AnswerHead, Face } from "#faces/face";
import { withMember } from "#lib/json-member";
import { chat } from "#operations/chat/index";
import { errorBody } from "./error-body";
import type { CompletionHead } from "./head";
import { openaiModels } from "./models";
import { parseChat } from "./parse";
import { renderCompletion } from "./render";
import { ChatStreamRenderer } from "./render-stream";
import type { ChatStyle } from "./style";
import { renderUsage, usageWith } from "./usage";

export const openaiChat: Face<ChatRequest, Completion, Chunk, ChatStyle> = {
	name: "chat",
	operation: chat,
	parse: parseChat,
	whole: (head, completion, usage, cost, style) => renderCompletion(headOf(head), completion, usage, cost, style),
	passed: ({ text, body }, usage, cost) =>
		withMember(text, "usage", JSON.stringify(usageWith(body.usage, renderUsage(usage, cost)))),
	stream: (head, style) => new ChatStreamRenderer(headOf(head), style),
	error: errorBody,
	models: openaiModels,
};

function headOf({ requestId, receivedAt, model }: AnswerHead): CompletionHead {
	return { id: `chatcmpl-${requestId.slice(4)}`, created: Math.floor(receivedAt / 1000), model };
}
