/**
 * Maps tools that a Chat Completions body declares in the shape of Responses, flat, onto Chat's own. Cursor sends its
 * free-form tool so, beside functions in Chat's shape, and reads a call of it as that of a function whose arguments are
 * the bare text.
 */
import type { AssistantReply, Delta, Message, ToolCall } from "#core/chat/chat";
import { isObject } from "#lib/json";
import { changed } from "#lib/list";

/** The body with its flat tools, and a flat choice among them, in Chat's shape; itself when there are none. */
export function nested(body: Record<string, unknown>): { body: Record<string, unknown>; hasFlatCustom: boolean } {
	const { tools, tool_choice: choice } = body;
	if (!Array.isArray(tools)) return { body, hasFlatCustom: false };
	const nestedTools = changed(tools, nestedTool);
	const nestedChoice = nestedTool(choice);
	if (nestedTools === tools && nestedChoice === choice) return { body, hasFlatCustom: false };
	return {
		body: { ...body, tools: nestedTools, ...(choice !== undefined && { tool_choice: nestedChoice }) },
		hasFlatCustom: tools.some((tool) => isFlat(tool) && tool.type === "custom"),
	};
}

function isFlat(tool: unknown): tool is { type: "function" | "custom"; name: string; [field: string]: unknown } {
	if (!isObject(tool) || typeof tool.name !== "string") return false;
	return (tool.type === "function" || tool.type === "custom") && tool[tool.type] === undefined;
}

function nestedTool(tool: unknown): unknown {
	if (!isFlat(tool)) return tool;
	const { type, cache_control: mark, format, ...fields } = tool;
	const inner = { ...fields, ...(format !== undefined && { format: nestedFormat(format) }) };
	return { type, [type]: inner, ...(mark !== undefined && { cache_control: mark }) };
}

/** A grammar stands beside its type in Responses, and in a field of its own in Chat Completions. */
function nestedFormat(format: unknown): unknown {
	if (!isObject(format) || format.type !== "grammar" || format.grammar !== undefined) return format;
	const { type, ...grammar } = format;
	return { type, grammar };
}

/** A conversation whose calls of free-form tools came back as calls of functions, as they were. */
export function withCustomCalls(messages: Message[], names: ReadonlySet<string>): Message[] {
	return messages.map((message) => {
		if (message.role !== "assistant" || message.tool_calls === undefined) return message;
		return { ...message, tool_calls: message.tool_calls.map((call) => asCustom(call, names)) };
	});
}

function asCustom(call: ToolCall, names: ReadonlySet<string>): ToolCall {
	if (call.type !== "function" || !names.has(call.function.name)) return call;
	return { id: call.id, type: "custom", custom: { name: call.function.name, input: call.function.arguments } };
}

/** A whole answer in which calls of free-form tools are written as those of functions. */
export function withFunctionsOnly(message: AssistantReply): Record<string, unknown> {
	const { tool_calls: calls, ...rest } = message;
	return { ...rest, ...(calls !== undefined && { tool_calls: calls.map(asFunction) }) };
}

function asFunction(call: ToolCall): ToolCall {
	if (call.type === "function") return call;
	return { id: call.id, type: "function", function: { name: call.custom.name, arguments: call.custom.input } };
}

/** The same of a piece of a streamed answer. */
export function withFunctionDeltas(delta: Delta): Delta {
	if (delta.tool_calls === undefined) return delta;
	return {
		...delta,
		tool_calls: delta.tool_calls.map(({ type, custom, ...call }) => ({
			...call,
			...(type !== undefined && { type: "function" }),
			...(custom !== undefined && {
				function: {
					...(custom.name !== undefined && { name: custom.name }),
					...(custom.input !== undefined && { arguments: custom.input }),
				},
			}),
		})),
	};
}
