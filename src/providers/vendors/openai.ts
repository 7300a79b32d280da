// OpenAI: which of its protocols serves a request, and its dialect of Chat Completions.
import type { Model } from "#catalog/model";
import type { ChatRequest, Message, Tool } from "#core/chat/chat";
import { isObject } from "#lib/json";
import { changed } from "#lib/list";
import type { ChatAdapter, ChatCodec } from "#providers/adapter";
import { openaiSpeech } from "#providers/audio/openai-speech";
import { openaiTranscription } from "#providers/audio/openai-transcription";
import { safetyIdentifier } from "#providers/openai-chat/end-user";
import { chatCompletions } from "#providers/openai-chat/index";
import { ceilingEndpoint, chatEndpoint, embeddingsEndpoint, openaiNative } from "#providers/openai-chat/own-api";
import { openaiEmbeddings } from "#providers/openai-embeddings/index";
import { openaiImages } from "#providers/openai-images/index";
import { openaiModerations } from "#providers/openai-moderations/index";
import { openaiResponses } from "#providers/openai-responses/index";
import { inputTokensEndpoint, responsesEndpoint } from "#providers/openai-responses/own-api";
import { effortFor } from "#providers/shared/effort";
import { COMMON_IMAGES, hasLinkedFile } from "#providers/shared/media";
import { isOpenaiSearch } from "#providers/shared/web-search";
import { openaiVideos } from "#providers/videos/openai";

const openaiChat = chatCompletions({
	outputLimit: "max_completion_tokens",
	messages: "openai",
	lacks: [],
	refuses: [],
	images: COMMON_IMAGES,
	customTools: true,
	relays: true,
	own: (request, model, dropped) => {
		const effort = effortFor(request, model, dropped);
		return { ...(effort !== undefined && { reasoning_effort: effort }), ...safetyIdentifier(request, dropped) };
	},
});

/**
 * Which of OpenAI's protocols a request goes over. A caller who speaks Responses is answered out of it; some models are
 * served only by it, some take tools only there when they reason, and only there OpenAI searches and follows links to
 * files.
 */
function protocolFor(request: ChatRequest, model: Model): ChatCodec {
	if (request.responses !== undefined || model.traits.responses_only) return openaiResponses.chat;
	if (hasLinkedFile(request.messages)) return openaiResponses.chat;
	const native = request.providerExtensions[model.provider]?.tools;
	if (Array.isArray(native) && native.some((tool) => isObject(tool) && isOpenaiSearch(tool.type)))
		return openaiResponses.chat;
	if (request.tools === undefined || request.tools.length === 0) return openaiChat.chat;
	const effort = request.reasoning_effort;
	switch (model.traits.tools_via_responses) {
		case "always":
			return openaiResponses.chat;
		case "unless_effort_none":
			return effort === "none" ? openaiChat.chat : openaiResponses.chat;
		case "if_effort_set":
			return effort === undefined || effort === "none" ? openaiChat.chat : openaiResponses.chat;
		default:
			return openaiChat.chat;
	}
}

/**
 * The request without what clients of other vendors say and OpenAI refuses: `top_k`, and Anthropic's marks of what to
 * cache, since OpenAI caches by itself.
 */
function withoutForeign(request: ChatRequest): ChatRequest {
	const { top_k: _, ...extensions } = request.extensions;
	const { tools } = request;
	const messages = changed(request.messages, (message): Message => {
		const plain = unmarked(message);
		if (!Array.isArray(plain.content)) return plain;
		const content = changed<object>(plain.content, unmarked);
		return content === plain.content ? plain : ({ ...plain, content } as Message);
	});
	return {
		...request,
		messages: messages as Message[],
		...(tools !== undefined && { tools: changed(tools, unmarked) as Tool[] }),
		extensions,
	};
}

function unmarked<T extends object>(marked: T): T {
	if (!("cache_control" in marked)) return marked;
	const { cache_control: _, ...rest } = marked;
	return rest as T;
}

/** OpenAI: Chat Completions, and the Responses API for requests that a model takes only there. */
export const openai: ChatAdapter = {
	...openaiChat,
	files: true,
	batchPrice: 500,
	embeddings: openaiEmbeddings({ limit: { inputs: 2_048, tokens: 300_000 }, base64: true, user: true, tokens: true }),
	images: openaiImages,
	moderations: openaiModerations,
	speech: openaiSpeech({ voice: (name) => name, lacks: ["user"], extensions: true }),
	transcription: openaiTranscription({ lacks: ["user"], extensions: true }),
	videos: openaiVideos,
	native: openaiNative([
		chatEndpoint({ limits: ["max_completion_tokens", "max_tokens"], tiers: ["flex", "priority"] }),
		responsesEndpoint,
		inputTokensEndpoint,
		embeddingsEndpoint,
		...["/moderations", "/images/generations", "/audio/speech"].map(ceilingEndpoint),
	]),
	chat: {
		encode(request, model) {
			const call = protocolFor(request, model).encode(withoutForeign(request), model);
			return "top_k" in request.extensions ? { ...call, dropped: [...call.dropped, "top_k"] } : call;
		},
		decode: (body, request, model) => protocolFor(request, model).decode(body, request, model),
		decoder: (request, model) => protocolFor(request, model).decoder(request, model),
		relay: (request, model) => protocolFor(request, model).relay?.(request, model) ?? null,
	},
};
