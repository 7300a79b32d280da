// What the API's description says of the routes at which faces are spoken.
import * as v from "valibot";
import { CountSchema, RequestSchema as MessagesRequest } from "#faces/anthropic-messages/schema";
import { RequestSchema as ChatRequest } from "#faces/openai-chat/schema";
import { RequestSchema as CompletionsRequest } from "#faces/openai-completions/parse";
import { RequestSchema as EmbeddingsRequest } from "#faces/openai-embeddings/parse";
import { RequestSchema as ResponsesRequest } from "#faces/openai-responses/schema";
import { OF_ROUTING } from "#http/openapi/errors-of";
import type { RouteDoc } from "#http/route-doc";
import {
	ChatCompletionView,
	CompletionView,
	EmbeddingsView,
	MessageView,
	ResponseView,
	TokensCountView,
} from "#http/views/face-answers";
import { RouteView } from "#http/views/route";

/** A text, texts, the tokens of a text, or an array of those. */
const Tokens = v.array(v.pipe(v.number(), v.integer()));
const EmbeddingsInput = v.union([v.string(), v.array(v.string()), Tokens, v.array(Tokens)]);

const EVENTS = ["text/event-stream"];
const HELLO = [{ role: "user", content: "Hello" }];

export const chatDoc: RouteDoc = {
	summary: "Complete a chat, as OpenAI's Chat Completions",
	body: ChatRequest,
	example: { model: "openai/gpt-6-luna", messages: HELLO },
	answer: ChatCompletionView,
	also: EVENTS,
};

export const completionsDoc: RouteDoc = {
	summary: "Complete a text, as OpenAI's legacy completions",
	body: CompletionsRequest,
	example: { model: "openai/gpt-6-luna", prompt: "Once upon a time" },
	answer: CompletionView,
	also: EVENTS,
};

export const messagesDoc: RouteDoc = {
	summary: "Complete a chat, as Anthropic's Messages",
	body: MessagesRequest,
	example: { model: "anthropic/claude-haiku-5-5", max_tokens: 1024, messages: HELLO },
	answer: MessageView,
	also: EVENTS,
};

export const countDoc: RouteDoc = {
	summary: "Say about how many tokens a prompt has, without asking a provider",
	body: CountSchema,
	example: { model: "anthropic/claude-haiku-5-5", messages: HELLO },
	answer: TokensCountView,
	errors: OF_ROUTING,
};

export const responsesDoc: RouteDoc = {
	summary: "Complete a chat, as OpenAI's Responses",
	body: v.looseObject({
		...ResponsesRequest.entries,
		input: v.union([v.string(), ResponsesRequest.entries.input]),
	}),
	example: { model: "openai/gpt-6-luna", input: "Hello" },
	answer: ResponseView,
	also: EVENTS,
};

export const embeddingsDoc: RouteDoc = {
	summary: "Make vectors of texts, as OpenAI's embeddings",
	body: v.looseObject({ ...EmbeddingsRequest.entries, input: EmbeddingsInput }),
	example: { model: "openai/text-embedding-3-small", input: ["first text", "second text"] },
	answer: EmbeddingsView,
};

export const dryRunDoc: RouteDoc = {
	summary: "Say who would serve a chat completion and why, without asking a provider",
	body: ChatRequest,
	example: { model: "steady", messages: HELLO },
	answer: RouteView,
	errors: OF_ROUTING,
};
