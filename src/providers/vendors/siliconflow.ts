// SiliconFlow's dialect of Chat Completions.
import type { Model } from "#catalog/model";
import type { Effort } from "#core/chat/chat";
import type { JsonObject } from "#lib/json";
import type { ChatAdapter } from "#providers/adapter";
import { openaiSpeech } from "#providers/audio/openai-speech";
import { openaiTranscription } from "#providers/audio/openai-transcription";
import { siliconflowModels } from "#providers/model-lists/listers";
import { chatCompletions } from "#providers/openai-chat/index";
import { ceilingEndpoint, chatEndpoint, embeddingsEndpoint, openaiNative } from "#providers/openai-chat/own-api";
import { openaiEmbeddings } from "#providers/openai-embeddings/index";
import { compatibleRerank } from "#providers/rerank/index";
import { effortFor } from "#providers/shared/effort";
import { refused } from "#providers/shared/request-fields";
import { siliconflowVideos } from "#providers/videos/siliconflow";
import { siliconflowImages } from "./siliconflow-images";

/** Tokens to think with, from the 128 to 32768 that SiliconFlow takes; 4096 is what it does by itself. */
const THINKING_BUDGET: Readonly<Record<Exclude<Effort, "none">, number>> = {
	minimal: 512,
	low: 1024,
	medium: 4096,
	high: 16_384,
	xhigh: 32_768,
	max: 32_768,
};

/** The longest chain of thought that a model there has. */
const MAX_THINKING_TOKENS = 32_768;

/** `max_tokens` limits the answer alone; of the thinking's budget only hybrid models take notice. */
function thinkingBeyond(body: JsonObject, model: Model): number {
	if (!model.reasoning) return 0;
	if (model.traits.thinking !== "toggle") return MAX_THINKING_TOKENS;
	if (body.enable_thinking === false) return 0;
	return typeof body.thinking_budget === "number" ? body.thinking_budget : MAX_THINKING_TOKENS;
}

/** SiliconFlow. Hybrid models think unless told not to; the others refuse to be told. */
const siliconflowChat = chatCompletions({
	outputLimit: "max_tokens",
	messages: "text",
	lacks: ["verbosity", "service_tier", "prediction", "metadata", "store", "prompt_cache_key"],
	refuses: ["modalities", "audio", "web_search_options"],
	customTools: false,
	own: (request, model, dropped) => {
		if (request.user !== undefined) dropped.push("user");
		const effort = effortFor(request, model, dropped);
		if (effort === undefined) return {};
		if (model.traits.thinking === "toggle") {
			return effort === "none"
				? { enable_thinking: false }
				: { enable_thinking: true, thinking_budget: THINKING_BUDGET[effort] };
		}
		if (effort === "none") throw refused("reasoning_effort", model);
		dropped.push("reasoning_effort");
		return {};
	},
	beyondLimit: thinkingBeyond,
});

export const siliconflow: ChatAdapter = {
	...siliconflowChat,
	models: siliconflowModels,
	native: openaiNative([
		chatEndpoint({ limits: ["max_tokens"], beyondLimit: thinkingBeyond }),
		embeddingsEndpoint,
		...["/rerank", "/images/generations", "/audio/speech"].map(ceilingEndpoint),
	]),
	embeddings: openaiEmbeddings({ limit: { inputs: 32 }, base64: true, user: false, tokens: false }),
	rerank: compatibleRerank,
	images: siliconflowImages,
	speech: openaiSpeech({
		voice: (name, { id }) => (name.includes(":") ? name : `${id}:${name}`),
		lacks: ["instructions", "user"],
		extensions: true,
		own: { stream: true },
	}),
	transcription: openaiTranscription({
		lacks: ["language", "prompt", "temperature", "user", "stream"],
		extensions: false,
	}),
	videos: siliconflowVideos,
};
