// Encodes a chat request for Gemini.
import type { Model } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";
import { unsupportedParameter } from "#core/errors";
import { isObject, type Json, type JsonObject } from "#lib/json";
import { append } from "#lib/list";
import { geminiSchema } from "#providers/shared/json-schema";
import { withExtension } from "#providers/shared/native-extension";
import { isUsual, outputLimit, refused, withoutCounterpart } from "#providers/shared/request-fields";
import { type ToolDemand, toolDemand } from "#providers/shared/tools/tool-choice";
import { contentsOf } from "./messages";

const MAX_CANDIDATES = 8;

/** Native fields that limits, routing or the price hang on. */
const OWNED = ["contents", "generationConfig.maxOutputTokens", "generationConfig.candidateCount", "serviceTier"];

/** The body of `generateContent`. Adds to `dropped` what the request asks for and Gemini has no counterpart for. */
export function geminiBody(request: ChatRequest, model: Model, dropped: string[]): JsonObject {
	refuse(request, model);
	const demand = toolDemand(request, model);
	const config = generationConfig(request, model, demand, dropped);
	append(dropped, unserved(request));
	const { systemInstruction, contents } = contentsOf(request.messages, model, dropped);
	const tier = serviceTier(request, model, dropped);
	const body: JsonObject = {
		...(systemInstruction !== null && { systemInstruction }),
		contents,
		...(demand !== null && !isMoot(demand, request) && toolFields(demand)),
		...(Object.keys(config).length > 0 && { generationConfig: config }),
		...(tier !== undefined && { serviceTier: tier }),
	};
	return withExtension(body, request, "gemini", OWNED);
}

/** Fields that only hint. */
const HINTS = ["audio", "prediction", "metadata", "store", "prompt_cache_key", "verbosity"] as const;

function refuse(request: ChatRequest, model: Model): void {
	const { logit_bias: bias } = request;
	if (bias !== undefined && !isUsual("logit_bias", bias)) throw refused("logit_bias", model);
	if (request.web_search_options !== undefined) {
		throw unsupportedParameter(
			"web_search_options",
			"Gemini has no such field, and a search of its own does not go through this gateway",
		);
	}
	for (const modality of request.modalities ?? []) {
		const isKnown = modality === "text" || modality === "image";
		if (!isKnown || !model.output.includes(modality)) throw refused("modalities", model);
	}
	const draws = model.output.includes("image") && model.supposed !== true;
	const most = draws ? 1 : MAX_CANDIDATES;
	if ((request.n ?? 1) > most) {
		throw unsupportedParameter("n", `\`${model.id}\` gives at most ${most} answers to one request`);
	}
}

function unserved(request: ChatRequest): string[] {
	return [
		...HINTS.filter((field) => request[field] !== undefined && !isUsual(field, request[field])),
		...(request.user !== undefined ? ["user"] : []),
		...(request.parallel_tool_calls === false ? ["parallel_tool_calls"] : []),
		...(request.messages.some((message) => "name" in message && message.name !== undefined) ? ["messages[].name"] : []),
		...withoutCounterpart(request).filter((field) => field !== "top_k" && field !== "image_config"),
	];
}

