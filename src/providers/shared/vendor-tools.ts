/**
 * Tools that a vendor runs by itself: web search, code, file search, connectors. They are billed by use, beside the
 * tokens, or bring in tokens that nothing in a request bounds, so none of them goes out.
 */
import { foldedName } from "#core/chat/field-name";
import { GatewayError } from "#core/errors";
import { isObject, type Json, type JsonObject } from "#lib/json";
import type { UpstreamCall } from "#providers/adapter";

/** Tools that the caller runs; with a version behind the name at Anthropic. */
const CALLERS_TOOL =
	/^(?:function|custom|namespace|tool_search|local_shell|apply_patch|bash|text_editor|memory|computer(?:_use(?:_preview)?)?)(?:_?(?:tool|bm25|regex))*(?:_\d{8})?$/;
/** Gemini names a tool by the field that configures it: those that the caller runs. */
const GEMINI_CALLERS = new Set(["functiondeclarations", "computeruse"]);
/** Fields at the top that switch a search on, at OpenAI and at servers of several vendors. */
const SWITCHES = new Set(["websearchoptions", "searchparameters", "enablesearch", "websearch"]);
/** OpenRouter's plugins that run something which is billed by use. */
const BILLED_PLUGINS = new Set(["web", "fileparser"]);

/**
 * A call without the tools that its vendor would run, itself when there are none; each is named in
 * `dropped`. Throws `GatewayError` 403 when `tool_choice` demands one of them, or a tool where none is left.
 */
export function withoutVendorTools(call: UpstreamCall): UpstreamCall {
	const removed: string[] = [];
	const body: JsonObject = {};
	for (const name in call.body) {
		const value = call.body[name] as Json;
		const folded = foldedName(name);
		if (SWITCHES.has(folded) && isOn(value)) removed.push(name);
		else if (folded === "tools" && Array.isArray(value))
			body[name] = value.flatMap((tool) => callersPart(tool, removed));
		else if (folded === "plugins" && Array.isArray(value)) body[name] = value.filter((one) => !isBilled(one, removed));
		else body[name] = value;
	}
	if (removed.length === 0) return call;
	const isEmptied = Array.isArray(body.tools) && body.tools.length === 0;
	checkChoice(body.tool_choice, removed, isEmptied);
	if (isEmptied) for (const field of ["tools", "tool_choice", "parallel_tool_calls"]) delete body[field];
	return { ...call, body, dropped: [...call.dropped, ...removed] };
}

/** What of a tool's declaration the caller runs: all of it, or nothing, or at Gemini some of its fields. */
function callersPart(tool: Json, removed: string[]): Json[] {
	if (!isObject(tool)) return [tool];
	const type = typeOf(tool);
	if (type !== undefined) {
		if (CALLERS_TOOL.test(type)) return [tool as JsonObject];
		removed.push(type);
		return [];
	}
	// Without a type it is Anthropic's own form of a function, or one of Gemini's.
	if ("name" in tool) return [tool as JsonObject];
	const kept = Object.entries(tool as JsonObject).filter(([name]) => GEMINI_CALLERS.has(foldedName(name)));
	for (const name of Object.keys(tool)) if (!GEMINI_CALLERS.has(foldedName(name))) removed.push(name);
	return kept.length === 0 ? [] : [Object.fromEntries(kept)];
}

function typeOf(tool: Record<string, unknown>): string | undefined {
	const name = Object.keys(tool).find((field) => foldedName(field) === "type");
	const type = name === undefined ? undefined : tool[name];
	return typeof type === "string" ? type.toLowerCase() : undefined;
}

function isBilled(plugin: Json, removed: string[]): boolean {
	const id = isObject(plugin) && typeof plugin.id === "string" ? plugin.id : "";
	if (!BILLED_PLUGINS.has(foldedName(id))) return false;
	removed.push(`plugins.${id}`);
	return true;
}

function isOn(value: Json): boolean {
	return value !== false && value !== null;
}

/** Throws where the caller wants no answer but one by a tool that was taken out. */
function checkChoice(choice: Json | undefined, removed: readonly string[], isEmptied: boolean): void {
	const names = isObject(choice) ? [choice.type, choice.name] : [choice];
	const isDemanded = names.some((name) => typeof name === "string" && removed.some((tool) => tool.startsWith(name)));
	const isRequired = isEmptied && names.some((name) => name === "required" || name === "any" || name === "tool");
	if (!isDemanded && !isRequired) return;
	throw GatewayError.of(
		"vendor_tool_not_allowed",
		`\`tool_choice\` demands a tool that the vendor runs by itself (\`${removed[0]}\`), and none of those may be used through this gateway`,
		{ param: "tool_choice" },
	);
}
