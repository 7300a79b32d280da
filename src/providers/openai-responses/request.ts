// Encodes a chat request for the Responses API.
import type { Model } from "#catalog/model";
import type { ChatRequest, CustomTool, Effort, ResponseFormat, ResponsesPart, Tool, ToolChoice } from "#core/chat/chat";
import { isObject, type JsonObject } from "#lib/json";
import type { UpstreamCall } from "#providers/adapter";
import { safetyIdentifier } from "#providers/openai-chat/end-user";
import { unknownFields } from "#providers/openai-chat/request";
import { effortFor } from "#providers/shared/effort";
import { withoutImages } from "#providers/shared/generated-images";
import { COMMON_IMAGES } from "#providers/shared/media";
import { withExtension } from "#providers/shared/native-extension";
import { normalMedia } from "#providers/shared/normal-media";
import {
	allowedName,
	checkTools,
	isUsual,
	OWNED_FIELDS,
	outputLimit,
	type PlainField,
	refused,
} from "#providers/shared/request-fields";
import { hasFixedSampling } from "#providers/shared/sampling";
import { inputItems } from "./items";
import { ENCRYPTED_REASONING, MIN_LIMIT_TOKENS, passedBody } from "./passed";

/** Fields that the Responses API lacks and that an answer is still an answer without. */
const LACKS: readonly PlainField[] = ["presence_penalty", "frequency_penalty", "seed", "prediction"];
/** Fields that it lacks and whose loss would change the answer's meaning. */
const REFUSES: readonly PlainField[] = ["n", "stop", "logit_bias", "modalities", "audio", "web_search_options"];
/** Fields that it has under the same name. */
const KEEPS: readonly PlainField[] = ["service_tier", "metadata", "prompt_cache_key"];

/**
 * A chat request as a Responses call. Nothing is stored at OpenAI: the model's reasoning comes back encrypted, and the
 * caller returns it with the next turn. Throws `GatewayError` for what has no counterpart.
 */
export function encodeResponses(request: ChatRequest, model: Model): UpstreamCall {
	if (request.responses?.compacts === true) return encodeCompaction(request, model);
	const passed = passedBody(request, model);
	if (passed !== null) return { path: "/responses", body: passed, dropped: [], passed: true };
	checkTools(request, model);
	for (const field of REFUSES) {
		if (request[field] !== undefined && !isUsual(field, request[field])) throw refused(field, model);
	}
	const dropped: string[] = LACKS.filter((field) => request[field] !== undefined && !isUsual(field, request[field]));
	const effort = effortFor(request, model, dropped);
	const limit = outputLimit(request, model);
	const { responses } = request;
	const choice = request.tool_choice === undefined ? responses?.toolChoice : flatChoice(request.tool_choice);
	const messages = normalMedia(withoutImages(request.messages, dropped), COMMON_IMAGES, model);
	const body: Record<string, unknown> = {
		...unknownFields(request, dropped),
		...responses?.fields,
		model: model.id,
		input: inputItems(messages, dropped, responses?.items),
		stream: request.stream,
		store: request.store ?? false,
		...(limit !== undefined && { max_output_tokens: Math.max(limit, MIN_LIMIT_TOKENS) }),
		...Object.fromEntries(
			KEEPS.filter((field) => request[field] !== undefined).map((field) => [field, request[field]]),
		),
		...samplingFields(request, model, dropped),
		...textFields(request),
		tools: [...(request.tools ?? []).map(flatTool), ...(responses?.tools ?? [])],
		...(choice !== undefined && { tool_choice: choice }),
		...(request.parallel_tool_calls !== undefined && { parallel_tool_calls: request.parallel_tool_calls }),
		...safetyIdentifier(request, dropped),
		...reasoningField(responses, effort),
		include: [ENCRYPTED_REASONING, ...(request.logprobs === true ? ["message.output_text.logprobs"] : [])],
	};
	return {
		path: "/responses",
		body: withExtension(body as JsonObject, request, model.provider, OWNED_FIELDS),
		dropped,
	};
}

/** Beside the conversation a compaction knows next to nothing. */
function encodeCompaction(request: ChatRequest, model: Model): UpstreamCall {
	const dropped: string[] = [];
	const messages = normalMedia(withoutImages(request.messages, dropped), COMMON_IMAGES, model);
	const { prompt_cache_key: key, service_tier: tier } = request;
	const body: Record<string, unknown> = {
		model: model.id,
		input: inputItems(messages, dropped, request.responses?.items),
		...(key !== undefined && { prompt_cache_key: key }),
		...(tier !== undefined && { service_tier: tier }),
	};
	return { path: "/responses/compact", body: body as JsonObject, dropped };
}

/** A caller of Chat Completions is always shown what a model thought; one of Responses asks for it. */
function reasoningField(responses: ResponsesPart | undefined, effort: Effort | undefined): Record<string, unknown> {
	const summary = responses === undefined ? "auto" : responses.summary;
	if (summary === undefined && effort === undefined) return {};
	return { reasoning: { ...(summary !== undefined && { summary }), ...(effort !== undefined && { effort }) } };
}

function samplingFields(request: ChatRequest, model: Model, dropped: string[]): Record<string, unknown> {
	const { temperature, top_p, logprobs, top_logprobs } = request;
	if (hasFixedSampling(request, model)) {
		if (logprobs === true) throw refused("logprobs", model);
		if (temperature !== undefined && temperature !== 1) dropped.push("temperature");
		if (top_p !== undefined && top_p !== 1) dropped.push("top_p");
		return {};
	}
	return {
		...(temperature !== undefined && { temperature }),
		...(top_p !== undefined && { top_p }),
		...(top_logprobs !== undefined && { top_logprobs }),
	};
}

function textFields({ response_format: format, verbosity }: ChatRequest): Record<string, unknown> {
	if (format === undefined && verbosity === undefined) return {};
	return {
		text: {
			...(format !== undefined && { format: flatFormat(format) }),
			...(verbosity !== undefined && { verbosity }),
		},
	};
}

function flatFormat(format: ResponseFormat): Record<string, unknown> {
	return format.type === "json_schema" ? { type: format.type, schema: {}, ...format.json_schema } : { ...format };
}

function flatTool(tool: Tool): Record<string, unknown> {
	if (tool.type === "custom") return flatCustomTool(tool);
	const { name, description, parameters, strict } = tool.function;
	return {
		type: "function",
		name,
		...(description !== undefined && { description }),
		parameters: parameters ?? { type: "object", properties: {}, additionalProperties: false },
		// Absent means false in Chat Completions and true here.
		strict: strict ?? false,
	};
}

function flatCustomTool({ custom: { format, ...custom } }: CustomTool): Record<string, unknown> {
	if (format === undefined) return { type: "custom", ...custom };
	const { grammar, ...rest } = format;
	return { type: "custom", ...custom, format: { ...rest, ...(isObject(grammar) && grammar) } };
}

function flatChoice(choice: ToolChoice): unknown {
	if (typeof choice === "string") return choice;
	switch (choice.type) {
		case "function":
			return { type: "function", name: choice.function.name };
		case "custom":
			return { type: "custom", name: choice.custom.name };
		case "allowed_tools":
			return {
				type: "allowed_tools",
				mode: choice.allowed_tools.mode,
				tools: choice.allowed_tools.tools.map((tool) => ({
					type: tool.type ?? "function",
					name: allowedName(tool) ?? "",
				})),
			};
	}
}
