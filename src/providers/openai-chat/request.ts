// Encodes a chat request for Chat Completions, in a vendor's dialect.
import type { Model } from "#catalog/model";
import type { ChatRequest, ResponseFormat, Tool, ToolChoice } from "#core/chat/chat";
import type { JsonObject } from "#lib/json";
import { append } from "#lib/list";
import type { UpstreamCall } from "#providers/adapter";
import { withoutImages, withReturnedImages } from "#providers/shared/generated-images";
import { refuseLinkedFiles } from "#providers/shared/media";
import { withExtension } from "#providers/shared/native-extension";
import { normalMedia } from "#providers/shared/normal-media";
import {
	allowedName,
	checkTools,
	isUsual,
	OWNED_FIELDS,
	outputLimit,
	PLAIN_FIELDS,
	type PlainField,
	refused,
	responsesOnly,
} from "#providers/shared/request-fields";
import { hasFixedSampling } from "#providers/shared/sampling";
import { mediaAfterResults } from "#providers/shared/tool-media";
import { instructed, openaiMessages, plainMessages, type Replay } from "./messages";

/** How one vendor's Chat Completions differ from the others'. */
export interface Dialect {
	/** The field that limits the output. */
	readonly outputLimit: "max_tokens" | "max_completion_tokens";
	/** "openai" for OpenAI itself; for imitators, what of earlier reasoning they want back. */
	readonly messages: "openai" | Replay;
	/** Fields without counterpart that can be left out. */
	readonly lacks: readonly PlainField[];
	/** Fields without counterpart whose loss would change the answer's meaning. */
	readonly refuses: readonly PlainField[];
	/** The media types of images that the vendor takes; absent where it does not say. */
	readonly images?: readonly string[];
	/** Whether pictures that a model made go back in `images`, to models that see. */
	readonly returnsImages?: true;
	/** Whether free-form tools are known; elsewhere they travel as functions. */
	readonly customTools: boolean;
	/**
	 * Whether a stream has all that OpenAI's has, so that it may be passed on as it comes: a role, a fingerprint, if only
	 * `null`, reasoning under the name that it has here, a finish in OpenAI's words and apart from content.
	 */
	readonly relays?: true;
	/** The vendor's own fields, such as those for reasoning and the end user. What is lost goes into `dropped`. */
	own(request: ChatRequest, model: Model, dropped: string[]): Record<string, unknown>;
	/**
	 * Last changes where the vendor's words differ from OpenAI's. What is lost goes into `dropped`. Throws `GatewayError`
	 * for what it cannot honour.
	 */
	rewrite?(body: Record<string, unknown>, model: Model, dropped: string[]): Record<string, unknown>;
	/** Output tokens that the vendor bills for this body beyond the limit that it names. */
	beyondLimit?(body: JsonObject, model: Model): number;
}

/** Sampling fields that some models refuse and that an answer is still an answer without. */
const SAMPLING: readonly PlainField[] = ["temperature", "top_p", "presence_penalty", "frequency_penalty"];
/** Those that promise something about the answer. */
const SAMPLING_PROMISES: readonly PlainField[] = ["logit_bias", "logprobs", "top_logprobs"];

/** Builds a Chat Completions call. Throws `GatewayError` for what the vendor or the model cannot honour. */
export function encodeChat(dialect: Dialect, request: ChatRequest, model: Model): UpstreamCall {
	const dropped = responsesOnly(request.responses);
	refuseLinkedFiles(request.messages, model);
	const isPlain = dialect.messages !== "openai";
	const format = formatFor(request, model, dropped);
	const returnsImages = dialect.returnsImages === true && model.input.includes("image");
	const returned = returnsImages
		? withReturnedImages(request.messages, () => true, dropped)
		: withoutImages(request.messages, dropped);
	const messages = mediaAfterResults(normalMedia(returned, dialect.images ?? null, model));
	const conversation = format.instruction === undefined ? messages : instructed(messages, format.instruction);
	const limit = outputLimit(request, model);
	const body: Record<string, unknown> = {
		...unknownFields(request, dropped),
		model: model.id,
		messages:
			dialect.messages === "openai"
				? openaiMessages(conversation)
				: plainMessages(conversation, model, dialect.messages, (request.tools ?? []).length > 0),
		stream: request.stream,
		...(request.stream && { stream_options: { include_usage: true } }),
		...(limit !== undefined && { [dialect.outputLimit]: limit }),
		...plainFields(dialect, request, model, dropped),
		...toolFields(request, model, isPlain),
		...(format.field !== undefined && { response_format: format.field }),
		...dialect.own(request, model, dropped),
	};
	const worded = dialect.rewrite?.(body, model, dropped) ?? body;
	const sent = withExtension(worded as JsonObject, request, model.provider, OWNED_FIELDS);
	const beyondLimit = dialect.beyondLimit?.(sent, model) ?? 0;
	return { path: "/chat/completions", body: sent, dropped, ...(beyondLimit > 0 && { beyondLimit }) };
}

