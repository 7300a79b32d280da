/**
 * What of a request lives in the vendor's account: conversations, prompts, caches, files, containers, connectors. The
 * gateway sees a name and not what stands behind it, so its tokens cannot be counted; and teams share an account, so a
 * name that is known reaches what another team left there.
 */
import { isFileId } from "#core/files/file";
import { isObject, type JsonObject } from "#lib/json";
import type { ChatRequest, Message } from "./chat";
import { foldedName } from "./field-name";

/**
 * Fields at the top of a body that bring in what a vendor keeps or fetches by itself, without case and underscores.
 * OpenAI: `previous_response_id`, `conversation`, `prompt`, `background`; Anthropic: `container`, `mcp_servers`;
 * Gemini: `cachedContent`, `continuationToken`; OpenRouter: `plugins`, `preset`; Azure: `data_sources`.
 */
const STATE_FIELDS = new Set([
	"background",
	"cachedcontent",
	"container",
	"continuationtoken",
	"conversation",
	"datasources",
	"mcpservers",
	"plugins",
	"preset",
	"previousresponseid",
	"prompt",
]);
/** Names that mean something in the vendor's account wherever they stand, when they hold an id or a list of ids. */
const STATE_IDS = new Set(["cachedcontent", "containerid", "fileid", "fileids", "fileuri", "vectorstoreids"]);

/** Addresses of files that an account at Google keeps. */
const ACCOUNT_FILE = /^(?:gs:|https?:\/\/generativelanguage\.googleapis\.com[:/])/i;

/**
 * The first field of a request, as a path, that has the vendor keep something or draws on what it keeps; null when
 * there is none. Which provider would serve does not matter: what one leaves out another one reads.
 */
export function vendorStateOf({
	store,
	messages,
	extensions,
	providerExtensions,
	responses,
}: ChatRequest): string | null {
	if (store === true) return "store";
	for (const [index, message] of messages.entries()) {
		const found = stateInMessage(message);
		if (found !== null) return `messages[${index}].${found}`;
	}
	const field = stateField(extensions);
	if (field !== null) return field;
	const tool = responses === undefined ? null : stateId(responses.tools);
	if (tool !== null) return `tools${tool}`;
	for (const { item, param = "input" } of responses?.items ?? []) {
		const found = stateId(item);
		if (found !== null) return `${param}${found}`;
	}
	for (const provider in providerExtensions) {
		const native = providerExtensions[provider];
		if (native?.store === true) return `${provider}.store`;
		const found = native === undefined ? null : stateField(native);
		if (found !== null) return `${provider}.${found}`;
	}
	return null;
}

/**
 * Whether an encoded body draws on what its vendor keeps or fetches, its messages apart: their parts tell by
 * themselves.
 */
export function drawsOnState(body: JsonObject): boolean {
	return stateField(body) !== null;
}

/**
 * The first field of a body as its caller wrote it for a vendor, as a path, that has the vendor keep something or draws
 * on what it keeps; null when there is none.
 */
export function stateWithin({ prompt, ...fields }: JsonObject): string | null {
	if (fields.store === true) return "store";
	// A prompt that the vendor keeps is an object; a text is one by itself.
	const field = stateField(typeof prompt === "string" ? fields : { prompt: prompt ?? null, ...fields });
	if (field !== null) return field;
	for (const name of ["messages", "input", "contents", "system", "systemInstruction", "requests", "content"]) {
		const found = stateInWritten(fields[name]);
		if (found !== null) return `${name}${found}`;
	}
	return null;
}

/** What callers and models wrote to each other's functions, which no vendor reads. */
const ARGUMENTS = new Set(["args", "response", "arguments", "input", "output_schema"]);

function stateInWritten(value: unknown): string | null {
	if (Array.isArray(value)) {
		for (const [index, item] of value.entries()) {
			const found = stateInWritten(item);
			if (found !== null) return `[${index}]${found}`;
		}
		return null;
	}
	if (typeof value === "string") return ACCOUNT_FILE.test(value) ? "" : null;
	if (!isObject(value)) return null;
	if (value.type === "item_reference") return ".type";
	for (const name in value) {
		const held = value[name];
		if (STATE_IDS.has(foldedName(name)) && isId(held)) return `.${name}`;
		if (name === "audio" && isObject(held) && held.id !== undefined) return ".audio.id";
		if (ARGUMENTS.has(name) || name === "text" || typeof held === "boolean") continue;
		const found = NOT_LOOKED_INTO.has(name) ? null : stateInWritten(held);
		if (found !== null) return `.${name}${found}`;
	}
	return null;
}

