/**
 * The canonical chat request and answer that every face parses into and every provider is translated from and to. It is
 * OpenAI's Chat Completions vocabulary in one normal form: deprecated spellings mapped, `null` removed, routing fields
 * taken out. Runtime values may carry further fields; adapters of OpenAI's protocol pass them on.
 */
import type { PassedAnswer, PassedRequest } from "#core/passed";
import type { JsonObject } from "#lib/json";
import type { JsonSource } from "#lib/json-source";
import type { AnthropicHeaders } from "./anthropic-headers";
import type { Usage } from "./usage";

export type Effort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";

export interface TextPart {
	type: "text";
	text: string;
}
export interface ImagePart {
	type: "image_url";
	/** `url` is https or a data URL. */
	image_url: { url: string; detail?: "auto" | "low" | "high" | "original" };
}
interface AudioPart {
	type: "input_audio";
	/** `data` is base64. */
	input_audio: { data: string; format: string };
}
export interface FilePart {
	type: "file";
	/** `file_data` is a data URL, `file_url` an https link that the vendor follows. */
	file: { file_data?: string; file_id?: string; file_url?: string; filename?: string };
}
interface VideoPart {
	type: "video_url";
	video_url: { url: string };
}
export interface RefusalPart {
	type: "refusal";
	refusal: string;
}
/** What a tool may answer with. */
export type ToolPart = TextPart | ImagePart | FilePart;
export type UserPart = TextPart | ImagePart | AudioPart | FilePart | VideoPart;

/**
 * One block of a model's reasoning that must go back to the same vendor unchanged, in OpenRouter's shape. `format`
 * names whose block it is: "anthropic-claude-v1", "google-gemini-v1", "openai-responses-v1", or OpenRouter's own.
 */
export interface ReasoningDetail {
	type: "reasoning.text" | "reasoning.summary" | "reasoning.encrypted" | (string & {});
	format?: string | null;
	id?: string | null;
	index?: number;
	text?: string | null;
	summary?: string;
	data?: string;
	signature?: string | null;
}

export interface FunctionCall {
	id: string;
	type: "function";
	/** `arguments` is the JSON text as the model wrote it, perhaps invalid. */
	function: { name: string; arguments: string };
	extra_content?: VendorExtra;
}
interface CustomCall {
	id: string;
	type: "custom";
	custom: { name: string; input: string };
	extra_content?: VendorExtra;
}
export type ToolCall = FunctionCall | CustomCall;
/** Where Gemini's thought signature travels on OpenAI's wire, on tool calls and pictures; known clients return it. */
export interface VendorExtra {
	google?: { thought_signature?: string };
}

export interface SystemMessage {
	role: "system" | "developer";
	content: string | TextPart[];
	name?: string;
}
export interface UserMessage {
	role: "user";
	content: string | UserPart[];
	name?: string;
}
export interface AssistantMessage {
	role: "assistant";
	content?: string | (TextPart | RefusalPart)[] | null;
	refusal?: string;
	name?: string;
	tool_calls?: ToolCall[];
	audio?: { id: string };
	reasoning_content?: string;
	reasoning_details?: ReasoningDetail[];
	/** Whether it is said on the way to the answer or is that, in OpenAI's words. */
	phase?: string;
	/** Pictures that the model made, as it answered with them: `GeneratedImage`s, or what a server sent instead. */
	images?: unknown[];
}
/** A picture that a model made; `url` is https or a data URL. */
export interface GeneratedImage {
	type: "image_url";
	image_url: { url: string };
	extra_content?: VendorExtra;
}
export interface ToolMessage {
	role: "tool";
	tool_call_id: string;
	content: string | ToolPart[];
}
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

export interface FunctionTool {
	type: "function";
	function: { name: string; description?: string; parameters?: JsonObject; strict?: boolean };
}
export interface CustomTool {
	type: "custom";
	custom: { name: string; description?: string; format?: JsonObject };
}
export type Tool = FunctionTool | CustomTool;

export type ToolChoice =
	| "none"
	| "auto"
	| "required"
	| { type: "function"; function: { name: string } }
	| { type: "custom"; custom: { name: string } }
	| { type: "allowed_tools"; allowed_tools: { mode: "auto" | "required"; tools: JsonObject[] } };

export type ResponseFormat =
	| { type: "text" }
	| { type: "json_object" }
	| { type: "json_schema"; json_schema: { name: string; description?: string; schema?: JsonObject; strict?: boolean } };

/**
 * What of a request only OpenAI's Responses API has words for.
 * Its adapter sends it on; others leave it out, or refuse.
 */
export interface ResponsesPart {
	/** Tools that are neither functions nor free-form, as the caller declared them. */
	tools: JsonObject[];
	/** A demand for one of these tools, or for any where there are no others. */
	toolChoice?: "required" | JsonObject;
	/** How the model's reasoning shall be summed up; not at all without it. */
	summary?: "auto" | "concise" | "detailed";
	/** Settings under their own names. */
	fields: JsonObject;
	/** Whether the caller is told of items one by one: then answers say what of them conversations have no form for. */
	itemized?: true;
	/** The conversation shall be compacted and not answered: the answer is nothing but items. */
	compacts?: true;
	/** Items of the input for which conversations have no form, in their order; absent for none. */
	items?: readonly PlacedItem[];
}

