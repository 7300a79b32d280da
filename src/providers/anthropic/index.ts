// The adapter of Anthropic's Messages API.
import type { ChatAdapter } from "#providers/adapter";
import { anthropicModels } from "#providers/model-lists/listers";
import { anthropicFault } from "./errors";
import { anthropicBody } from "./request";
import { decodeMessage } from "./response";
import { AnthropicStream } from "./stream";

/** Anthropic's native protocol: the Messages API. */
export const anthropic: ChatAdapter = {
	credentialHeader: "x-api-key",
	version: "v1",
	models: anthropicModels,
	fault: anthropicFault,
	chat: {
		encode(request, model) {
			const dropped: string[] = [];
			const body = anthropicBody(request, model, dropped);
			return { path: "/messages", body, headers: { "anthropic-version": "2023-06-01" }, dropped };
		},
		decode: decodeMessage,
		decoder: () => new AnthropicStream(),
	},
};
