/**
 * What an answer of the gateway may look like: OpenAI's and Anthropic's types as their own SDKs declare them, with the
 * fields of docs/api.md that we add. Nothing imports this file; `generate.ts` turns it into a JSON schema.
 */
import type * as Anthropic from "@anthropic-ai/sdk/resources";
import type * as OpenAI from "openai/resources";
import type * as Responses from "openai/resources/responses/responses";

/** OpenRouter's shape. */
interface ReasoningDetail {
	type: string;
	format?: string | null;
	id?: string | null;
	index?: number;
	text?: string | null;
	summary?: string;
	data?: string;
	signature?: string | null;
}

interface Reasoned {
	reasoning_content?: string;
	reasoning_details?: ReasoningDetail[];
	/** In the vendor's own shape. */
	images?: unknown[];
}

interface Signed {
	extra_content?: { google?: { thought_signature?: string } };
}

interface Usage extends OpenAI.CompletionUsage {
	/** USD; null when the price is not known. */
	cost: number | null;
	/** The provider sent no usable figures. */
	estimated?: true;
	/** USD; negative where the cache cost more than it saved. */
	cache_discount?: number;
	completion_tokens_details?: OpenAI.CompletionUsage.CompletionTokensDetails & { image_tokens?: number };
}

interface FunctionCall extends OpenAI.ChatCompletionMessageFunctionToolCall, Signed {}

/** OpenRouter quotes the page, and gives parsed files back to be sent again. */
type Annotation =
	| { type: "url_citation"; url_citation: OpenAI.ChatCompletionMessage.Annotation.URLCitation & { content?: string } }
	| { type: "file"; file: Record<string, unknown> };

interface Message extends Omit<OpenAI.ChatCompletionMessage, "annotations">, Reasoned {
	annotations?: Annotation[];
	tool_calls?: (FunctionCall | OpenAI.ChatCompletionMessageCustomToolCall)[];
}

interface Choice extends Omit<OpenAI.ChatCompletion.Choice, "message"> {
	message: Message;
	native_finish_reason?: string;
}

/** The SDK declares it optional; OpenAI itself always writes it, and stricter SDKs demand it. */
interface Fingerprinted {
	system_fingerprint: string | null;
}

interface Completion extends Omit<OpenAI.ChatCompletion, "choices" | "system_fingerprint">, Fingerprinted {
	choices: Choice[];
	usage: Usage;
}

interface ToolCallDelta extends OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall, Signed {}

interface Delta extends OpenAI.ChatCompletionChunk.Choice.Delta, Reasoned {
	tool_calls?: ToolCallDelta[];
	annotations?: Annotation[];
}

interface ChunkChoice extends OpenAI.ChatCompletionChunk.Choice {
	delta: Delta;
	native_finish_reason?: string;
}

interface Chunk extends Omit<OpenAI.ChatCompletionChunk, "system_fingerprint">, Fingerprinted {
	choices: ChunkChoice[];
	usage?: Usage | null;
}

interface TextCompletion extends OpenAI.Completion {
	usage: Usage;
}

/** The SDK declares one type for both; on the wire a choice of a stream has no finish until its last event. */
interface TextChunk extends Omit<OpenAI.Completion, "choices" | "usage"> {
	choices: (Omit<OpenAI.CompletionChoice, "finish_reason"> & {
		finish_reason: OpenAI.CompletionChoice["finish_reason"] | null;
	})[];
	usage?: Usage | null;
}

interface Model extends OpenAI.Model {
	name: string;
	context_length: number | null;
	max_output_tokens: number | null;
	architecture: { input_modalities: string[]; output_modalities: string[] };
	supported_parameters: string[];
	/** USD per token, in decimal strings; null when not known. */
	pricing: {
		prompt: string;
		completion: string;
		input_cache_read: string;
		input_cache_write: string;
	} | null;
	/** Of an alias and of `auto`: among which models it chooses. */
	models?: string[];
	/** What it can do is not known: of the fields above only what every model can. */
	capabilities_known?: false;
	/** Of a model that its vendor has given up, or will. */
	deprecated?: true;
	shutdown_date?: string | null;
	successor?: string | null;
}

interface ModelPage {
	object: "list";
	data: Model[];
}

interface ErrorEnvelope {
	error: {
		message: string;
		type: "invalid_request_error" | "permission_error" | "insufficient_quota" | "rate_limit_error" | "server_error";
		param: string | null;
		code: string;
		request_id: string;
		metadata?: Record<string, unknown>;
	};
}

interface MessageUsage extends Anthropic.Usage {
	cost: number | null;
	estimated?: true;
	/** USD; negative where the cache cost more than it saved. */
	cache_discount?: number;
}

interface WholeMessage extends Omit<Anthropic.Message, "usage"> {
	usage: MessageUsage;
}

