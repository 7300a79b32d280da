// Encodes a chat request for the Messages API.
import type { Model } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";
import { unsupportedParameter } from "#core/errors";
import type { Json, JsonObject } from "#lib/json";
import { append } from "#lib/list";
import { withoutImages } from "#providers/shared/generated-images";
import { anthropicInputSchema, anthropicStrictSchema } from "#providers/shared/json-schema";
import { withExtension } from "#providers/shared/native-extension";
import { isUsual, outputLimit, refused, withoutCounterpart } from "#providers/shared/request-fields";
import { hasFixedSampling } from "#providers/shared/sampling";
import { type ToolDemand, toolDemand } from "#providers/shared/tools/tool-choice";
import { AnthropicConversation, cacheMark } from "./messages";
import { type ThinkingPlan, thinkingPlan } from "./thinking";

/** Anthropic demands an output limit; this one applies when the caller names none, as far as the model can go. */
const DEFAULT_MAX_TOKENS = 32_000;
/** For a model whose limit is not known. */
const CAUTIOUS_MAX_TOKENS = 4096;

/** Native fields that limits, routing or the price hang on. */
const OWNED = ["model", "messages", "stream", "max_tokens", "service_tier", "speed", "inference_geo"];

/** Fields whose loss would change what the answer means. */
const PROMISES = ["n", "logit_bias", "logprobs", "modalities"] as const;
/** Fields that only hint. */
const HINTS = [
	"seed",
	"presence_penalty",
	"frequency_penalty",
	"audio",
	"prediction",
	"metadata",
	"store",
	"prompt_cache_key",
	"verbosity",
] as const;

/** The body of `/messages`. Adds to `dropped` what the request asks for and Anthropic has no counterpart for. */
export function anthropicBody(request: ChatRequest, model: Model, dropped: string[]): JsonObject {
	refuse(request, model);
	append(dropped, unserved(request));
	const demand = toolDemand(request, model);
	const conversation = new AnthropicConversation(withoutImages(request.messages, dropped), model);
	const { thinking } = model.traits;
	if (conversation.isPrefilled && (thinking === "adaptive" || thinking === "always")) {
		throw unsupportedParameter(
			"messages",
			`${model.provider}/${model.id} takes no conversation that ends with the assistant`,
		);
	}
	const maxTokens = outputLimit(request, model) ?? Math.min(model.maxOutput ?? CAUTIOUS_MAX_TOKENS, DEFAULT_MAX_TOKENS);
	const isForced = demand?.mode === "required";
	const plan = thinkingPlan(request, model, conversation, { isForced, maxTokens }, dropped);
	const { system, messages } = conversation.native(plan.replays);
	const format = responseFormat(request);
	if (format?.instruction !== undefined) system.push({ type: "text", text: format.instruction });
	const output = {
		...(plan.effort !== undefined && { effort: plan.effort }),
		...(format?.field && { format: format.field }),
	};
	const body: JsonObject = {
		model: model.id,
		max_tokens: maxTokens,
		...(system.length > 0 && { system }),
		messages: messages.map(({ role, content }) => ({ role, content })),
		...(request.stream && { stream: true }),
		...(plan.thinking !== undefined && { thinking: plan.thinking }),
		...(Object.keys(output).length > 0 && { output_config: output }),
		...sampling(request, model, plan, dropped),
		...toolFields(request, demand, conversation.calledTools),
		...(request.user !== undefined && { metadata: { user_id: request.user } }),
		// Anthropic's own default may draw on a tier with committed capacity, as OpenAI's "auto" does.
		...(request.service_tier === "default" && { service_tier: "standard_only" }),
	};
	return withExtension(body, request, "anthropic", OWNED);
}

