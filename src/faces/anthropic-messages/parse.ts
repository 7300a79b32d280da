// Parses a Messages request into the canonical one.
import * as v from "valibot";
import type { AnthropicHeaders } from "#core/chat/anthropic-headers";
import type { ChatRequest, Effort, Tool, ToolChoice } from "#core/chat/chat";
import { invalidRequest } from "#core/errors";
import { validationError } from "#core/validation-error";
import type { Parsed, ProtocolHeaders } from "#faces/face";
import { isObject, type JsonObject } from "#lib/json";
import { canonicalMessages, marked, systemMessage } from "./parse-messages";
import { passedRequest } from "./passed";
import { CountSchema, KNOWN_FIELDS, RequestSchema, type WireRequest } from "./schema";

/** How the caller wants the answer written. */
export interface MessagesStyle {
	/** Thinking without its text: only what has to come back. */
	readonly omitsThinking: boolean;
	/** What the model was told to stop at, for an answer that stopped there. */
	readonly stops: readonly string[];
}

/** Least tokens to think in by effort; below the first it is low. */
const MEDIUM_BUDGET_TOKENS = 4_096;
const HIGH_BUDGET_TOKENS = 16_384;

type ProviderNamed = (field: string) => string | undefined;

/**
 * How a thought can be shown here. Anthropic's `updates` shows notes on the work between calls, and keeps the thought
 * to itself: here it keeps all.
 */
const DISPLAYS: ReadonlySet<string | undefined> = new Set([undefined, "summarized", "omitted"]);

/**
 * Parses a Messages body into the canonical request. Fields that nothing reads are left out and named; an object field
 * named after a provider holds that provider's own parameters. Throws `GatewayError` 400 naming the offending field.
 */
export function parseMessages(
	body: unknown,
	providerNamed: ProviderNamed,
	headers: ProtocolHeaders = {},
): Parsed<ChatRequest, MessagesStyle> {
	const { request, ...rest } = parsed(body, RequestSchema, providerNamed);
	const anthropicHeaders = headersOf(headers);
	return { request: { ...request, ...(anthropicHeaders !== null && { anthropicHeaders }) }, ...rest };
}

/** The same for a prompt that is only counted, which needs no `max_tokens`. */
export function parseCount(body: unknown, providerNamed: ProviderNamed): Parsed<ChatRequest, MessagesStyle> {
	return parsed(body, CountSchema, providerNamed);
}

function headersOf({
	"anthropic-version": version,
	"anthropic-beta": betas,
}: ProtocolHeaders): AnthropicHeaders | null {
	if (version === undefined && !betas) return null;
	return { ...(version && { version }), ...(betas && { betas }) };
}