interface MessageDeltaUsage extends Anthropic.MessageDeltaUsage {
	cost: number | null;
	estimated?: true;
	/** USD; negative where the cache cost more than it saved. */
	cache_discount?: number;
}

interface MessageDelta extends Omit<Anthropic.RawMessageDeltaEvent, "usage"> {
	usage: MessageDeltaUsage;
}

type MessageEvent =
	| Anthropic.RawMessageStartEvent
	| Anthropic.RawContentBlockStartEvent
	| Anthropic.RawContentBlockDeltaEvent
	| Anthropic.RawContentBlockStopEvent
	| MessageDelta
	| Anthropic.RawMessageStopEvent
	| { type: "ping" };

interface AnthropicModelPage {
	data: Anthropic.ModelInfo[];
	has_more: boolean;
	first_id: string | null;
	last_id: string | null;
}

interface AnthropicError {
	type: "error";
	error: {
		/** The SDK's list has no word for 413; Anthropic's documents do. */
		type:
			| "invalid_request_error"
			| "authentication_error"
			| "billing_error"
			| "permission_error"
			| "not_found_error"
			| "conflict_error"
			| "request_too_large"
			| "rate_limit_error"
			| "timeout_error"
			| "api_error"
			| "overloaded_error";
		message: string;
		details: { error_code: string; param?: string; metadata?: Record<string, unknown> };
	};
	request_id: string;
}

interface ResponsesUsage extends Responses.ResponseUsage {
	/** USD; null when the price is not known. */
	cost: number | null;
	/** The provider sent no usable figures. */
	estimated?: true;
	/** USD; negative where the cache cost more than it saved. */
	cache_discount?: number;
}

type OutputItem =
	| Responses.ResponseOutputMessage
	| Responses.ResponseReasoningItem
	| Responses.ResponseFunctionToolCall
	| Responses.ResponseCustomToolCall
	| Responses.ResponseOutputItem.ImageGenerationCall
	| Responses.ResponseFunctionWebSearch
	| Responses.ResponseOutputItem.LocalShellCall
	| Responses.ResponseFunctionShellToolCall
	| Responses.ResponseApplyPatchToolCall
	| Responses.ResponseToolSearchCall;

/** What the SDK computes is not on the wire; what was asked for is the caller's, and there are more codes. */
interface Response
	extends Omit<
		Responses.Response,
		"output_text" | "access_programs" | "usage" | "error" | "tools" | "tool_choice" | "output" | "text"
	> {
	status: Responses.ResponseStatus;
	background: false;
	store: boolean;
	output: OutputItem[];
	usage: ResponsesUsage | null;
	error: { code: string; message: string } | null;
	text: unknown;
	tools: unknown[];
	tool_choice: unknown;
}

/** The events of a stream that say something of its items; those with the whole response are judged by it. */
type ItemEvent =
	| (Omit<Responses.ResponseOutputItemAddedEvent, "item"> & { item: OutputItem })
	| (Omit<Responses.ResponseOutputItemDoneEvent, "item"> & { item: OutputItem })
	| Responses.ResponseContentPartAddedEvent
	| Responses.ResponseContentPartDoneEvent
	| Responses.ResponseTextDeltaEvent
	| Responses.ResponseTextDoneEvent
	| Responses.ResponseOutputTextAnnotationAddedEvent
	| Responses.ResponseRefusalDeltaEvent
	| Responses.ResponseRefusalDoneEvent
	| Responses.ResponseFunctionCallArgumentsDeltaEvent
	| Responses.ResponseFunctionCallArgumentsDoneEvent
	| Responses.ResponseCustomToolCallInputDeltaEvent
	| Responses.ResponseCustomToolCallInputDoneEvent
	| Responses.ResponseReasoningSummaryPartAddedEvent
	| Responses.ResponseReasoningSummaryPartDoneEvent
	| Responses.ResponseReasoningSummaryTextDeltaEvent
	| Responses.ResponseReasoningSummaryTextDoneEvent;

/** Base64 where it was asked for, which the SDK decodes before its caller sees it. */
interface Embedding extends Omit<OpenAI.Embedding, "embedding"> {
	embedding: number[] | string;
}

interface Embeddings extends Omit<OpenAI.CreateEmbeddingResponse, "data" | "usage"> {
	data: Embedding[];
	usage: OpenAI.CreateEmbeddingResponse.Usage & Pick<Usage, "cost" | "estimated">;
}

export interface Answers {
	wholeMessage: WholeMessage;
	messageEvent: MessageEvent;
	anthropicModel: Anthropic.ModelInfo;
	anthropicModels: AnthropicModelPage;
	anthropicError: AnthropicError;
	tokensCount: Anthropic.MessageTokensCount;
	response: Response;
	itemEvent: ItemEvent;
	completion: Completion;
	embeddings: Embeddings;
	chunk: Chunk;
	textCompletion: TextCompletion;
	textChunk: TextChunk;
	model: Model;
	models: ModelPage;
	error: ErrorEnvelope;
}
