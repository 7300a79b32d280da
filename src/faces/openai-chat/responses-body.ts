// Parses a body in the shape of Responses that came to Chat Completions, as Cursor's agent sends it.
import type { ChatRequest } from "#core/chat/chat";
import type { Parsed } from "#faces/face";
import { parseResponses } from "#faces/openai-responses/parse";
import { isObject } from "#lib/json";
import { withCustomCalls } from "./flat-tools";
import type { ChatStyle } from "./style";

/** Whether a body says in `input` what Chat Completions has in `messages`. */
export function isResponsesBody(body: Record<string, unknown>): boolean {
	return body.messages == null && body.input != null;
}

/**
 * Parses the body as a Responses request that is answered in Chat's shape. Of Chat's own fields it keeps the limit of
 * the output and whether usage is wanted. Throws `GatewayError` 400 naming the offending field.
 */
export function parseResponsesBody(
	body: Record<string, unknown>,
	providerNamed: (field: string) => string | undefined,
): Parsed<ChatRequest, ChatStyle> {
	const { max_tokens: older, max_completion_tokens: newer, tools, ...rest } = body;
	const limit = rest.max_output_tokens ?? newer ?? older;
	const { request, preference } = parseResponses(
		{
			...rest,
			...(tools !== undefined && { tools: Array.isArray(tools) ? tools.map(flatTool) : tools }),
			...(limit !== undefined && { max_output_tokens: limit }),
		},
		providerNamed,
	);
	const custom = new Set(request.tools?.flatMap((tool) => (tool.type === "custom" ? [tool.custom.name] : [])));
	const options = isObject(rest.stream_options) ? rest.stream_options : {};
	return {
		request: { ...request, messages: withCustomCalls(request.messages, custom) },
		preference,
		style: {
			includeUsage: options.include_usage === true,
			functionCall: false,
			...(custom.size > 0 && { customAsFunction: true }),
		},
		relays: false,
	};
}

/** A function in Chat's shape, which may stand among those of Responses. */
function flatTool(tool: unknown): unknown {
	if (!isObject(tool) || tool.type !== "function" || !isObject(tool.function)) return tool;
	const { function: described, ...rest } = tool;
	return { ...rest, ...described };
}
