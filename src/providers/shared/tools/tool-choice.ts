// Reads what a request asks of its tools.
import type { Model } from "#catalog/model";
import type { ChatRequest, FunctionTool } from "#core/chat/chat";
import { invalidRequest } from "#core/errors";
import { allowedName, checkTools, refused } from "#providers/shared/request-fields";

/** What a request asks of its tools, in one form. */
export interface ToolDemand {
	tools: FunctionTool[];
	mode: "none" | "auto" | "required";
	/** Names of the only tools that may be called; absent when all may. */
	only?: string[];
}

/**
 * Reads `tools` and `tool_choice`; null when the request has no tools. Throws `GatewayError` for what the model cannot
 * do, for free-form tools, which have to be functions by now, and for a choice that names no tool of the request.
 */
export function toolDemand(request: ChatRequest, model: Model): ToolDemand | null {
	checkTools(request, model);
	const choice = request.tool_choice;
	if (request.tools === undefined || request.tools.length === 0) {
		if (choice === undefined || choice === "none" || choice === "auto") return null;
		throw invalidRequest("`tool_choice` asks for a tool, and there are no `tools`", "tool_choice");
	}
	const tools = request.tools.map((tool, index) => {
		if (tool.type === "function") return tool;
		throw refused(`tools[${index}].custom`, model);
	});
	if (choice === undefined) return { tools, mode: "auto" };
	if (typeof choice === "string") return { tools, mode: choice };
	const names =
		choice.type === "allowed_tools"
			? choice.allowed_tools.tools.map(allowedName)
			: [choice.type === "function" ? choice.function.name : choice.custom.name];
	const only = names.map((name) => {
		if (name !== undefined && tools.some((tool) => tool.function.name === name)) return name;
		throw invalidRequest(`\`tools\` has none that is named "${name}"`, "tool_choice");
	});
	return { tools, mode: choice.type === "allowed_tools" ? choice.allowed_tools.mode : "required", only };
}
