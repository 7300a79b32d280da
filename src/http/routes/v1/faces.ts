// The routes of the faces: which face is spoken at which path.
import { anthropicMessages } from "#faces/anthropic-messages/index";
import type { Face } from "#faces/face";
import { openaiChat } from "#faces/openai-chat/index";
import { openaiCompletions } from "#faces/openai-completions/index";
import { openaiEmbeddings } from "#faces/openai-embeddings/index";
import { openaiResponses } from "#faces/openai-responses/index";
import type { Route } from "#http/call";
import { serve } from "#http/serve/serve";
import { modelRoutes } from "./models";

/** What clients can speak, and where; and where they find the models. */
export const faceRoutes: Route[] = [
	served("/v1/chat/completions", openaiChat),
	served("/v1/completions", openaiCompletions),
	served("/v1/embeddings", openaiEmbeddings),
	served("/v1/messages", anthropicMessages),
	served("/v1/responses", openaiResponses),
	...modelRoutes("/v1/models", (headers) => (headers.has("anthropic-version") ? anthropicMessages : openaiChat)),
];

function served(path: string, face: Face): Route {
	return { method: "POST", path, access: "spend", face, handle: serve(face) };
}
