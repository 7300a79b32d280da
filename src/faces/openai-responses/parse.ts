// Parses a Responses request into the canonical one.
import * as v from "valibot";
import type { ChatRequest, Message, ResponseFormat } from "#core/chat/chat";
import { GatewayError, invalidRequest } from "#core/errors";
import { validationError } from "#core/validation-error";
import type { Parsed } from "#faces/face";
import { isObject, type JsonObject } from "#lib/json";
import { conversationOf } from "./items";
import { asFunctionItem } from "./own-tools";
import { passedRequest } from "./passed";
import { OWN_FIELDS, RequestSchema, SAME_FIELDS, type WireFormat, type WireRequest } from "./schema";
import { storageWish } from "./stored";
import { readChoice, readTools, ToolNames } from "./tools";

/** What of the request is needed to write its answer. */
export interface ResponsesStyle {
	/** The request, whose settings the answer repeats. */
	readonly wire: WireRequest;
	/** Its tools as they came. */
	readonly tools: readonly unknown[];
	readonly names: ToolNames;
}

/** Fields that draw on what OpenAI's account keeps. What the gateway stores itself is in `input` by now. */
const STATE_FIELDS = ["conversation", "prompt"] as const;
const ITEMS = new Set([
	"message",
	"function_call",
	"function_call_output",
	"custom_tool_call",
	"custom_tool_call_output",
	"reasoning",
	"image_generation_call",
]);
const TOOLS = new Set(["function", "custom", "namespace"]);

/**
 * Parses a Responses body that has to stand by itself. Throws `GatewayError` 400 naming the offending field, also for
 * what draws on stored answers or has one stored.
 */
export function parseResponses(
	body: unknown,
	providerNamed: (field: string) => string | undefined,
): Parsed<ChatRequest, ResponsesStyle> {
	const { store, needs } = storageWish(body);
	const param = store === true ? "store" : needs[0]?.param;
	if (param === undefined) return plain(parseContinued(body, providerNamed));
	throw GatewayError.of(
		"vendor_state_not_allowed",
		`\`${param}\` needs answers to be stored, which are only for requests to \`/v1/responses\`; send \`store: false\` and the whole conversation in \`input\``,
		{ param },
	);
}

/** The same for a caller who is told of no items. */
function plain({ request, ...parsed }: Parsed<ChatRequest, ResponsesStyle>): Parsed<ChatRequest, ResponsesStyle> {
	const { responses, ...rest } = request;
	if (responses === undefined) return { ...parsed, request };
	const { itemized: _, ...own } = responses;
	return { ...parsed, request: { ...rest, responses: own } };
}

/**
 * Parses a Responses body, with what it goes on from in its `input` already, into the canonical request. An object
 * field named after a provider holds that provider's own parameters: `providerNamed` returns the canonical name of one.
 * Throws `GatewayError` 400 naming the offending field.
 */
export function parseContinued(
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
	const passed = passedRequest(given, providerNamed);
	if (passed !== undefined) request.passed = passed;
	const { model, models, provider } = wire;
	return {
		request,
		preference: {
			...(model !== undefined && { model }),
			...(models !== undefined && { models }),
			...(provider !== undefined && { provider }),
		},
		style: { wire, tools: Array.isArray(given.tools) ? given.tools : [], names },
		relays: passed !== undefined,
	};
}

function refuseState(given: Record<string, unknown>): void {
	if (given.background === true) {
		throw GatewayError.of(
			"vendor_state_not_allowed",
			"`background` needs an answer that goes on without its caller, which this gateway does not give; leave it out, and stream long answers",
			{ param: "background" },
		);
	}
	const field = STATE_FIELDS.find((name) => given[name] !== undefined);
	if (field === undefined) return;
	throw GatewayError.of(
		"vendor_state_not_allowed",
		`\`${field}\` draws on what OpenAI's account keeps, which teams share, and no policy of an API key allows that here; go on from a stored answer with \`previous_response_id\`, or send everything in \`input\``,
		{ param: field },
	);
}

/** The body with every item and tool under a type that the schema has. */
function typed(given: Record<string, unknown>): Record<string, unknown> {
	const { input, tools } = given;
	const found = Array.isArray(input) ? input.flatMap(foundTools) : [];
	return {
		...given,
		input: typeof input === "string" ? [{ type: "message", role: "user", content: input }] : each(input, typedItem),
		...((tools !== undefined || found.length > 0) && { tools: each(withFound(tools, found), typedTool) }),
	};
}

function each(list: unknown, change: (entry: Record<string, unknown>) => unknown): unknown {
	return Array.isArray(list) ? list.map((entry: unknown) => (isObject(entry) ? change(entry) : entry)) : list;
}

function typedItem(item: Record<string, unknown>): unknown {
	const { type } = item;
	if (type == null) return { ...item, type: "message" };
	if (typeof type !== "string" || ITEMS.has(type)) return item;
	return asFunctionItem(item as JsonObject) ?? { type: "other", item };
}

/** The tools that a search by the caller has found: models are told of them like of those that are declared. */
function foundTools(item: unknown): unknown[] {
	const isFound = isObject(item) && item.type === "tool_search_output" && item.execution === "client";
	return isFound && Array.isArray(item.tools) ? item.tools : [];
}

/** The tools with those that were found and are not among them. What is wrong with `tools` is for the schema to say. */
function withFound(tools: unknown, found: readonly unknown[]): unknown {
	if (found.length === 0 || (tools !== undefined && !Array.isArray(tools))) return tools;
	const declared: readonly unknown[] = tools ?? [];
	const known = new Set<string>();
	for (const tool of declared) unknownPart(tool, known);
	return [...declared, ...found.flatMap((tool) => unknownPart(tool, known) ?? [])];
}

/** A tool, or of a namespace those tools, that `known` lacks, which it has afterwards; null for none. */
function unknownPart(tool: unknown, known: Set<string>, space = ""): unknown {
	if (!isObject(tool)) return tool;
	const { name, tools } = tool;
	if (tool.type === "namespace" && Array.isArray(tools)) {
		const inner = tools.flatMap((one: unknown) => unknownPart(one, known, `${String(name)}.`) ?? []);
		return inner.length === 0 ? null : { ...tool, tools: inner };
	}
	const key = space + String(name);
	if (known.has(key)) return null;
	known.add(key);
	return tool;
}

function typedTool(tool: Record<string, unknown>): unknown {
	const { type } = tool;
	return typeof type !== "string" || TOOLS.has(type) ? tool : { type: "other", tool };
}

function canonical(wire: WireRequest, names: ToolNames, ignored: string[]): Omit<ChatRequest, "providerExtensions"> {
	const read = readTools(wire.tools ?? [], names, ignored);
	const { choice, hosted: hostedChoice } =
		wire.tool_choice === undefined ? {} : readChoice(wire.tool_choice, read, names);
	const conversation = conversationOf(wire.input, names);
	const instructions: Message[] =
		wire.instructions === undefined ? [] : [{ role: "system", content: wire.instructions }];
	const messages = [...instructions, ...conversation.messages];
	const items = conversation.placed.map((placed) => ({ ...placed, after: placed.after + instructions.length }));
	if (conversation.messages.length === 0)
		throw invalidRequest("`input` holds nothing that a model could answer", "input");
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
			itemized: true,
			...(items.length > 0 && { items }),
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
