// What the API's description says of the routes at which faces are spoken.
import * as v from "valibot";
import type { ErrorCode } from "#core/error-catalog";
import { CountSchema, RequestSchema as MessagesRequest } from "#faces/anthropic-messages/schema";
import { RequestSchema as ChatRequest } from "#faces/openai-chat/schema";
import { RequestSchema as CompletionsRequest } from "#faces/openai-completions/parse";
import { RequestSchema as EmbeddingsRequest } from "#faces/openai-embeddings/parse";
import { RequestSchema as ImagesRequest } from "#faces/openai-images/parse";
import { EditFormSchema as EditForm, VariationFormSchema as VariationForm } from "#faces/openai-images/parse-form";
import { InputSchema as ModerationInput, RequestSchema as ModerationRequest } from "#faces/openai-moderations/parse";
import { RequestSchema as ResponsesRequest } from "#faces/openai-responses/schema";
import { RequestSchema as SpeechRequest } from "#faces/openai-speech/parse";
import { FormSchema as TranscriptionForm } from "#faces/openai-transcriptions/parse";
import { RequestSchema as RerankRequest } from "#faces/rerank/parse";
import { OF_ROUTING } from "#http/openapi/errors-of";
import { pageFields } from "#http/request/page";
import type { RouteDoc } from "#http/route-doc";
import {
	ChatCompletionView,
	CompactedView,
	CompletionView,
	DeletedResponseView,
	EmbeddingsView,
	ImagesView,
	InputItemsView,
	InputTokensView,
	MessageView,
	ModerationView,
	RankingView,
	ResponseView,
	TokensCountView,
	TranscriptView,
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

const ResponsesBody = v.looseObject({
	...ResponsesRequest.entries,
	input: v.union([v.string(), ResponsesRequest.entries.input]),
});
const INPUT = { model: "openai/gpt-6-luna", input: "Hello" };

/** What drawing on stored answers can bring about. */
const OF_STORAGE: readonly ErrorCode[] = [
	"storage_not_allowed",
	"previous_response_not_found",
	"responses_unavailable",
];

export const responsesDoc: RouteDoc = {
	summary: "Complete a chat, as OpenAI's Responses",
	body: ResponsesBody,
	example: INPUT,
	answer: ResponseView,
	also: EVENTS,
	errors: OF_STORAGE,
};

export const compactDoc: RouteDoc = {
	summary: "Compact a conversation at OpenAI",
	body: ResponsesBody,
	example: INPUT,
	answer: CompactedView,
	errors: OF_STORAGE,
};

export const inputTokensDoc: RouteDoc = {
	summary: "Say about how many tokens the input of a response has, without asking a provider",
	body: ResponsesBody,
	example: INPUT,
	answer: InputTokensView,
	errors: [...OF_ROUTING, ...OF_STORAGE],
};

export const storedResponseDoc: RouteDoc = {
	summary: "Show a stored response",
	query: v.object({ stream: v.optional(v.string()) }),
	answer: ResponseView,
	errors: ["response_not_found", "responses_unavailable", "unsupported_parameter"],
};

export const deleteResponseDoc: RouteDoc = {
	summary: "Delete a stored response",
	answer: DeletedResponseView,
	errors: ["response_not_found", "responses_unavailable"],
};

/** `decodeQuery` reads it. */
export const InputQuery = v.object({
	...pageFields,
	order: v.optional(v.picklist(["asc", "desc"], "must be asc or desc"), "desc"),
});

export const inputItemsDoc: RouteDoc = {
	summary: "List the items that the model was given for a stored response",
	query: InputQuery,
	answer: InputItemsView,
	errors: ["response_not_found", "responses_unavailable"],
};

export const embeddingsDoc: RouteDoc = {
	summary: "Make vectors of texts, as OpenAI's embeddings",
	body: v.looseObject({ ...EmbeddingsRequest.entries, input: EmbeddingsInput }),
	example: { model: "openai/text-embedding-3-small", input: ["first text", "second text"] },
	answer: EmbeddingsView,
};

export const rerankDoc: RouteDoc = {
	summary: "Rank documents by how relevant they are to a query, as Cohere, Jina and SiliconFlow do",
	body: RerankRequest,
	example: {
		model: "siliconflow/BAAI/bge-reranker-v2-m3",
		query: "Which birds swim?",
		documents: ["Penguins swim.", "Keys are revoked at once."],
		top_n: 1,
	},
	answer: RankingView,
};

export const moderationsDoc: RouteDoc = {
	summary: "Say whether there is something to object to in texts and pictures, as OpenAI's moderations",
	body: v.looseObject({ ...ModerationRequest.entries, input: ModerationInput }),
	example: { model: "openai/omni-moderation-latest", input: ["first text", "second text"] },
	answer: ModerationView,
};

export const imagesDoc: RouteDoc = {
	summary: "Draw pictures of a text, as OpenAI's images",
	body: ImagesRequest,
	example: { model: "openai/gpt-image-2", prompt: "A lighthouse at dusk", size: "1024x1024", quality: "low" },
	answer: ImagesView,
	also: EVENTS,
};

export const imageEditsDoc: RouteDoc = {
	summary: "Change pictures as a text says, as OpenAI's edits of images",
	body: EditForm,
	bodyMedia: "multipart/form-data",
	example: { model: "openai/gpt-image-2", prompt: "At night", image: "lighthouse.png" },
	answer: ImagesView,
	also: EVENTS,
};

export const imageVariationsDoc: RouteDoc = {
	summary: "Draw a picture otherwise, as OpenAI's variations of images",
	body: VariationForm,
	bodyMedia: "multipart/form-data",
	example: { model: "my-server/painter", image: "lighthouse.png", n: "2" },
	answer: ImagesView,
};

export const speechDoc: RouteDoc = {
	summary: "Say a text, as OpenAI's speech",
	text: "The sound comes as it is made, in the format that is asked for; with `stream_format: sse` as events.",
	body: SpeechRequest,
	example: { model: "openai/gpt-4o-mini-tts", input: "Good morning.", voice: "marin", response_format: "mp3" },
	answer: v.pipe(v.string(), v.description("the bytes of the sound")),
	media: "audio/mpeg",
	also: ["audio/ogg", "audio/aac", "audio/flac", "audio/wav", "audio/pcm", ...EVENTS],
};

const TRANSCRIPTION = {
	body: TranscriptionForm,
	bodyMedia: "multipart/form-data",
	example: { model: "openai/whisper-1", file: "speech.wav", response_format: "verbose_json" },
	answer: TranscriptView,
} as const;

export const transcriptionsDoc: RouteDoc = {
	...TRANSCRIPTION,
	summary: "Write down what is said in a recording, as OpenAI's transcriptions",
	also: ["text/plain", "text/vtt", ...EVENTS],
};

export const translationsDoc: RouteDoc = {
	...TRANSCRIPTION,
	summary: "Write down in English what is said in a recording, as OpenAI's translations",
	also: ["text/plain", "text/vtt"],
};

/** What the body of a dry run may be written in, by the names of the faces in the log of requests. */
export const RouteQuery = v.object({
	face: v.optional(
		v.picklist([
			"chat",
			"messages",
			"responses",
			"embeddings",
			"moderations",
			"rerank",
			"images",
			"speech",
			"transcriptions",
			"videos",
		]),
		"chat",
	),
});

export const dryRunDoc: RouteDoc = {
	summary: "Say who would serve a request and why, without asking a provider",
	text: "`face` says in which form the body is; that of a chat completion is shown.",
	query: RouteQuery,
	body: ChatRequest,
	example: { model: "steady", messages: HELLO },
	answer: RouteView,
	errors: [...OF_ROUTING, ...OF_STORAGE],
};
