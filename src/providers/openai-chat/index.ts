// The adapter of Chat Completions, in any vendor's dialect.
import type { ChatAdapter, ChatCodec } from "#providers/adapter";
import { compatibleSpeech } from "#providers/audio/openai-speech";
import { compatibleTranscription } from "#providers/audio/openai-transcription";
import { openaiModels } from "#providers/model-lists/listers";
import { compatibleEmbeddings } from "#providers/openai-embeddings/index";
import { compatibleImages } from "#providers/openai-images/index";
import { openaiModerations } from "#providers/openai-moderations/index";
import { compatibleRerank } from "#providers/rerank/index";
import { effortFor } from "#providers/shared/effort";
import { customToolsAsFunctions } from "#providers/shared/tools/custom-tools";
import { openaiVideos } from "#providers/videos/openai";
import { openaiFault } from "./errors";
import { chatEndpoint, embeddingsEndpoint, openaiNative } from "./own-api";
import { ChatRelay } from "./relay";
import { type Dialect, encodeChat } from "./request";
import { decodeCompletion } from "./response";
import { ChatStreamDecoder } from "./stream";

/** The adapter of a vendor that speaks Chat Completions in its own dialect. Answers are read alike from all of them. */
export function chatCompletions(dialect: Dialect): ChatAdapter {
	const chat: ChatCodec = {
		encode: (request, model) => encodeChat(dialect, request, model),
		decode: (body, request) => decodeCompletion(body, request),
		decoder: (request) => new ChatStreamDecoder(request),
		relay: ({ n = 1 }) => (dialect.relays === true && n === 1 ? new ChatRelay() : null),
	};
	return {
		credentialHeader: "authorization",
		version: "v1",
		models: openaiModels,
		fault: openaiFault,
		chat: dialect.customTools ? chat : customToolsAsFunctions(chat),
	};
}

/** Any server that says it is compatible with OpenAI: nothing is left out that it may know. */
export const openaiCompatible: ChatAdapter = {
	videos: openaiVideos,
	...chatCompletions({
		outputLimit: "max_tokens",
		messages: "text",
		lacks: [],
		refuses: [],
		customTools: true,
		own: (request, model, dropped) => {
			const effort = effortFor(request, model, dropped);
			return {
				...(effort !== undefined && { reasoning_effort: effort }),
				...(request.user !== undefined && { user: request.user }),
			};
		},
	}),
	files: true,
	// What such a server takes off is not known, so nothing is.
	batchPrice: 1_000,
	embeddings: compatibleEmbeddings,
	rerank: compatibleRerank,
	images: compatibleImages,
	moderations: openaiModerations,
	speech: compatibleSpeech,
	transcription: compatibleTranscription,
	native: openaiNative([chatEndpoint({ limits: ["max_tokens"] }), embeddingsEndpoint]),
};
