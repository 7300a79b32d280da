// Keeps a Messages request as it came, for providers that speak Messages themselves.
import { foldedName } from "#core/chat/field-name";
import { isStateField } from "#core/chat/vendor-state";
import type { PassedRequest } from "#core/passed";
import { isOwnCargo } from "#faces/carried";
import { isNamedAsRead } from "#faces/named-as-read";
import { isObject, type JsonObject } from "#lib/json";
import { KNOWN_FIELDS } from "./schema";

/** What the gateway decides: which model, who serves, and whether it streams. */
const DECIDED: ReadonlySet<string> = new Set(["model", "models", "provider", "stream", "max_tokens"]);
/** What the price hangs on, or what has the vendor sample more than once for one limit: none of it is held for. */
const HELD_BACK: ReadonlySet<string> = new Set(["fallbacks", "inferencegeo", "speed"]);
/** Fields below the top that are read, or that decide what a request costs. */
const INNER =
	`budget_tokens cache_control citations content context data disable_parallel_tool_use display effort enabled
	file_id format id input input_schema is_error max_uses media_type name role schema signature source strict text
	title tool_use_id ttl type url user_id`.split(/\s+/);
const READ: ReadonlySet<string> = new Set([...KNOWN_FIELDS, ...INNER].map(foldedName));

const CALL_ID = /^[a-zA-Z0-9_-]+$/;
const PICTURES: ReadonlySet<unknown> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/**
 * The request as it came, for a provider that speaks Messages; undefined where something in it
 * has to be put otherwise. `providerNamed` gives the name of a provider whose own parameters a field holds.
 */
export function passedRequest(
	body: Record<string, unknown>,
	providerNamed: (field: string) => string | undefined,
): PassedRequest | undefined {
	const kept: [string, unknown][] = [];
	const unknown: [string, unknown][] = [];
	const ignored: string[] = [];
	for (const [name, value] of Object.entries(body)) {
		if (value === null || DECIDED.has(name)) continue;
		if (KNOWN_FIELDS.has(name)) {
			kept.push([name, value]);
			continue;
		}
		const provider = isObject(value) ? providerNamed(name) : undefined;
		// Its own parameters are merged where the request is written anew.
		if (provider === "anthropic") return undefined;
		if (provider !== undefined) continue;
		const isHeldBack = HELD_BACK.has(foldedName(name)) || isStateField(name);
		if (isHeldBack || !isNamedAsRead({ [name]: value }, READ)) ignored.push(name);
		else unknown.push([name, value]);
	}
	const passed = Object.fromEntries(kept) as JsonObject;
	if (!isNamedAsRead(passed, READ) || !isWellFormed(passed)) return undefined;
	return { face: "messages", body: passed, unknown: Object.fromEntries(unknown) as JsonObject, ignored };
}

/** Whether all that Anthropic is strict about is as it wants it, in a body that the schema has let pass. */
function isWellFormed({ messages, system, tools, stop_sequences: stops, output_format: format }: JsonObject): boolean {
	if (format !== undefined || !Array.isArray(messages)) return false;
	if (!isSaidBy("user", messages[0]) || !isSaidBy("user", messages.at(-1))) return false;
	if (Array.isArray(stops) && !stops.every((stop) => typeof stop === "string" && stop.trim() !== "")) return false;
	if (Array.isArray(tools) && !tools.every(isTool)) return false;
	const calls = new Set<unknown>();
	const isTurn = (turn: unknown) => isObject(turn) && turn.role !== "system" && isShown(turn.content ?? "", calls);
	return (
		(system === undefined || isShown(system, calls)) && messages.every(isTurn) && (calls.size === 0 || isFilled(tools))
	);
}

function isSaidBy(role: string, turn: unknown): boolean {
	return isObject(turn) && turn.role === role;
}

/** Whether a tool of the caller's says that it takes an object; what the vendor defines is its own. */
function isTool(tool: unknown): boolean {
	return isObject(tool) && (!isObject(tool.input_schema) || tool.input_schema.type === "object");
}

function isFilled(list: unknown): boolean {
	return Array.isArray(list) && list.length > 0;
}

/** Whether a text or blocks can go out as they are. */
function isShown(content: unknown, calls: Set<unknown>): boolean {
	if (typeof content === "string") return content.trim() !== "";
	return Array.isArray(content) && content.length > 0 && content.every((one) => isBlock(one, calls));
}

function isBlock(block: unknown, calls: Set<unknown>): boolean {
	if (!isObject(block)) return false;
	switch (block.type) {
		case "text":
			return typeof block.text === "string" && block.text.trim() !== "";
		case "thinking":
			return typeof block.signature === "string" && block.signature !== "" && !isOwnCargo(block.signature);
		case "redacted_thinking":
			return typeof block.data === "string" && !isOwnCargo(block.data);
		case "tool_use": {
			const { id } = block;
			const isNew = typeof id === "string" && CALL_ID.test(id) && !calls.has(id);
			calls.add(id);
			return isNew && block.input !== undefined;
		}
		case "tool_result":
			return calls.has(block.tool_use_id) && (block.content == null || isResult(block.content, calls));
		case "image":
			return isPicture(block.source);
		default:
			return true;
	}
}

/** A result may be empty. */
function isResult(content: unknown, calls: Set<unknown>): boolean {
	return content === "" || (Array.isArray(content) && content.length === 0) || isShown(content, calls);
}

function isPicture(source: unknown): boolean {
	return isObject(source) && (source.type !== "base64" || PICTURES.has(source.media_type));
}
