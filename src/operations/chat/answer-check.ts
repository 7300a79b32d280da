/** Defects of an answer that can be seen without judging what it says. */
import type { AssistantReply, ChatRequest, Choice, Completion, ToolCall } from "#core/chat/chat";
import { isObject, parseJson } from "#lib/json";
import { matchesSchema } from "#lib/schema-match";
import type { Defect } from "#operations/operation";

/**
 * Looks for what makes an answer useless: nothing in it, no JSON where JSON was asked for or not that of the schema, a
 * call of a tool that does not exist or with arguments that are no object. A refusal is an answer, and so is one that
 * was cut at the caller's own limit.
 */
export function defectIn({ choices }: Completion, request: ChatRequest): Defect | null {
	for (const choice of choices) {
		const defect = defectOf(choice, request);
		if (defect !== null) return defect;
	}
	return null;
}

function defectOf({ message, finish_reason }: Choice, request: ChatRequest): Defect | null {
	if (message.refusal || finish_reason === "content_filter" || finish_reason === "length") return null;
	const calls = message.tool_calls ?? [];
	if (isEmpty(message)) return "empty";
	if (!calls.every((call) => isSound(call, request))) return "invalid_tool_call";
	return calls.length > 0 || hasAskedFormat(message.content, request) ? null : "invalid_json";
}

function isEmpty({ content, tool_calls, images, audio }: AssistantReply): boolean {
	return !content?.trim() && !tool_calls?.length && !images?.length && audio == null;
}

function isSound(call: ToolCall, { tools = [] }: ChatRequest): boolean {
	return tools.some((tool) => {
		if (tool.type === "custom") return call.type === "custom" && tool.custom.name === call.custom.name;
		if (call.type !== "function" || tool.function.name !== call.function.name) return false;
		// A tool without parameters is called with nothing.
		return call.function.arguments === "" || isObject(parseJson(call.function.arguments));
	});
}

function hasAskedFormat(content: string | null, { response_format: format }: ChatRequest): boolean {
	if (format === undefined || format.type === "text") return true;
	const value = parseJson(content ?? "");
	if (value === undefined) return false;
	return format.type === "json_object" ? isObject(value) : matchesSchema(value, format.json_schema.schema ?? true);
}
