/**
 * Tools that a vendor runs by itself: web search, code, file search, connectors. They are billed by use, beside the
 * tokens, or bring in tokens that nothing in a request bounds. None goes out but those that the key's policy allows and
 * whose uses the vendor can be held to.
 */
import type { Model } from "#catalog/model";
import { foldedName } from "#core/chat/field-name";
import { GatewayError } from "#core/errors";
import type { VendorTool } from "#core/key/policy";
import { isObject, type Json, type JsonObject } from "#lib/json";
import type { UpstreamCall } from "#providers/adapter";
import { type LimitedSearch, limitedSearch } from "./web-search";

/** Tools that the caller runs; with a version behind the name at Anthropic. */
const CALLERS_TOOL =
	/^(?:function|custom|namespace|tool_search|local_shell|apply_patch|bash|text_editor|memory|computer(?:_use(?:_preview)?)?)(?:_?(?:tool|bm25|regex))*(?:_\d{8})?$/;
/** Gemini names a tool by the field that configures it: those that the caller runs. */
const GEMINI_CALLERS = new Set(["functiondeclarations", "computeruse"]);
/** Fields at the top that switch a search on, at OpenAI and at servers of several vendors. */
const SWITCHES = new Set(["websearchoptions", "searchparameters", "enablesearch", "websearch"]);
/** OpenRouter's plugins that run something which is billed by use. */
const BILLED_PLUGINS = new Set(["web", "fileparser"]);

/** A tool that was taken out. */
interface Removed {
	/** As `dropped` calls it. */
	readonly label: string;
	/** What a `tool_choice` may call it. */
	readonly names: readonly string[];
}

/**
 * A call without the tools that its vendor would run, except those in `allowed` that have a fee at the model and can be
 * limited, which are; the call itself when there are none. Each that is taken out is named in `dropped`. Throws
 * `GatewayError` 403 when `tool_choice` demands one of them, or a tool where none is left.
 */
export function withinVendorTools(
	call: UpstreamCall,
	{ rules }: Pick<Model, "rules">,
	allowed: readonly VendorTool[],
): UpstreamCall {
	const maySearch = allowed.includes("web_search") && rules.useFees?.web_search !== undefined;
	const search = maySearch ? limitedSearch(call) : null;
	const sent = search?.call ?? call;
	const removed: Removed[] = [];
	const kept: [name: string, Json][] = [];
	for (const [name, value] of Object.entries(sent.body)) {
		const folded = foldedName(name);
		if (SWITCHES.has(folded) && isOn(value)) removed.push({ label: name, names: [] });
		else if (folded === "tools" && Array.isArray(value))
			kept.push([name, value.flatMap((tool) => callersPart(tool, removed, search))]);
		else if (folded === "plugins" && Array.isArray(value))
			kept.push([name, value.filter((one) => search?.tools.has(one) || !isBilled(one, removed))]);
		else kept.push([name, value]);
	}
	if (removed.length === 0) return search === null ? call : { ...sent, searches: search.allowance };
	// Not by assignment: a field called `__proto__` would lend the body fields that are read here and never sent.
	const body: JsonObject = Object.fromEntries(kept);
	const isEmptied = Array.isArray(body.tools) && body.tools.length === 0;
	checkChoice(body, removed, isEmptied);
	if (isEmptied) for (const field of ["tools", "tool_choice", "parallel_tool_calls"]) delete body[field];
	const dropped = [...sent.dropped, ...removed.map(({ label }) => label)];
	return { ...sent, body, dropped, ...(search !== null && { searches: search.allowance }) };
}

/** What of a tool's declaration may go out: all of it, or nothing, or at Gemini some of its fields. */
function callersPart(tool: Json, removed: Removed[], search: LimitedSearch | null): Json[] {
	if (!isObject(tool) || search?.tools.has(tool as JsonObject)) return [tool as Json];
	const type = typeOf(tool);
	if (type !== undefined) {
		if (CALLERS_TOOL.test(type)) return [tool as JsonObject];
		removed.push({
			label: type,
			names: [type, unversioned(type), ...(typeof tool.name === "string" ? [tool.name] : [])],
		});
		return [];
	}
	// Without a type it is Anthropic's own form of a function, or one of Gemini's.
	if ("name" in tool) return [tool as JsonObject];
	const kept = Object.entries(tool as JsonObject).filter(([name]) => GEMINI_CALLERS.has(foldedName(name)));
	for (const name of Object.keys(tool))
		if (!GEMINI_CALLERS.has(foldedName(name))) removed.push({ label: name, names: [name] });
	return kept.length === 0 ? [] : [Object.fromEntries(kept)];
}

function typeOf(tool: Record<string, unknown>): string | undefined {
	const name = Object.keys(tool).find((field) => foldedName(field) === "type");
	const type = name === undefined ? undefined : tool[name];
	return typeof type === "string" ? type.toLowerCase() : undefined;
}

/** A type without the date behind it: what OpenAI's choices and Anthropic's names say. */
function unversioned(type: string): string {
	return type.replace(/_(?:\d{8}|\d{4}_\d{2}_\d{2})$/, "");
}

function isBilled(plugin: Json, removed: Removed[]): boolean {
	const id = isObject(plugin) && typeof plugin.id === "string" ? plugin.id : "";
	if (!BILLED_PLUGINS.has(foldedName(id))) return false;
	removed.push({ label: `plugins.${id}`, names: [] });
	return true;
}

function isOn(value: Json): boolean {
	return value !== false && value !== null;
}

/**
 * Throws where the caller wants no answer but one by a tool that was taken out. A choice of a function by its name is
 * about that function, whatever the tools are called.
 */
function checkChoice(
	{ tools, tool_choice: choice }: JsonObject,
	removed: readonly Removed[],
	isEmptied: boolean,
): void {
	const type = isObject(choice) ? choice.type : choice;
	const name = isObject(choice) && type === "tool" ? choice.name : type;
	const isLeft = Array.isArray(tools) && tools.some((tool) => isObject(tool) && tool.name === name);
	const demanded = isLeft ? undefined : removed.find(({ names }) => names.some((one) => one === name));
	const isRequired = isEmptied && (type === "required" || type === "any" || type === "tool");
	if (demanded === undefined && !isRequired) return;
	const label = (demanded ?? removed[0])?.label;
	throw GatewayError.of(
		"vendor_tool_not_allowed",
		`\`tool_choice\` demands a tool that the vendor runs by itself (\`${label}\`), and this request may not use it: the API key's policy does not name it in \`vendor_tools\`, or its uses cannot be limited there`,
		{ param: "tool_choice" },
	);
}
