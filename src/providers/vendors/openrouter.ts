// OpenRouter's dialect of Chat Completions.
import type { Model } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";
import { isObject } from "#lib/json";
import type { ChatAdapter } from "#providers/adapter";
import { openrouterModels } from "#providers/model-lists/listers";
import { chatCompletions } from "#providers/openai-chat/index";
import { chatEndpoint, embeddingsEndpoint, openaiNative } from "#providers/openai-chat/own-api";
import { openaiEmbeddings } from "#providers/openai-embeddings/index";
import { openrouterRerank } from "#providers/rerank/index";
import { effortFor } from "#providers/shared/effort";
import { imagesByChat } from "#providers/shared/images/by-chat";
import { COMMON_IMAGES } from "#providers/shared/media";
import { openrouterVideos } from "#providers/videos/openrouter";

/** OpenRouter. It translates for many vendors itself and leaves out what one of them lacks. */
const openrouterChat = chatCompletions({
	outputLimit: "max_tokens",
	messages: "blocks",
	lacks: [],
	refuses: [],
	images: COMMON_IMAGES,
	returnsImages: true,
	customTools: true,
	own: (request, model, dropped) => ({
		...reasoning(request, model, dropped),
		...(request.user !== undefined && { user: request.user }),
	}),
});

export const openrouter: ChatAdapter = {
	...openrouterChat,
	models: openrouterModels,
	native: openaiNative(
		[chatEndpoint({ limits: ["max_tokens"], refused: ["provider", "transforms"] }), embeddingsEndpoint],
		["/api/v1", "/v1"],
	),
	images: imagesByChat(openrouterChat.chat),
	embeddings: openaiEmbeddings({ limit: { inputs: 100, tokens: 300_000 }, base64: true, user: true, tokens: true }),
	rerank: openrouterRerank,
	videos: openrouterVideos,
};

/** OpenRouter refuses an effort beside a `reasoning` object that says otherwise, so such an object wins. */
function reasoning(request: ChatRequest, model: Model, dropped: string[]): Record<string, unknown> {
	const effort = effortFor(request, model, dropped);
	if (effort === undefined) return {};
	const reasoning = request.providerExtensions[model.provider]?.reasoning ?? request.extensions.reasoning;
	if (!isObject(reasoning)) return { reasoning_effort: effort };
	if (reasoning.effort === undefined && reasoning.max_tokens === undefined)
		return { reasoning: { ...reasoning, effort } };
	dropped.push("reasoning_effort");
	return {};
}