function generationConfig(
	request: ChatRequest,
	model: Model,
	demand: ToolDemand | null,
	dropped: string[],
): JsonObject {
	const fields: Record<string, Json | undefined> = {
		maxOutputTokens: outputLimit(request, model),
		temperature: request.temperature,
		topP: request.top_p,
		topK: request.extensions.top_k,
		presencePenalty: request.presence_penalty,
		frequencyPenalty: request.frequency_penalty,
		seed: request.seed,
		stopSequences: request.stop,
		candidateCount: request.n === 1 ? undefined : request.n,
		responseLogprobs: request.logprobs || undefined,
		logprobs: request.logprobs ? request.top_logprobs : undefined,
		responseModalities: request.modalities?.includes("image")
			? request.modalities.map((modality) => modality.toUpperCase())
			: undefined,
		imageConfig: imageConfig(request),
		mediaResolution: mediaResolution(request),
		thinkingConfig: thinkingConfig(request, model, dropped),
		...responseFormat(request, model, demand, dropped),
	};
	return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

/** How pictures are to be, which OpenRouter's callers say in the same words. */
function imageConfig({ extensions }: ChatRequest): JsonObject | undefined {
	const { image_config: config } = extensions;
	if (!isObject(config)) return undefined;
	const { aspect_ratio: aspectRatio, image_size: imageSize } = config;
	return { ...(aspectRatio !== undefined && { aspectRatio }), ...(imageSize !== undefined && { imageSize }) };
}

/** Gemini has one resolution for all images of a request: the finest that any image asks for. */
function mediaResolution(request: ChatRequest): string | undefined {
	const details = new Set<string | undefined>();
	for (const { role, content } of request.messages) {
		if (role !== "user" || typeof content === "string") continue;
		for (const part of content) if (part.type === "image_url") details.add(part.image_url.detail ?? "auto");
	}
	if (details.has("high")) return "MEDIA_RESOLUTION_HIGH";
	return details.has("low") && !details.has("auto") ? "MEDIA_RESOLUTION_LOW" : undefined;
}

/** Thinking tokens of Gemini 2.5 by effort, in the steps of Google's own OpenAI layer. */
const BUDGETS = { minimal: 512, low: 1024, medium: 8192, high: 24576, xhigh: 24576, max: 24576 } as const;
/** The least that a model takes whose thinking cannot be turned off. */
const MIN_BUDGET_TOKENS = 128;
const LEVELS = {
	minimal: "MINIMAL",
	low: "LOW",
	medium: "MEDIUM",
	high: "HIGH",
	xhigh: "HIGH",
	max: "HIGH",
} as const;

function thinkingConfig(request: ChatRequest, model: Model, dropped: string[]): JsonObject | undefined {
	const effort = request.reasoning_effort;
	const { thinking, efforts = [] } = model.traits;
	if (thinking === "level") {
		// These models always think; asking for the summaries is free and shows that they are alive.
		if (effort === undefined) return { includeThoughts: true };
		if (effort === "none") dropped.push("reasoning_effort");
		const least = effort === "none" || effort === "minimal";
		if (least) return { thinkingLevel: efforts.includes("minimal") ? LEVELS.minimal : LEVELS.low };
		return { thinkingLevel: LEVELS[effort], includeThoughts: true };
	}
	if (effort === undefined) return undefined;
	if (thinking === "budget") {
		if (effort !== "none") return { thinkingBudget: BUDGETS[effort], includeThoughts: true };
		if (efforts.includes("none")) return { thinkingBudget: 0 };
		dropped.push("reasoning_effort");
		return { thinkingBudget: MIN_BUDGET_TOKENS };
	}
	dropped.push("reasoning_effort");
	return undefined;
}

function responseFormat(
	request: ChatRequest,
	model: Model,
	demand: ToolDemand | null,
	dropped: string[],
): { responseMimeType?: string; responseJsonSchema?: JsonObject } {
	const format = request.response_format;
	if (format === undefined || format.type === "text") return {};
	// The answer is a tool call, so its text has no format; Gemini refuses the two together.
	if (demand?.mode === "required") {
		dropped.push("response_format");
		return {};
	}
	if (demand?.mode === "auto" && model.traits.thinking !== "level") {
		throw unsupportedParameter(
			"response_format",
			`${model.provider}/${model.id} takes no JSON format together with tools; Gemini 3 and later do`,
		);
	}
	const schema = format.type === "json_schema" ? format.json_schema.schema : undefined;
	return {
		responseMimeType: "application/json",
		...(schema !== undefined && { responseJsonSchema: geminiSchema(schema) }),
	};
}

/** Tools that may not be called, next to a JSON format that Gemini 2.5 does not take beside tools. */
function isMoot(demand: ToolDemand, request: ChatRequest): boolean {
	return demand.mode === "none" && request.response_format !== undefined && request.response_format.type !== "text";
}

function toolFields({ tools, mode, only }: ToolDemand): JsonObject {
	const functionDeclarations = tools.map(({ function: { name, description, parameters } }) => ({
		name,
		...(description !== undefined && { description }),
		// An object schema without properties is refused: a function without parameters has no schema.
		...(parameters !== undefined && hasProperties(parameters) && { parametersJsonSchema: geminiSchema(parameters) }),
	}));
	const isChecked = only !== undefined || tools.some((tool) => tool.function.strict === true);
	const native = mode === "none" ? "NONE" : mode === "required" ? "ANY" : isChecked ? "VALIDATED" : "AUTO";
	return {
		tools: [{ functionDeclarations }],
		...(native !== "AUTO" && {
			toolConfig: {
				functionCallingConfig: { mode: native, ...(only !== undefined && { allowedFunctionNames: only }) },
			},
		}),
	};
}

function hasProperties(schema: JsonObject): boolean {
	return schema.type !== "object" || Object.keys(schema.properties ?? {}).length > 0;
}

/** A tier with another price is asked for only where the catalog knows that price. */
function serviceTier(request: ChatRequest, model: Model, dropped: string[]): string | undefined {
	const tier = request.service_tier;
	if (tier === undefined || tier === "auto" || tier === "default") return undefined;
	if ((tier === "flex" || tier === "priority") && model.rules.tiers?.[tier] !== undefined) return tier;
	dropped.push("service_tier");
	return undefined;
}