/**
 * Fields that the gateway does not know, except those that mean in one protocol what another field means in the next.
 */
export function unknownFields({ extensions }: ChatRequest, dropped: string[]): JsonObject {
	const owned = OWNED_FIELDS.filter((field) => field in extensions);
	if (owned.length === 0) return extensions;
	append(dropped, owned);
	return Object.fromEntries(Object.entries(extensions).filter(([field]) => !owned.includes(field)));
}

function plainFields(
	dialect: Dialect,
	request: ChatRequest,
	model: Model,
	dropped: string[],
): Partial<Record<PlainField, unknown>> {
	const isFixed = hasFixedSampling(request, model);
	const fields: Partial<Record<PlainField, unknown>> = {};
	for (const field of PLAIN_FIELDS) {
		const value = request[field];
		if (value === undefined) continue;
		const isRefused = dialect.refuses.includes(field) || (isFixed && SAMPLING_PROMISES.includes(field));
		const isLacking = dialect.lacks.includes(field) || (isFixed && SAMPLING.includes(field));
		if (!isRefused && !isLacking) fields[field] = value;
		else if (isUsual(field, value)) continue;
		else if (isRefused) throw refused(field, model);
		else dropped.push(field);
	}
	return fields;
}

function toolFields(request: ChatRequest, model: Model, narrow: boolean): Record<string, unknown> {
	checkTools(request, model);
	// Without tools OpenAI refuses the fields that are about them, even where they ask for nothing.
	if (request.tools === undefined || request.tools.length === 0) return {};
	const { tools, choice } = narrow ? narrowed(request.tools, request.tool_choice) : whole(request);
	return {
		tools,
		...(choice !== undefined && { tool_choice: choice }),
		...(request.parallel_tool_calls !== undefined && { parallel_tool_calls: request.parallel_tool_calls }),
	};
}

function whole({ tools = [], tool_choice }: ChatRequest): { tools: readonly Tool[]; choice: ToolChoice | undefined } {
	return { tools, choice: tool_choice };
}

/** Only OpenAI knows a list of allowed tools; elsewhere the others are left out, which comes to the same. */
function narrowed(
	tools: readonly Tool[],
	choice: ToolChoice | undefined,
): { tools: readonly Tool[]; choice: ToolChoice | undefined } {
	if (typeof choice !== "object" || choice.type !== "allowed_tools") return { tools, choice };
	const { mode, tools: allowed } = choice.allowed_tools;
	const names = new Set(allowed.map(allowedName));
	return { tools: tools.filter((tool) => names.has(toolName(tool))), choice: mode };
}

function toolName(tool: Tool): string {
	return tool.type === "function" ? tool.function.name : tool.custom.name;
}

/**
 * The response format as far as the model has it. One without JSON schemas gets the schema as an instruction and
 * answers with a JSON object; that it will conform is then no longer promised.
 */
function formatFor(
	{ response_format: format }: ChatRequest,
	model: Model,
	dropped: string[],
): { field?: ResponseFormat; instruction?: string } {
	if (format === undefined) return {};
	if (format.type !== "json_schema" || model.jsonSchema) return { field: format };
	const { schema, description, strict } = format.json_schema;
	if (strict === true) dropped.push("response_format.json_schema.strict");
	const about = description === undefined ? "" : ` (${description})`;
	const shape = schema === undefined ? "" : ` that conforms to this JSON schema: ${JSON.stringify(schema)}`;
	return {
		field: { type: "json_object" },
		instruction: `Answer with nothing but one JSON object${about}${shape}`,
	};
}
