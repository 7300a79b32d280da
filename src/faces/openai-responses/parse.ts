// Parses a Responses request into the canonical one.
import * as v from "valibot";
import type { ChatRequest, Message, ResponseFormat } from "#core/chat/chat";
import { GatewayError, invalidRequest } from "#core/errors";
import { validationError } from "#core/validation-error";
import type { Parsed } from "#faces/face";
import { isObject, type JsonObject } from "#lib/json";
import { conversationOf } from "./items";
import { nativeRequest } from "./native";
import { OWN_FIELDS, RequestSchema, SAME_FIELDS, type WireFormat, type WireRequest } from "./schema";
import { readChoice, readTools, ToolNames } from "./tools";

/** What of the request is needed to write its answer. */
export interface ResponsesStyle {
	/** The request, whose settings the answer repeats. */
	readonly wire: WireRequest;
	/** Its tools as they came. */
	readonly tools: readonly unknown[];
	readonly names: ToolNames;
}

/** Fields that draw on an answer that was kept, or have one kept. */
const STATE_FIELDS = ["previous_response_id", "conversation", "prompt"] as const;
const ITEMS = new Set([
	"message",
	"function_call",
	"function_call_output",
	"custom_tool_call",
	"custom_tool_call_output",
	"reasoning",
	"image_generation_call",
	"item_reference",
]);
const TOOLS = new Set(["function", "custom", "namespace"]);

/**
 * Parses a Responses body into the canonical request. An object field named after a provider holds that provider's own
 * parameters: `providerNamed` returns the canonical name of one. Throws `GatewayError` 400 naming the offending field.
 */
export function parseResponses(
	body: unknown,
	providerNamed: (field: string) => string | undefined,
): Parsed<ChatRequest, ResponsesStyle> {
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
	refuseState(given);
	const result = v.safeParse(RequestSchema, typed(given), { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	const wire = result.output;
	const ignored: string[] = [];
	const providerExtensions: Record<string, JsonObject> = {};
	for (const [field, value] of Object.entries(given)) {
		if (Object.hasOwn(RequestSchema.entries, field)) continue;
		const provider = isObject(value) ? providerNamed(field) : undefined;
		if (provider === undefined) ignored.push(field);
		else providerExtensions[provider] = value as JsonObject;
	}
	const names = new ToolNames();
	const request: ChatRequest = { ...canonical(wire, names, ignored), providerExtensions };
	if (ignored.length > 0) request.ignored = ignored;
	const native = nativeRequest(given, providerNamed);
	if (native !== undefined) request.native = native;
	const { model, models, provider } = wire;
	return {
		request,
		preference: {
			...(model !== undefined && { model }),
			...(models !== undefined && { models }),
			...(provider !== undefined && { provider }),
		},
		style: { wire, tools: Array.isArray(given.tools) ? given.tools : [], names },
		relays: native !== undefined,
	};
}

function refuseState(given: Record<string, unknown>): void {
	const kept = (["store", "background"] as const).find((field) => given[field] === true);
	const field = kept ?? STATE_FIELDS.find((name) => given[name] !== undefined);
	if (field === undefined) return;
	throw GatewayError.of(
		"vendor_state_not_allowed",
		`\`${field}\` needs an answer to be kept, and this gateway keeps none: the policy of no API key can allow it yet; send \`store: false\` and the whole conversation in \`input\``,
		{ param: field },
	);
}

/** The body with every item and tool under a type that the schema has. */
function typed(given: Record<string, unknown>): Record<string, unknown> {
	const { input, tools } = given;
	return {
		...given,
		input: typeof input === "string" ? [{ type: "message", role: "user", content: input }] : each(input, typedItem),
		...(tools !== undefined && { tools: each(tools, typedTool) }),
	};
}

function each(list: unknown, change: (entry: Record<string, unknown>) => unknown): unknown {
	return Array.isArray(list) ? list.map((entry: unknown) => (isObject(entry) ? change(entry) : entry)) : list;
}

function typedItem(item: Record<string, unknown>): unknown {
	const { type } = item;
	if (type == null) {
		return { ...item, type: item.role === undefined && item.id !== undefined ? "item_reference" : "message" };
	}
	return typeof type !== "string" || ITEMS.has(type) ? item : { type: "other", was: type };
}

function typedTool(tool: Record<string, unknown>): unknown {
	const { type } = tool;
	return typeof type !== "string" || TOOLS.has(type) ? tool : { type: "other", tool };
}

function canonical(wire: WireRequest, names: ToolNames, ignored: string[]): Omit<ChatRequest, "providerExtensions"> {
	const read = readTools(wire.tools ?? [], names, ignored);
	const { choice, hosted: hostedChoice } =
		wire.tool_choice === undefined ? {} : readChoice(wire.tool_choice, read, names);
	const conversation = conversationOf(wire.input, names, ignored);
	const messages: Message[] =
		wire.instructions === undefined ? conversation : [{ role: "system", content: wire.instructions }, ...conversation];
	if (messages.length === 0) throw invalidRequest("`input` holds nothing that a model could answer", "input");
	const { effort, summary } = wire.reasoning ?? {};
	const { format, verbosity } = wire.text ?? {};
	const user = wire.safety_identifier ?? wire.user;
	const wantsLogprobs = wire.include?.includes("message.output_text.logprobs") || (wire.top_logprobs ?? 0) > 0;
	return {
		...present(wire, SAME_FIELDS),
		messages,
		stream: wire.stream ?? false,
		...(wire.max_output_tokens !== undefined && { max_completion_tokens: wire.max_output_tokens }),
		...(wantsLogprobs && { logprobs: true }),
		...(read.tools.length > 0 && { tools: read.tools }),
		...(choice !== undefined && { tool_choice: choice }),
		...(format != null && { response_format: responseFormat(format) }),
		...(effort != null && { reasoning_effort: effort }),
		...(verbosity != null && { verbosity }),
		...(user !== undefined && { user }),
		extensions: {},
		responses: {
			tools: read.hosted,
			...(hostedChoice !== undefined && { toolChoice: hostedChoice }),
			...(summary != null && { summary }),
			fields: ownFields(wire),
		},
	};
}

/** Settings that Responses alone has, but for one that says what happens anyway. */
function ownFields(wire: WireRequest): JsonObject {
	const { truncation, ...fields } = present(wire, OWN_FIELDS);
	return { ...fields, ...(truncation === "auto" && { truncation }) };
}

function present<Field extends keyof WireRequest>(
	wire: WireRequest,
	fields: readonly Field[],
): Pick<WireRequest, Field> {
	const found = fields.filter((field) => wire[field] !== undefined).map((field) => [field, wire[field]]);
	return Object.fromEntries(found);
}

function responseFormat(format: WireFormat): ResponseFormat {
	if (format.type !== "json_schema") return { type: format.type };
	const { name, description, schema, strict } = format;
	return {
		type: "json_schema",
		json_schema: {
			name,
			...(description != null && { description }),
			...(schema != null && { schema }),
			...(strict != null && { strict }),
		},
	};
}
