/**
 * Tools that the caller runs and that have a type of their own: models are told of a function in place of each, and
 * calls and results change between that function's form and their own.
 */
import type { FunctionTool } from "#core/chat/chat";
import { isObject, type Json, type JsonObject, parseJson } from "#lib/json";

interface OwnTool {
	/** Types of the items of its calls and of their results. */
	readonly call: string;
	readonly output: string;
	/** The function that stands for it; `tool` as it was declared. */
	function(tool: JsonObject): Omit<FunctionTool["function"], "name">;
	/** A call's item as arguments, and arguments as what the item has beside its ids and status. */
	toArguments(item: JsonObject): Json;
	fromArguments(given: JsonObject): JsonObject;
	/** A result's item as a text. */
	outputText(item: JsonObject): string;
}

const text = (description: string): JsonObject => ({ type: "string", description });
const texts = (description: string): JsonObject => ({ type: "array", items: { type: "string" }, description });
const MILLISECONDS: JsonObject = { type: "integer", description: "How long it may take, in milliseconds" };

function parameters(properties: JsonObject, required: string[]): JsonObject {
	return { type: "object", properties, required, additionalProperties: false };
}

const OWN_TOOLS: Readonly<Record<string, OwnTool>> = {
	local_shell: {
		call: "local_shell_call",
		output: "local_shell_call_output",
		function: () => ({
			description: "Runs a command on the user's machine and returns what it prints.",
			parameters: parameters(
				{
					command: texts("The program and its arguments"),
					working_directory: text("Where to run it"),
					timeout_ms: MILLISECONDS,
				},
				["command"],
			),
		}),
		toArguments: ({ action }) => withoutType(action),
		fromArguments: ({ command, ...rest }) => ({
			action: { env: {}, ...rest, type: "exec", command: Array.isArray(command) ? command : [] },
		}),
		outputText: ({ output }) => textOf(output),
	},
	shell: {
		call: "shell_call",
		output: "shell_call_output",
		function: () => ({
			description: "Runs commands in a shell on the user's machine and returns what each prints.",
			parameters: parameters(
				{
					commands: texts("Commands, each run by itself"),
					timeout_ms: MILLISECONDS,
					max_output_length: { type: "integer", description: "The most characters of output to return" },
				},
				["commands"],
			),
		}),
		toArguments: ({ action }) => withoutType(action),
		fromArguments: ({ commands, timeout_ms, max_output_length }) => ({
			action: {
				commands: Array.isArray(commands) ? commands : [],
				timeout_ms: timeout_ms ?? null,
				max_output_length: max_output_length ?? null,
			},
			environment: { type: "local" },
		}),
		outputText: ({ output }) => textOf(output),
	},
	apply_patch: {
		call: "apply_patch_call",
		output: "apply_patch_call_output",
		function: () => ({
			description: "Creates, changes or deletes one file.",
			parameters: parameters(
				{
					type: { type: "string", enum: ["create_file", "update_file", "delete_file"] },
					path: text("The file, relative to the workspace"),
					diff: text("A V4A diff: hunks begin with @@, lines with a space, + or -. Left out for delete_file"),
				},
				["type", "path"],
			),
		}),
		toArguments: ({ operation }) => operation ?? {},
		fromArguments: ({ type, path, diff }) => ({
			operation: {
				type: type ?? "update_file",
				path: path ?? "",
				...(type !== "delete_file" && { diff: diff ?? "" }),
			},
		}),
		outputText: ({ status, output }) => [status, output].filter((one) => typeof one === "string").join(": "),
	},
	tool_search: {
		call: "tool_search_call",
		output: "tool_search_output",
		function: ({ description, parameters: given }) => ({
			description: typeof description === "string" ? description : "Finds further tools and makes them available.",
			parameters: isObject(given)
				? (given as JsonObject)
				: parameters({ query: text("What the tools should do") }, ["query"]),
		}),
		toArguments: ({ arguments: given }) => given ?? {},
		fromArguments: (given) => ({ execution: "client", arguments: given }),
		outputText: ({ tools }) => {
			const names = (Array.isArray(tools) ? tools : []).flatMap((tool) => (isObject(tool) ? [tool.name] : []));
			return names.length === 0 ? "No tools were found." : `These tools can be called now: ${names.join(", ")}`;
		},
	},
};

const BY_CALL = new Map(Object.entries(OWN_TOOLS).map(([type, tool]) => [tool.call, type]));
const BY_OUTPUT = new Map(Object.entries(OWN_TOOLS).map(([type, tool]) => [tool.output, type]));

/** The function that stands for a tool of the caller's own; null for one that a vendor runs or that has none. */
export function functionFor(tool: JsonObject): Omit<FunctionTool["function"], "name"> | null {
	const type = String(tool.type);
	if (!Object.hasOwn(OWN_TOOLS, type)) return null;
	const { environment, execution } = tool;
	if (type === "shell" && isObject(environment) && environment.type !== "local") return null;
	if (type === "tool_search" && execution !== "client") return null;
	return OWN_TOOLS[type]?.function(tool) ?? null;
}

/** A call of such a tool, or its result, in the words of a function's; null for another item. */
export function asFunctionItem(item: JsonObject): JsonObject | null {
	const type = String(item.type);
	// A search that the vendor made itself has no caller who would answer.
	if (type.startsWith("tool_search_") && item.execution !== "client") return null;
	const called = BY_CALL.get(type);
	const { id = null, call_id = id } = item;
	if (called !== undefined) {
		const given = OWN_TOOLS[called]?.toArguments(item) ?? {};
		return { type: "own_call", call_id, tool: called, arguments: JSON.stringify(given) };
	}
	const answered = BY_OUTPUT.get(type);
	if (answered === undefined) return null;
	return { type: "function_call_output", call_id, output: OWN_TOOLS[answered]?.outputText(item) ?? "" };
}

/** The item of a call of such a tool; `type` as the tool was declared, `text` as the model wrote its arguments. */
export function ownCallItem(type: string, text: string): JsonObject {
	const tool = OWN_TOOLS[type];
	const given = parseJson(text);
	if (tool === undefined) return {};
	return { type: tool.call, ...tool.fromArguments(isObject(given) ? (given as JsonObject) : {}) };
}

function withoutType(action: Json | undefined): JsonObject {
	if (!isObject(action)) return {};
	const { type: _, ...rest } = action;
	return rest as JsonObject;
}

function textOf(output: Json | undefined): string {
	return typeof output === "string" ? output : JSON.stringify(output ?? "");
}
