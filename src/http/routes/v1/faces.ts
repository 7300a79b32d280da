// The routes of the faces: which face is spoken at which path.
import { anthropicMessages } from "#faces/anthropic-messages/index";
import type { Face } from "#faces/face";
import { openaiChat } from "#faces/openai-chat/index";
import { openaiCompletions } from "#faces/openai-completions/index";
import { openaiEmbeddings } from "#faces/openai-embeddings/index";
import { openaiImageEdits, openaiImages, openaiImageVariations } from "#faces/openai-images/index";
import { openaiModerations } from "#faces/openai-moderations/index";
import { openaiCompact } from "#faces/openai-responses/compact";
import { openaiResponses } from "#faces/openai-responses/index";
import { openaiSpeech } from "#faces/openai-speech/index";
import { openaiTranscriptions, openaiTranslations } from "#faces/openai-transcriptions/index";
import { rerank } from "#faces/rerank/index";
import type { Route } from "#http/call";
import type { RouteDoc } from "#http/route-doc";
import { serve } from "#http/serve/serve";
import { ModelsView, ModelView } from "#http/views/face-answers";
import {
	chatDoc,
	compactDoc,
	completionsDoc,
	embeddingsDoc,
	imageEditsDoc,
	imagesDoc,
	imageVariationsDoc,
	messagesDoc,
	moderationsDoc,
	rerankDoc,
	responsesDoc,
	speechDoc,
	transcriptionsDoc,
	translationsDoc,
} from "./face-docs";
import { modelRoutes } from "./models";

/** What clients can speak, and where; and where they find the models. */
export const faceRoutes: Route[] = [
	served("/v1/audio/speech", openaiSpeech, speechDoc),
	served("/v1/audio/transcriptions", openaiTranscriptions, transcriptionsDoc),
	served("/v1/audio/translations", openaiTranslations, translationsDoc),
	served("/v1/chat/completions", openaiChat, chatDoc),
	served("/v1/completions", openaiCompletions, completionsDoc),
	served("/v1/embeddings", openaiEmbeddings, embeddingsDoc),
	served("/v1/images/edits", openaiImageEdits, imageEditsDoc),
	served("/v1/images/generations", openaiImages, imagesDoc),
	served("/v1/images/variations", openaiImageVariations, imageVariationsDoc),
	served("/v1/messages", anthropicMessages, messagesDoc),
	served("/v1/moderations", openaiModerations, moderationsDoc),
	served("/v1/rerank", rerank, rerankDoc),
	served("/v1/responses", openaiResponses, responsesDoc),
	served("/v1/responses/compact", openaiCompact, compactDoc),
	...modelRoutes("/v1/models", (headers) => (headers.has("anthropic-version") ? anthropicMessages : openaiChat), {
		list: ModelsView,
		one: ModelView,
	}),
];

function served(path: string, face: Face, doc: RouteDoc): Route {
	return { method: "POST", path, access: "spend", face, doc, handle: serve(face) };
}