function parsed(
	body: unknown,
	schema: typeof RequestSchema | typeof CountSchema,
	providerNamed: ProviderNamed,
): Parsed<ChatRequest, MessagesStyle> {
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	const result = v.safeParse(schema, body, { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	const wire: WireRequest = result.output;
	const { model, models, provider } = wire;
	const passed = passedRequest(body, providerNamed);
	return {
		request: { ...canonical(wire, body, providerNamed), ...(passed !== undefined && { passed }) },
		preference: { ...(model && { model }), ...(models && { models }), ...(provider && { provider }) },
		style: {
			omitsThinking: (displayOf(wire) ?? "summarized") !== "summarized",
			stops: wire.stop_sequences ?? [],
		},
		relays: passed !== undefined,
	};
}

function canonical(wire: WireRequest, body: Record<string, unknown>, providerNamed: ProviderNamed): ChatRequest {
	const ignored: string[] = [];
	const providerExtensions: Record<string, JsonObject> = {};
	for (const [field, value] of Object.entries(body)) {
		if (KNOWN_FIELDS.has(field) || value === null) continue;
		const named = isObject(value) ? providerNamed(field) : undefined;
		if (named === undefined) ignored.push(field);
		else providerExtensions[named] = value as JsonObject;
	}
	if (!DISPLAYS.has(displayOf(wire))) ignored.push("thinking.display");
	const native = { ...nativeFields(wire), ...providerExtensions.anthropic };
	if (Object.keys(native).length > 0) providerExtensions.anthropic = native;
	const messages = [
		...systemMessage(wire.system ?? ""),
		...wire.messages.flatMap((message, at) => canonicalMessages(message, at, ignored)),
	];
	const { max_tokens: limit, temperature, top_p: topP, top_k: topK, stop_sequences: stop, service_tier: tier } = wire;
	const effort = effortOf(wire);
	const schema = (wire.output_config?.format ?? wire.output_format)?.schema;
	const user = wire.metadata?.user_id;
	return {
		messages,
		stream: wire.stream ?? false,
		...(limit != null && { max_completion_tokens: limit }),
		...(temperature != null && { temperature }),
		...(topP != null && { top_p: topP }),
		...(stop != null && stop.length > 0 && { stop }),
		...toolFields(wire),
		...(effort !== undefined && { reasoning_effort: effort }),
		...(schema !== undefined && {
			response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
		}),
		...(user && { user }),
		...(tier != null && { service_tier: tier === "standard_only" ? "default" : "auto" }),
		extensions: topK == null ? {} : { top_k: topK },
		...(ignored.length > 0 && { ignored }),
		providerExtensions,
	};
}

/** What Anthropic alone has. */
function nativeFields({ tools, container, mcp_servers: servers, cache_control: mark }: WireRequest): JsonObject {
	const vendor = (tools ?? []).flatMap((tool) => ("vendor" in tool ? [tool.vendor] : []));
	return {
		...(vendor.length > 0 && { tools: vendor }),
		...(container != null && { container }),
		...(servers != null && servers.length > 0 && { mcp_servers: servers }),
		...marked(mark),
	};
}

function toolFields(wire: WireRequest): Pick<ChatRequest, "tools" | "tool_choice" | "parallel_tool_calls"> {
	const tools: Tool[] = [];
	for (const tool of wire.tools ?? []) {
		if ("vendor" in tool) continue;
		const { name, description, input_schema: parameters, strict, cache_control: mark } = tool;
		tools.push({
			type: "function",
			function: {
				name,
				...(description && { description }),
				parameters,
				...(strict != null && { strict }),
			},
			...marked(mark),
		});
	}
	const choice = wire.tool_choice;
	if (choice == null) return tools.length === 0 ? {} : { tools };
	if ((wire.tools ?? []).length === 0) {
		if (choice.type === "none") return {};
		throw invalidRequest("`tool_choice` is only allowed when `tools` are given", "tool_choice");
	}
	const isSerial = choice.type !== "none" && choice.disable_parallel_tool_use === true;
	return {
		...(tools.length > 0 && { tools }),
		tool_choice: choiceOf(choice),
		...(isSerial && { parallel_tool_calls: false }),
	};
}

function choiceOf(choice: NonNullable<WireRequest["tool_choice"]>): ToolChoice {
	switch (choice.type) {
		case "any":
			return "required";
		case "tool":
			return { type: "function", function: { name: choice.name } };
		default:
			return choice.type;
	}
}

function displayOf({ thinking }: WireRequest): string | undefined {
	return thinking == null || thinking.type === "disabled" ? undefined : (thinking.display ?? undefined);
}

/** How hard to think. A budget of tokens says it in steps, since most models take no budget. */
function effortOf({ thinking, output_config: output }: WireRequest): Effort | undefined {
	if (thinking?.type === "disabled") return "none";
	if (output?.effort != null) return output.effort;
	if (thinking?.type !== "enabled") return undefined;
	if (thinking.budget_tokens >= HIGH_BUDGET_TOKENS) return "high";
	return thinking.budget_tokens >= MEDIUM_BUDGET_TOKENS ? "medium" : "low";
}
