// Reads the tools of a Responses request, and which of them must or may be called.
import type { CustomTool, FunctionTool, Tool, ToolChoice } from "#core/chat/chat";
import { invalidRequest } from "#core/errors";
import { isObject, type JsonObject } from "#lib/json";
import { TextHash } from "#lib/text-hash";
import { functionFor } from "./own-tools";
import type { CallersTool, WireTool, WireToolChoice } from "./schema";

/** The longest name of a tool that vendors take, in characters. */
const MAX_NAME_CHARACTERS = 64;
/** How much of a longer one stands before its hash, in characters. */
const KEPT_CHARACTERS = 50;

/** Tools of other types that the caller runs: models are told of functions in their place, or not at all. */
const CALLERS =
	/^(?:apply_patch|computer|computer_use|computer_use_preview|local_shell|programmatic_tool_calling|shell|tool_search)$/;

/** Whether a tool of this type is one of those. */
export function isCallersOwn(type: string): boolean {
	return CALLERS.test(type);
}

/** A tool as its caller calls it. */
interface ToolName {
	readonly name: string;
	readonly namespace?: string;
}

/** The names under which models know the tools of a request: a tool of a namespace has that before its own. */
export class ToolNames {
	readonly #tools = new Map<string, ToolName>();
	readonly #taken = new Set<string>();
	/** Names of the functions that stand for tools of the caller's own, by the type of these. */
	readonly #own = new Map<string, string>();

	/** The name of a declared tool; the same for the same tools in every turn. */
	declare(name: string, namespace?: string | null): string {
		let flat = flatName(name, namespace);
		while (this.#taken.has(flat) && namespace) flat = `${flat.slice(0, MAX_NAME_CHARACTERS - 1)}_`;
		this.#taken.add(flat);
		if (namespace) this.#tools.set(flat, { name, namespace });
		return flat;
	}

	/** The name of the function that stands for a tool of the caller's own, of a type that it has one of. */
	declareOwn(type: string): string {
		let flat = type;
		while (this.#taken.has(flat)) flat = `${flat}_`;
		this.#taken.add(flat);
		this.#own.set(type, flat);
		return flat;
	}

	/** The same where it was declared; else the type itself. */
	ofOwn(type: string): string {
		return this.#own.get(type) ?? type;
	}

	/** The type of the tool of the caller's own that `flat` stands for; null for none. */
	ownType(flat: string): string | null {
		for (const [type, name] of this.#own) if (name === flat) return type;
		return null;
	}

	/** The name that a tool has in a call or a choice. */
	known(name: string, namespace?: string | null): string {
		if (!namespace) return name;
		for (const [flat, tool] of this.#tools) if (tool.name === name && tool.namespace === namespace) return flat;
		return flatName(name, namespace);
	}

	/** What the caller knows as `flat`. */
	callers(flat: string): ToolName {
		return this.#tools.get(flat) ?? { name: flat };
	}
}

function flatName(name: string, namespace?: string | null): string {
	if (!namespace) return name;
	const flat = `${namespace}__${name}`;
	if (flat.length <= MAX_NAME_CHARACTERS) return flat;
	return `${flat.slice(0, KEPT_CHARACTERS)}_${new TextHash().add(flat).digest()}`;
}

/** Tools as conversations have them, and those that only the Responses API knows. */
interface ReadTools {
	readonly tools: Tool[];
	readonly hosted: JsonObject[];
}

/** Reads the tools; what no upstream can be told of goes into `ignored`. */
export function readTools(wire: readonly WireTool[], names: ToolNames, ignored: string[]): ReadTools {
	const tools: Tool[] = [];
	const hosted: JsonObject[] = [];
	// Names outside of namespaces stay as they are.
	for (const tool of wire) {
		if (tool.type === "function" || tool.type === "custom") names.declare(tool.name);
	}
	for (const tool of wire) {
		if (tool.type === "namespace") {
			for (const inner of tool.tools) tools.push(readTool(inner, names.declare(inner.name, tool.name)));
		} else if (tool.type === "other") {
			const type = String(tool.tool.type);
			const stands = functionFor(tool.tool);
			if (stands !== null) tools.push({ type: "function", function: { name: names.declareOwn(type), ...stands } });
			// All tools are shown to models at once, so that none has to be searched for.
			else if (type === "tool_search") ignored.push(type);
			else hosted.push(tool.tool);
		} else tools.push(readTool(tool, tool.name));
	}
	return { tools, hosted };
}

function readTool(tool: CallersTool, name: string): FunctionTool | CustomTool {
	const described = { name, ...(tool.description != null && { description: tool.description }) };
	if (tool.type === "custom") {
		return {
			type: "custom",
			custom: { ...described, ...(tool.format != null && { format: nestedFormat(tool.format) }) },
		};
	}
	return {
		type: "function",
		function: {
			...described,
			...(tool.parameters != null && { parameters: tool.parameters }),
			...(tool.strict != null && { strict: tool.strict }),
		},
	};
}

/** A grammar stands beside its type here, and in a field of its own in Chat Completions. */
function nestedFormat({ type, ...rest }: JsonObject): JsonObject {
	return type === "grammar" ? { type, grammar: rest } : { ...(type !== undefined && { type }), ...rest };
}

/**
 * A choice as conversations have it, or `hosted`: one that demands a tool of the vendor's. Throws `GatewayError` when
 * it is about tools that no upstream can be told of.
 */
export function readChoice(
	wire: WireToolChoice,
	{ tools, hosted }: ReadTools,
	names: ToolNames,
): { choice?: ToolChoice; hosted?: "required" | JsonObject } {
	if (typeof wire === "string") {
		if (wire === "required" && tools.length + hosted.length === 0) throw unknownTool();
		if (tools.length > 0) return { choice: wire };
		return wire === "required" ? { hosted: wire } : {};
	}
	if (wire.type === "allowed_tools" && Array.isArray(wire.tools)) {
		const allowed = wire.tools.filter(isObject).map((tool) => reference(tool, names));
		const mode = wire.mode === "required" ? "required" : "auto";
		return { choice: { type: "allowed_tools", allowed_tools: { mode, tools: allowed } } };
	}
	if (typeof wire.name === "string" && (wire.type === "function" || wire.type === "custom")) {
		const name = names.known(wire.name, typeof wire.namespace === "string" ? wire.namespace : null);
		if (!tools.some((tool) => nameOf(tool) === name)) throw unknownTool();
		return {
			choice:
				wire.type === "function" ? { type: "function", function: { name } } : { type: "custom", custom: { name } },
		};
	}
	const own = names.ofOwn(wire.type);
	if (names.ownType(own) === wire.type) return { choice: { type: "function", function: { name: own } } };
	if (!hosted.some(({ type }) => type === wire.type)) throw unknownTool();
	return { hosted: wire as unknown as JsonObject };
}

function reference(tool: Record<string, unknown>, names: ToolNames): JsonObject {
	const { type, name, namespace } = tool;
	if (typeof name !== "string") {
		const own = names.ofOwn(String(type));
		return names.ownType(own) === type ? { type: "function", function: { name: own } } : { type: String(type) };
	}
	const known = { name: names.known(name, typeof namespace === "string" ? namespace : null) };
	return type === "custom" ? { type, custom: known } : { type: "function", function: known };
}

function nameOf(tool: Tool): string {
	return tool.type === "function" ? tool.function.name : tool.custom.name;
}

function unknownTool(): Error {
	return invalidRequest("`tool_choice` names a tool that is not among `tools`, or not known here", "tool_choice");
}
