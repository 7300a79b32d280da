// Keeps a Responses request as it came, for providers that speak Responses themselves.
import { foldedName } from "#core/chat/field-name";
import { isStateField } from "#core/chat/vendor-state";
import type { PassedRequest } from "#core/passed";
import { isOwnCargo } from "#faces/carried";
import { isNamedAsRead } from "#faces/named-as-read";
import { isObject, type JsonObject } from "#lib/json";
import { RequestSchema } from "./schema";
import { isCallersOwn } from "./tools";

/** What the gateway decides: which model, who serves, what is kept, and how the answer comes. */
const DECIDED: ReadonlySet<string> = new Set([
	"model",
	"models",
	"provider",
	"stream",
	"store",
	"background",
	"max_output_tokens",
]);
/** What has the vendor sample more than once for one limit: it is not held for. */
const HELD_BACK: ReadonlySet<string> = new Set(["contextmanagement"]);
/** Fields below the top that are read, or that decide what a request costs. */
const INNER =
	`arguments call_id content description detail effort encrypted_content file_data file_id file_url filename format
	id image_url mode name namespace output refusal role schema strict summary text type verbosity max_tokens
	max_completion_tokens n`.split(/\s+/);
const READ: ReadonlySet<string> = new Set(
	[...Object.keys(RequestSchema.entries), ...INNER].map(foldedName).concat(...HELD_BACK),
);

/** The longest id of an item or a call that OpenAI takes, in characters. */
const MAX_ID_CHARACTERS = 64;
const PICTURE = /^(?:https?:|data:image\/(?:png|jpeg|gif|webp);base64,)/;
/** Items that go back as they came; others are put otherwise, or stand for what no conversation has a form for. */
const ITEMS: ReadonlySet<unknown> = new Set([
	"message",
	"function_call",
	"function_call_output",
	"custom_tool_call",
	"custom_tool_call_output",
	"reasoning",
]);

/**
 * The request as it came, for a provider that speaks Responses; undefined where something in it has to be put
 * otherwise, or where its answer is kept, which the gateway writes itself then. `given` has no nulls at the top;
 * `providerNamed` gives the name of a provider whose own parameters a field holds.
 */
export function passedRequest(
	given: Record<string, unknown>,
	providerNamed: (field: string) => string | undefined,
): PassedRequest | undefined {
	// What is stored or goes on from what was is written by the gateway, under ids of its own.
	if (given.store === true || given.previous_response_id !== undefined) return undefined;
	const kept: [string, unknown][] = [];
	const ignored: string[] = [];
	for (const [name, value] of Object.entries(given)) {
		const isKnown = Object.hasOwn(RequestSchema.entries, name);
		if (DECIDED.has(name)) continue;
		const provider = isObject(value) && !isKnown ? providerNamed(name) : undefined;
		// Its own parameters are merged where the request is written anew.
		if (provider !== undefined) return undefined;
		if (!isKnown && isStateField(name)) return undefined;
		if (HELD_BACK.has(foldedName(name))) ignored.push(name);
		else if (name === "reasoning" && isObject(value) && "mode" in value) {
			// More than one line of thought may be billed for one answer.
			const { mode: _, ...reasoning } = value;
			ignored.push("reasoning.mode");
			kept.push([name, reasoning]);
		} else kept.push([name, value]);
	}
	// Not by assignment: a field called `__proto__` is the caller's like any other.
	const body = Object.fromEntries(kept) as JsonObject;
	if (!isNamedAsRead(body, READ) || !isWellFormed(body)) return undefined;
	return { face: "responses", body, unknown: {}, ignored };
}

/** Whether all that OpenAI is strict about is as it wants it, in a body that the schema has let pass. */
function isWellFormed({ input, tools, user, safety_identifier: identifier }: JsonObject): boolean {
	const calls = new Set<unknown>();
	const isItems = typeof input === "string" || (Array.isArray(input) && input.every((item) => isItem(item, calls)));
	const isTools = tools === undefined || (Array.isArray(tools) && tools.every(isTool));
	return isItems && isTools && [user, identifier].every((id) => id === undefined || isShort(id));
}

/** Whether models are told of a tool as it is declared: a namespace's have other names here. */
function isTool(tool: unknown): boolean {
	return isObject(tool) && tool.type !== "namespace" && !isCallersOwn(String(tool.type));
}

function isShort(id: unknown): boolean {
	return typeof id === "string" && id.length <= MAX_ID_CHARACTERS;
}

function isItem(item: unknown, calls: Set<unknown>): boolean {
	if (!isObject(item)) return false;
	const { type = item.role === undefined ? undefined : "message", id, namespace, call_id: call } = item;
	if (!ITEMS.has(type) || namespace != null || (id != null && !isShort(id))) return false;
	switch (type) {
		case "message":
			return isContent(item.content);
		case "reasoning":
			return typeof item.encrypted_content === "string" && isVendors(item.encrypted_content);
		case "function_call":
		case "custom_tool_call": {
			const isNew = isShort(call) && !calls.has(call);
			calls.add(call);
			return isNew && item.arguments !== "";
		}
		default:
			return calls.has(call) && isContent(item.output);
	}
}

function isVendors(encrypted: string): boolean {
	return encrypted !== "" && !isOwnCargo(encrypted);
}

function isContent(content: unknown): boolean {
	return typeof content === "string" || (Array.isArray(content) && content.every(isPart));
}

function isPart(part: unknown): boolean {
	if (!isObject(part)) return false;
	switch (part.type) {
		case "input_image":
			return typeof part.image_url === "string" && PICTURE.test(part.image_url);
		case "input_file":
			return part.file_data != null && part.file_url == null;
		default:
			return part.type !== "input_audio";
	}
}