/**
 * Where an id means nothing to a vendor or is looked for apart: messages, labels, and schemas, which may describe one.
 */
const NOT_LOOKED_INTO = new Set([
	"contents",
	"input",
	"input_schema",
	"json_schema",
	"messages",
	"metadata",
	"parameters",
	"parametersJsonSchema",
	"responseJsonSchema",
	"schema",
]);

function stateField(fields: JsonObject): string | null {
	for (const name in fields) {
		const value = fields[name];
		if (isStateField(name) && isAsked(withoutSearch(name, value))) return name;
		if (typeof value !== "object" || NOT_LOOKED_INTO.has(name)) continue;
		const found = stateId(value);
		if (found !== null) return `${name}${found}`;
	}
	return null;
}

/** What the names of ids begin with however they are written; others need not be looked up. */
const ID_PREFIX = /^[cfv_\-\u0080-\uffff]/i;

/**
 * Whether a field holds an id of the vendor's account, whatever it stands in. The gateway's own id of a file is none:
 * it means nothing to any vendor, and stands for a file of the caller's own team.
 */
export function isStateId(name: string, held: unknown): boolean {
	return ID_PREFIX.test(name) && STATE_IDS.has(foldedName(name)) && isId(held) && !isFileId(held);
}

/** Whether a field at the top of a body brings in what a vendor keeps or fetches by itself. */
export function isStateField(name: string): boolean {
	return STATE_FIELDS.has(foldedName(name));
}

/** The path within a value to an id of the vendor's account. What a schema describes is an object and no id. */
function stateId(value: unknown): string | null {
	if (Array.isArray(value)) {
		for (const [index, item] of value.entries()) {
			const found = stateId(item);
			if (found !== null) return `[${index}]${found}`;
		}
		return null;
	}
	if (!isObject(value)) return null;
	for (const name in value) {
		const held = value[name];
		if (isStateId(name, held)) return `.${name}`;
		const found = typeof held === "object" && !NOT_LOOKED_INTO.has(name) ? stateId(held) : null;
		if (found !== null) return `.${name}${found}`;
	}
	return null;
}

function stateInMessage(message: Message): string | null {
	if (message.role === "assistant" && message.audio !== undefined) return "audio.id";
	const { content } = message;
	if (!Array.isArray(content)) return null;
	for (const [index, part] of content.entries()) {
		if (part.type === "text") continue;
		const found = stateInPart(part);
		if (found !== null) return `content[${index}]${found}`;
	}
	return null;
}

/** Where the parts of a message have links. */
const LINKS = [
	["image_url", "url"],
	["video_url", "url"],
	["file", "file_url"],
] as const;

function stateInPart(part: object): string | null {
	const id = stateId(part);
	if (id !== null) return id;
	for (const [name, field] of LINKS) {
		const holder: unknown = Reflect.get(part, name);
		const link = isObject(holder) ? holder[field] : undefined;
		if (typeof link === "string" && ACCOUNT_FILE.test(link)) return `.${name}.${field}`;
	}
	return null;
}

function isId(value: unknown): boolean {
	return (
		(typeof value === "string" && value !== "") ||
		(Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string"))
	);
}

/** OpenRouter's plugins without the search of the web, which is a tool that keeps nothing (`vendor-tools.ts`). */
function withoutSearch(name: string, value: unknown): unknown {
	if (foldedName(name) !== "plugins" || !Array.isArray(value)) return value;
	return value.filter((plugin) => !isObject(plugin) || plugin.id !== "web");
}

/** Whether a field asks for anything. */
function isAsked(value: unknown): boolean {
	if (Array.isArray(value)) return value.length > 0;
	return value !== null && value !== undefined && value !== false && value !== "";
}
