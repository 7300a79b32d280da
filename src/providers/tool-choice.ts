import type { ChatRequest, FunctionTool } from "../core/chat";
import { invalidRequest, unsupportedParameter } from "../core/errors";
import { isObject } from "../core/json";

/** What a request asks of its tools, in one form. */
export interface ToolDemand {
	tools: FunctionTool[];
	mode: "none" | "auto" | "required";
	/** Names of the only tools that may be called; absent when all may. */
	only?: string[];
}

/**
 * Reads `tools` and `tool_choice`; null when the request has no tools. Throws `GatewayError` for custom tools, which
 * only OpenAI has, and for a choice that names no tool of the request.
 */
export function toolDemand(request: ChatRequest): ToolDemand | null {
	const choice = request.tool_choice;
	if (request.tools === undefined || request.tools.length === 0) {
		if (choice === undefined || choice === "none" || choice === "auto") return null;
		throw invalidRequest("A tool can only be chosen from `tools`, and there are none.", "tool_choice");
	}
	const tools = request.tools.map((tool, index) => {
		if (tool.type === "function") return tool;
		throw unsupportedParameter(`tools[${index}]`, "This provider only has tools of type `function`.");
	});
	if (choice === undefined) return { tools, mode: "auto" };
	if (typeof choice === "string") return { tools, mode: choice };
	const names =
		choice.type === "allowed_tools"
			? choice.allowed_tools.tools.map(allowedName)
			: [choice.type === "function" ? choice.function.name : choice.custom.name];
	const only = names.map((name) => {
		if (name !== undefined && tools.some((tool) => tool.function.name === name)) return name;
		throw invalidRequest(`There is no tool named "${name}" in \`tools\`.`, "tool_choice");
	});
	return { tools, mode: choice.type === "allowed_tools" ? choice.allowed_tools.mode : "required", only };
}

/** Accepts the nested form of Chat Completions and the flat one of Responses. */
function allowedName(tool: Record<string, unknown>): string | undefined {
	const name = isObject(tool.function) ? tool.function.name : tool.name;
	return typeof name === "string" ? name : undefined;
}
