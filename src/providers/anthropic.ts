import type { ChatAdapter } from "./adapter";
import { decodeMessage } from "./anthropic-answer";
import { anthropicFault } from "./anthropic-fault";
import { anthropicBody } from "./anthropic-request";
import { AnthropicStream } from "./anthropic-stream";

/** Anthropic's native protocol: the Messages API. */
export const anthropic: ChatAdapter = {
	credentialHeader: "x-api-key",
	version: "v1",
	encode(request, model) {
		const dropped: string[] = [];
		const body = anthropicBody(request, model, dropped);
		return { path: "/messages", body, headers: { "anthropic-version": "2023-06-01" }, dropped };
	},
	decode: decodeMessage,
	decoder: () => new AnthropicStream(),
	fault: anthropicFault,
};
