// What every protocol asks of a chat request's fields: which there are, what is usual, what a model refuses.
import type { Model } from "#catalog/model";
import type { ChatRequest, ResponsesPart } from "#core/chat/chat";
import { quoted, unsupportedParameter } from "#core/errors";
import type { JsonObject } from "#lib/json";

/** Fields that go over the wire under their own names, as far as a vendor has them. */
export const PLAIN_FIELDS = [
	"temperature",
	"top_p",
	"presence_penalty",
	"frequency_penalty",
	"logit_bias",
	"seed",
	"stop",
	"n",
	"logprobs",
	"top_logprobs",
	"verbosity",
	"service_tier",
	"modalities",
	"audio",
	"prediction",
	"web_search_options",
	"metadata",
	"store",
	"prompt_cache_key",
] as const satisfies readonly (keyof ChatRequest)[];

export type PlainField = (typeof PLAIN_FIELDS)[number];

/** Fields that decide what a request costs or how it is answered, which an extension cannot set. */
export const OWNED_FIELDS = [
	"model",
	"models",
	"messages",
	"input",
	"stream",
	"stream_options",
	"n",
	"max_tokens",
	"max_completion_tokens",
	"max_output_tokens",
	"service_tier",
];

/**
 * The fields and tools of a request that have no counterpart outside of OpenAI's own protocols. Throws `GatewayError`
 * when one of the tools is demanded.
 */
export function withoutCounterpart({ extensions, responses }: ChatRequest): string[] {
	return [...Object.keys(extensions), ...responsesOnly(responses)];
}

/** Items of what a vendor did by itself; an answer can be given without them. */
const VENDORS_ITEM =
	/^(?:reasoning|(?:web_search|file_search|code_interpreter|mcp|tool_search|program)_call|(?:tool_search|program)_output|mcp_(?:list_tools|approval_(?:request|response)))$/;
/** Tools that the caller runs, and for whose calls only OpenAI has a form. */
const CALLERS_ALONE = /^computer(?:_use(?:_preview)?)?$/;

/**
 * The names of what only the Responses API knows. Throws `GatewayError` when a tool of it is demanded, and for a tool
 * or an item of the caller's own that has no form elsewhere.
 */
export function responsesOnly(responses: ResponsesPart | undefined): string[] {
	if (responses === undefined) return [];
	if (responses.compacts === true) {
		throw unsupportedParameter("model", "only OpenAI compacts conversations; name one of its models");
	}
	if (responses.toolChoice !== undefined) {
		throw unsupportedParameter("tool_choice", "the tool that `tool_choice` demands runs at OpenAI alone");
	}
	const tools = responses.tools.map(({ type }) => String(type));
	const alone = tools.find((type) => CALLERS_ALONE.test(type));
	if (alone !== undefined) throw unsupportedParameter("tools", `the tool \`${alone}\` has a form at OpenAI alone`);
	const items = new Set<string>();
	for (const { item, param } of responses.items ?? []) {
		const type = String(item.type);
		if (!VENDORS_ITEM.test(type)) {
			throw unsupportedParameter(param ?? "input", `an item of type \`${quoted(type)}\` has a form at OpenAI alone`);
		}
		if (param !== undefined) items.add(`input[].${type}`);
	}
	return [...tools, ...Object.keys(responses.fields), ...items];
}

/** The output limit in tokens that was asked for, within what the model can do. */
export function outputLimit(request: ChatRequest, model: Model): number | undefined {
	const wanted = request.max_completion_tokens;
	return wanted === undefined ? undefined : Math.min(wanted, model.maxOutput ?? wanted);
}

/** The caller asks for what happens anyway. */
export function isUsual(field: PlainField, value: unknown): boolean {
	switch (field) {
		case "n":
		case "temperature":
		case "top_p":
			return value === 1;
		case "presence_penalty":
		case "frequency_penalty":
		case "top_logprobs":
			return value === 0;
		case "logprobs":
		case "store":
			return value === false;
		case "service_tier":
			return value === "auto" || value === "default";
		case "modalities":
			return Array.isArray(value) && value.every((modality) => modality === "text");
		case "logit_bias":
		case "metadata":
			return Object.keys(value as object).length === 0;
		default:
			return false;
	}
}

/** The error for a field that `model` cannot honour. */
export function refused(field: string, model: Model): Error {
	return unsupportedParameter(field, `${model.provider}/${model.id} does not support \`${field}\``);
}

/** Checks the tools against the model. Throws when it cannot do what they ask. */
export function checkTools(request: ChatRequest, model: Model): void {
	const { tools, tool_choice: choice } = request;
	if (tools === undefined || tools.length === 0) return;
	if (!model.tools) throw refused("tools", model);
	const isForced = choice !== undefined && choice !== "none" && choice !== "auto";
	if (isForced && model.traits.no_forced_tools === true) throw refused("tool_choice", model);
}

/** The name in a reference to a tool, which has the shape of a tool choice. */
export function allowedName(reference: JsonObject): string | undefined {
	const inner = reference.function ?? reference.custom;
	const name = typeof inner === "object" && inner !== null && !Array.isArray(inner) ? inner.name : reference.name;
	return typeof name === "string" ? name : undefined;
}
