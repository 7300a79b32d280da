// The request, model and provider that tests of one upstream call share.
import type { Model } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";
import type { ProviderName } from "#core/ids";
import { encodeFor, type UpstreamRequest } from "#gateway/upstream/upstream-request";
import { chat } from "#operations/chat/index";
import { openaiCompatible } from "#providers/openai-chat/index";
import { ONLY_CREDENTIAL, type Provider, type ProviderCredential } from "#providers/provider";

export const request: ChatRequest = {
	messages: [{ role: "user", content: "hi" }],
	stream: true,
	extensions: {},
	providerExtensions: {},
};

export const model: Model = {
	provider: "acme" as ProviderName,
	id: "m",
	aliases: [],
	context: null,
	maxOutput: null,
	input: ["text"],
	output: ["text"],
	tools: true,
	jsonSchema: true,
	reasoning: false,
	traits: {},
	prices: [{ from: 0, price: { input: 1000, cacheRead: 1000, cacheWrite: 1000, cacheWriteHour: 1000, output: 2000 } }],
	rules: {},
	family: null,
	quality: null,
	regions: [],
};

/** A provider that speaks OpenAI's protocol and answers what it is told to. */
export function provider(send: ProviderCredential["send"]): Provider {
	return {
		name: model.provider,
		models: [model],
		defaultModel: "m",
		adapter: openaiCompatible,
		simulated: false,
		credentials: [
			{
				id: ONLY_CREDENTIAL,
				weight: 1,
				send,
				look: send,
				file: () => Promise.reject(new Error("no file is asked for")),
				conceal: (text) => text.replaceAll("a-secret", "[credential]"),
			},
		],
	};
}

/** A request to `provider` from a caller who stays. */
export function upstreamRequestTo(
	upstream: Provider,
	change: Partial<ChatRequest> = {},
	caller: AbortSignal = new AbortController().signal,
): UpstreamRequest {
	const [credential] = upstream.credentials;
	if (credential === undefined) throw new Error("the provider of the test has no credential");
	return encodeFor({
		operation: chat,
		request: { ...request, ...change },
		provider: upstream,
		credential,
		model,
		caller,
		vendorTools: [],
		receivedAt: 0,
		relayTo: "chat",
	});
}