function refuse(request: ChatRequest, model: Model): void {
	for (const field of PROMISES) {
		const value = request[field];
		if (value !== undefined && !isUsual(field, value)) throw refused(field, model);
	}
	if (request.web_search_options !== undefined) {
		throw unsupportedParameter(
			"web_search_options",
			"Anthropic has no such field; its own search is a tool in `anthropic.tools`, for keys that may use it",
		);
	}
}

function unserved(request: ChatRequest): string[] {
	const tier = request.service_tier;
	return [
		...HINTS.filter((field) => request[field] !== undefined && !isUsual(field, request[field])),
		...(tier !== undefined && !isUsual("service_tier", tier) ? ["service_tier"] : []),
		...(request.messages.some((message) => "name" in message && message.name !== undefined) ? ["messages[].name"] : []),
		...withoutCounterpart(request).filter((field) => field !== "top_k"),
	];
}

function sampling(request: ChatRequest, model: Model, plan: ThinkingPlan, dropped: string[]): JsonObject {
	const fields: JsonObject = {};
	const { temperature, top_p: topP, stop = [] } = request;
	const isFixed = hasFixedSampling(request, model) || plan.thinking?.type === "enabled";
	if (temperature !== undefined && !isFixed) fields.temperature = Math.min(temperature, 1);
	else if (temperature !== undefined && temperature !== 1) dropped.push("temperature");
	// Of the two, newer models take one only.
	if (topP !== undefined && !isFixed && fields.temperature === undefined) fields.top_p = topP;
	else if (topP !== undefined && topP !== 1) dropped.push("top_p");
	const { top_k: topK } = request.extensions;
	if (typeof topK === "number" && topK > 0 && !isFixed) fields.top_k = topK;
	else if (topK !== undefined) dropped.push("top_k");
	const visible = stop.filter((text) => text.trim() !== "");
	if (visible.length > 0) fields.stop_sequences = visible;
	if (visible.length < stop.length) dropped.push("stop");
	return fields;
}

function toolFields(request: ChatRequest, demand: ToolDemand | null, calledTools: readonly string[]): JsonObject {
	if (demand === null) {
		if (calledTools.length === 0) return {};
		// A conversation with calls in it must declare their tools; none may be called again.
		const tools = calledTools.map((name) => ({ name, input_schema: { type: "object" } }));
		return { tools, tool_choice: { type: "none" } };
	}
	const { mode, only } = demand;
	const named = mode === "required" && only?.length === 1 ? only[0] : undefined;
	const open = named === undefined && only !== undefined ? new Set(only) : null;
	const tools: Json[] = [];
	for (const [index, tool] of demand.tools.entries()) {
		const { name, description, parameters = {}, strict } = tool.function;
		if (open !== null && !open.has(name)) continue;
		const schema = anthropicInputSchema(parameters);
		tools.push({
			name,
			...(description !== undefined && { description }),
			...(strict === true
				? {
						input_schema: anthropicStrictSchema({ properties: {}, ...schema }, `tools[${index}].function.parameters`),
						strict,
					}
				: { input_schema: schema }),
			...cacheMark(tool.function),
			...cacheMark(tool),
		});
	}
	const isSerial = request.parallel_tool_calls === false && mode !== "none";
	const type = mode === "none" ? "none" : named !== undefined ? "tool" : mode === "required" ? "any" : "auto";
	const choice = {
		type,
		...(named !== undefined && { name: named }),
		...(isSerial && { disable_parallel_tool_use: true }),
	};
	return { tools, ...((type !== "auto" || isSerial) && { tool_choice: choice }) };
}

/** The native format of the answer or, where Anthropic has none, an instruction for the system prompt. */
function responseFormat({ response_format: format }: ChatRequest): { field?: JsonObject; instruction?: string } | null {
	if (format === undefined || format.type === "text") return null;
	const schema = format.type === "json_schema" ? format.json_schema.schema : undefined;
	if (schema === undefined) return { instruction: "Answer with one JSON object and nothing else." };
	return { field: { type: "json_schema", schema: anthropicStrictSchema(schema, "response_format") } };
}
