/**
 * The one tool run by vendors whose cost can be bounded before it runs: the search of the web. Each protocol has its
 * own way to limit it; where a vendor knows none, it is not used.
 */
import type { SearchAllowance } from "#core/chat/searches";
import { isObject, type Json, type JsonObject } from "#lib/json";
import type { UpstreamCall } from "#providers/adapter";

/** Searches per request when the caller names no number, and the most. Each may fill the model's window once more. */
const DEFAULT_SEARCHES = 3;
const MAX_SEARCHES = 10;
/** Results that OpenRouter puts into the prompt, likewise: its own default, and what its one price covers. */
const DEFAULT_RESULTS = 5;
const MAX_RESULTS = 10;

/** OpenAI's tool. The older `web_search_preview` is billed by rules of its own. */
const OPENAI_SEARCH = /^web_search(?:_\d{4}_\d{2}_\d{2})?$/;
/** Anthropic's, whose name has a date behind it. */
const ANTHROPIC_SEARCH = /^web_search_\d{8}$/;

/** A call whose searches are limited. */
export interface LimitedSearch {
	readonly call: UpstreamCall;
	/** The declarations in it that may go out. */
	readonly tools: ReadonlySet<Json>;
	readonly allowance: SearchAllowance;
}

/** The call with its searches limited; null when it asks for none that its protocol can limit. */
export function limitedSearch(call: UpstreamCall): LimitedSearch | null {
	const { body, path } = call;
	const tools: readonly Json[] = Array.isArray(body.tools) ? body.tools : [];
	switch (path) {
		case "/responses": {
			const found = new Set(tools.filter((tool) => isObject(tool) && isOpenaiSearch(tool.type)));
			const uses = within(body.max_tool_calls, DEFAULT_SEARCHES, MAX_SEARCHES);
			return found.size === 0 ? null : limited(call, { max_tool_calls: uses }, found, uses, uses + 1);
		}
		case "/messages": {
			const at = tools.findIndex(isAnthropicSearch);
			const tool = tools[at];
			if (!isObject(tool)) return null;
			const uses = within(tool.max_uses, DEFAULT_SEARCHES, MAX_SEARCHES);
			const held: JsonObject = { ...(tool as JsonObject), max_uses: uses };
			return limited(call, { tools: tools.with(at, held) }, new Set([held]), uses, uses + 1);
		}
		case "/chat/completions": {
			const plugins: readonly Json[] = Array.isArray(body.plugins) ? body.plugins : [];
			const at = plugins.findIndex((plugin) => isObject(plugin) && plugin.id === "web");
			const plugin = plugins[at];
			if (!isObject(plugin)) return null;
			const results = within(plugin.max_results, DEFAULT_RESULTS, MAX_RESULTS);
			// Other engines are the model's own vendor, which nothing limits through OpenRouter.
			const held: JsonObject = { ...(plugin as JsonObject), engine: "exa", max_results: results };
			const choices = typeof body.n === "number" ? body.n : 1;
			return limited(call, { plugins: plugins.with(at, held) }, new Set([held]), results * choices, 1);
		}
		default:
			return null;
	}
}

/** Whether a tool of this type is OpenAI's search, which its Responses API alone runs. */
export function isOpenaiSearch(type: unknown): boolean {
	return typeof type === "string" && OPENAI_SEARCH.test(type);
}

function isAnthropicSearch(tool: Json): boolean {
	return isObject(tool) && typeof tool.type === "string" && ANTHROPIC_SEARCH.test(tool.type);
}

function within(wanted: unknown, usual: number, most: number): number {
	return typeof wanted === "number" && Number.isInteger(wanted) && wanted > 0 ? Math.min(wanted, most) : usual;
}

function limited(
	call: UpstreamCall,
	fields: JsonObject,
	tools: ReadonlySet<Json>,
	uses: number,
	contexts: number,
): LimitedSearch {
	return { call: { ...call, body: { ...call.body, ...fields } }, tools, allowance: { uses, contexts } };
}