/** An item as it came, and where it stood. */
export interface PlacedItem {
	readonly item: JsonObject;
	/** How many messages stand before it. */
	readonly after: number;
	/** Where it stood in the caller's input, as a path; absent where the caller is not told. */
	readonly param?: string;
}

export interface ChatRequest {
	messages: Message[];
	/** Whether the caller wants a stream. Adapters ask their upstream for the same. */
	stream: boolean;
	/** Both spellings of the output limit, in tokens, reasoning included. */
	max_completion_tokens?: number;
	temperature?: number;
	top_p?: number;
	presence_penalty?: number;
	frequency_penalty?: number;
	logit_bias?: Record<string, number>;
	seed?: number;
	/** One to four strings. */
	stop?: string[];
	n?: number;
	logprobs?: boolean;
	top_logprobs?: number;
	tools?: Tool[];
	tool_choice?: ToolChoice;
	parallel_tool_calls?: boolean;
	response_format?: ResponseFormat;
	reasoning_effort?: Effort;
	verbosity?: "low" | "medium" | "high";
	service_tier?: string;
	modalities?: string[];
	audio?: JsonObject;
	prediction?: JsonObject;
	web_search_options?: JsonObject;
	metadata?: Record<string, string>;
	store?: boolean;
	/** The caller's end user, from `safety_identifier` or `user`. */
	user?: string;
	prompt_cache_key?: string;
	/** Fields we do not know: passed on to upstreams that speak OpenAI's protocol, dropped and named elsewhere. */
	extensions: JsonObject;
	/** There when the caller speaks Responses, so that OpenAI is asked in the same protocol. */
	responses?: ResponsesPart;
	/** There when the caller speaks Messages and sent some of them. */
	anthropicHeaders?: AnthropicHeaders;
	/** There when nothing in the request has to be translated for a provider that speaks the caller's protocol. */
	passed?: PassedRequest;
	/**
	 * Fields that the face left out because nothing reads them, or because they are written like others and are none of
	 * them; absent for none.
	 */
	ignored?: readonly string[];
	/** The body that it was parsed from; what of it is sent unchanged is sent as it came. */
	source?: JsonSource;
	/** `gemini: {...}`, `siliconflow: {...}`: fields for one provider's native request, by canonical provider name. */
	providerExtensions: Record<string, JsonObject>;
}

export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter";

export interface AssistantReply {
	role: "assistant";
	content: string | null;
	refusal: string | null;
	reasoning_content?: string;
	reasoning_details?: ReasoningDetail[];
	tool_calls?: ToolCall[];
	annotations?: unknown[];
	images?: unknown[];
	audio?: unknown;
	/** Of a compaction, the items as they came. */
	items?: JsonObject[];
	/** The same in its order, for a caller who is told of items one by one; absent where nothing is lost without. */
	deltas?: Delta[];
}

export interface Choice {
	index: number;
	message: AssistantReply;
	finish_reason: FinishReason;
	/** The vendor's own word, when it differs. */
	native_finish_reason?: string;
	logprobs?: unknown;
}

/** A whole answer, decoded from any provider. `usage` is null when the provider sent none that can be trusted. */
export interface Completion {
	choices: Choice[];
	usage: Usage | null;
	/** The model that the provider says it ran. */
	model?: string;
	service_tier?: string;
	system_fingerprint?: string;
	/** The answer as it came, in the caller's own protocol: it goes to the caller in place of what the rest says. */
	passed?: PassedAnswer;
}

export interface ToolCallDelta {
	index: number;
	/** `id`, `type` and the name come with the first delta of a call only. */
	id?: string;
	type?: "function" | "custom";
	function?: { name?: string; arguments?: string };
	custom?: { name?: string; input?: string };
	extra_content?: VendorExtra;
}

export interface Delta {
	content?: string;
	refusal?: string;
	reasoning_content?: string;
	reasoning_details?: ReasoningDetail[];
	tool_calls?: ToolCallDelta[];
	annotations?: unknown[];
	images?: unknown[];
	audio?: unknown;
	/** For a caller who is told of items one by one: a message of its own begins, said in this phase. */
	phase?: string;
	/** For the same: items that conversations have no form for, as they came. */
	items?: JsonObject[];
}

export interface ChunkChoice {
	index: number;
	delta: Delta;
	/** Non-null exactly once per choice. */
	finish_reason: FinishReason | null;
	native_finish_reason?: string;
	logprobs?: unknown;
}

/**
 * One step of a streamed answer. Carries no role: the face writes it. Usage may come with or without choices; the last
 * one counts.
 */
export interface Chunk {
	choices: ChunkChoice[];
	usage?: Usage;
	model?: string;
	service_tier?: string;
	system_fingerprint?: string;
	/**
	 * Whole events of the face's own protocol as they came, which go to the caller in place of what the chunk says: as
	 * bytes, which are the chunk's own, where nobody had to read them.
	 */
	wire?: string | Uint8Array;
	/** Set when the events of `wire` were not read: they hold content that `choices` does not say. */
	unread?: true;
	/** What came, parsed, that the events which the gateway adds to the stream are written like. */
	frame?: JsonObject;
}
