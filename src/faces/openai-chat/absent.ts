import { isObject } from "#lib/json";

/** SDKs in several languages send `null` for what the caller left out. */
function withoutNulls(value: unknown): unknown {
	if (!isObject(value)) return value;
	for (const key in value) {
		if (value[key] === null) return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
	}
	return value;
}

function mapIfArray(value: unknown, change: (item: unknown) => unknown): unknown {
	return Array.isArray(value) ? value.map(change) : value;
}

/**
 * The body with `null` fields removed from the request, its messages, their parts and tool calls, its tools and its preferences.
 * Deeper values are the caller's own data, such as JSON schemas, where `null` has a meaning.
 */
export function absentNulls(body: Record<string, unknown>): Record<string, unknown> {
	const clean = withoutNulls(body) as Record<string, unknown>;
	return {
		...clean,
		...(isObject(clean.provider) && { provider: withoutNulls(clean.provider) }),
		...(clean.messages !== undefined && { messages: mapIfArray(clean.messages, messageWithoutNulls) }),
		...(clean.tools !== undefined && {
			tools: mapIfArray(clean.tools, (tool) =>
				isObject(tool) && isObject(tool.function) ? { ...tool, function: withoutNulls(tool.function) } : tool,
			),
		}),
	};
}

function messageWithoutNulls(value: unknown): unknown {
	const message = withoutNulls(value);
	if (!isObject(message)) return message;
	if (!Array.isArray(message.content) && message.tool_calls === undefined) return message;
	return {
		...message,
		...(message.content !== undefined && { content: mapIfArray(message.content, withoutNulls) }),
		...(message.tool_calls !== undefined && { tool_calls: mapIfArray(message.tool_calls, withoutNulls) }),
	};
}
