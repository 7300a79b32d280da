/**
 * Marks what Anthropic shall cache of a prompt whose beginning came before. Writing to its cache costs more than not
 * caching at all, and pays when the same beginning comes again.
 */
import { isObject, type Json, type JsonObject } from "#lib/json";
import type { UpstreamCall } from "#providers/adapter";

/** How much of a prompt is to be cached. */
export interface CacheMarks {
	/** All of it, since its conversation goes on; else the tools and the system prompt alone. */
	readonly whole: boolean;
}

const MARK: JsonObject = { type: "ephemeral" };

/**
 * The call with its marks; the call itself where the protocol has none, where nothing can be marked, and where the
 * caller has set marks, and so decided it.
 */
export function withCacheMarks(call: UpstreamCall, { whole }: CacheMarks): UpstreamCall {
	if (call.path !== "/messages" || isMarked(call.body)) return call;
	const { system, tools, messages } = call.body;
	const marked: JsonObject = {};
	const markedSystem = markedContent(system);
	if (markedSystem !== null) marked.system = markedSystem;
	else if (Array.isArray(tools)) {
		const list = markedLast(tools);
		if (list !== null) marked.tools = list;
	}
	const last = Array.isArray(messages) ? messages.at(-1) : undefined;
	if (whole && Array.isArray(messages) && isObject(last)) {
		const content = markedContent(last.content as Json | undefined);
		if (content !== null) marked.messages = messages.with(-1, { ...(last as JsonObject), content });
	}
	return Object.keys(marked).length === 0 ? call : { ...call, body: { ...call.body, ...marked } };
}

/** A text, or a list of blocks, with the mark on its last block; null where there is none to mark. */
function markedContent(content: Json | undefined): Json | null {
	if (typeof content === "string") {
		return content.trim() === "" ? null : [{ type: "text", text: content, cache_control: MARK }];
	}
	return Array.isArray(content) ? markedLast(content) : null;
}

function markedLast(list: readonly Json[]): Json[] | null {
	const last = list.at(-1);
	return isObject(last) ? list.with(-1, { ...(last as JsonObject), cache_control: MARK }) : null;
}

/** Whether the caller has marked anything where marks may stand. */
function isMarked({ cache_control: own, system, tools, messages }: JsonObject): boolean {
	if (own !== undefined) return true;
	return [system, tools].some(hasMark) || (Array.isArray(messages) && messages.some(isMarkedMessage));
}

function isMarkedMessage(message: Json): boolean {
	return isObject(message) && hasMark(message.content as Json | undefined);
}

function hasMark(list: Json | undefined): boolean {
	return Array.isArray(list) && list.some((entry) => isObject(entry) && entry.cache_control !== undefined);
}
