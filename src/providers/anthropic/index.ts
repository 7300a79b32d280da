// The adapter of Anthropic's Messages API.
import type { Model } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";
import type { JsonObject } from "#lib/json";
import type { ChatAdapter } from "#providers/adapter";
import { anthropicModels } from "#providers/model-lists/listers";
import { nativeCodec } from "#providers/native/codec";
import { customToolsAsFunctions } from "#providers/shared/tools/custom-tools";
import { passedBetas } from "./betas";
import { anthropicFault } from "./errors";
import { anthropicNative } from "./own-api";
import { passedBody } from "./passed";
import { MessagesRelay } from "./relay";
import { anthropicBody } from "./request";
import { decodeMessage } from "./response";
import { AnthropicStream } from "./stream";

/** Anthropic's native protocol: the Messages API. */
export const anthropic: ChatAdapter = {
	credentialHeader: "x-api-key",
	version: "v1",
	models: anthropicModels,
	fault: anthropicFault,
	native: nativeCodec(anthropicNative),
	chat: customToolsAsFunctions({
		encode(request, model) {
			const dropped: string[] = [];
			const passed = passedBody(request, model, dropped);
			const body = passed ?? anthropicBody(request, model, dropped);
			const headers = headersFor(request, body, model, dropped);
			return { path: "/messages", body, headers, dropped, ...(passed !== null && { passed: true }) };
		},
		decode: decodeMessage,
		decoder: () => new AnthropicStream(),
		relay: (request, model) => (passedBody(request, model, []) === null ? null : new MessagesRelay()),
	}),
};

/** What the version is for callers who name none. */
const DEFAULT_VERSION = "2023-06-01";

/** The caller's own headers of this protocol, or what stands for them. */
function headersFor(
	{ anthropicHeaders: { version, betas } = {} }: ChatRequest,
	body: JsonObject,
	model: Model,
	dropped: string[],
): Record<string, string> {
	const passed = betas === undefined ? null : passedBetas(betas, body, model, dropped);
	return { "anthropic-version": version ?? DEFAULT_VERSION, ...(passed !== null && { "anthropic-beta": passed }) };
}
