// Parses a Chat Completions request into the canonical one.
import * as v from "valibot";
import type { ChatRequest } from "#core/chat/chat";
import { invalidRequest } from "#core/errors";
import { validationError } from "#core/validation-error";
import type { Parsed } from "#faces/face";
import { isObject, type JsonObject } from "#lib/json";
import { absentNulls } from "./absent";
import { modernise } from "./deprecated";
import { nested, withCustomCalls } from "./flat-tools";
import { withoutLookalikes } from "./lookalikes";
import { isResponsesBody, parseResponsesBody } from "./responses-body";
import { CHAT_FIELDS, RequestSchema, WIRE_FIELDS, type WireRequest } from "./schema";
import type { ChatStyle } from "./style";

const KNOWN = new Set([...Object.keys(CHAT_FIELDS), ...Object.keys(WIRE_FIELDS)]);

/**
 * Parses a Chat Completions body into the canonical request, or one in the shape of Responses that came in its place.
 * An object field named after a provider holds that provider's own parameters: `providerNamed` returns the canonical
 * name of one. Throws `GatewayError` 400 naming the offending field.
 */
export function parseChat(
	body: unknown,
	providerNamed: (field: string) => string | undefined,
): Parsed<ChatRequest, ChatStyle> {
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	if (isResponsesBody(body)) return parseResponsesBody(body, providerNamed);
	const ignored: string[] = [];
	const isForeign = (field: string, value: unknown) => isObject(value) && providerNamed(field) !== undefined;
	const clean = modernise(absentNulls(withoutLookalikes(body, isForeign, ignored)));
	const { body: shaped, hasFlatCustom } = nested(clean);
	const result = v.safeParse(RequestSchema, shaped, { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	const wire = result.output;
	checkTogether(wire);
	const functionCall = body.functions != null && body.tools == null;
	const request = canonical(wire, providerNamed);
	if (ignored.length > 0) request.ignored = ignored;
	if (hasFlatCustom) request.messages = withCustomCalls(request.messages, customNames(request));
	return {
		request,
		preference: {
			...(wire.model !== undefined && { model: wire.model }),
			...(wire.models !== undefined && { models: wire.models }),
			...(wire.provider !== undefined && { provider: wire.provider }),
		},
		style: {
			includeUsage: wire.stream_options?.include_usage ?? false,
			functionCall,
			...(hasFlatCustom && { customAsFunction: true }),
		},
		relays: !functionCall && !hasFlatCustom,
	};
}

function customNames({ tools = [] }: ChatRequest): ReadonlySet<string> {
	return new Set(tools.flatMap((tool) => (tool.type === "custom" ? [tool.custom.name] : [])));
}

function canonical(wire: WireRequest, providerNamed: (field: string) => string | undefined): ChatRequest {
	const request: Record<string, unknown> = {};
	for (const field of Object.keys(CHAT_FIELDS)) {
		if (wire[field] !== undefined) request[field] = wire[field];
	}
	const limit = wire.max_completion_tokens ?? wire.max_tokens;
	if (limit !== undefined) request.max_completion_tokens = limit;
	const stop = typeof wire.stop === "string" ? [wire.stop] : (wire.stop ?? []);
	if (stop.length > 0) request.stop = stop;
	const user = wire.safety_identifier ?? wire.user;
	if (user !== undefined) request.user = user;

	const extensions: Record<string, unknown> = {};
	const providerExtensions: Record<string, JsonObject> = {};
	for (const [field, value] of Object.entries(wire)) {
		if (KNOWN.has(field)) continue;
		const provider = isObject(value) ? providerNamed(field) : undefined;
		if (provider === undefined) extensions[field] = value;
		else providerExtensions[provider] = value as JsonObject;
	}
	// The schema has checked every field that is read; what it let pass besides is data of the caller's.
	return {
		...request,
		messages: wire.messages,
		stream: wire.stream ?? false,
		extensions,
		providerExtensions,
	} as ChatRequest;
}

/** Rules over several fields. */
function checkTogether(wire: WireRequest): void {
	if (wire.stream_options !== undefined && wire.stream !== true) {
		throw invalidRequest("`stream_options` is only allowed when `stream` is true", "stream_options");
	}
	if (wire.top_logprobs !== undefined && wire.logprobs !== true) {
		throw invalidRequest("`top_logprobs` needs `logprobs` to be true", "top_logprobs");
	}
	if (wire.tool_choice !== undefined && wire.tool_choice !== "none" && wire.tools === undefined) {
		throw invalidRequest("`tool_choice` is only allowed when `tools` are given", "tool_choice");
	}
}
