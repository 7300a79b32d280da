// Reads a request's body as JSON within bounds of depth and keys.
import { type GatewayError, invalidRequest } from "#core/errors";
import { isObject } from "#lib/json";
import { JsonSource } from "#lib/json-source";
import { decodeUtf8 } from "#lib/text-bytes";
import { readBytes } from "./body-bytes";

/** Deepest nesting of arrays and objects. */
export const DEPTH_LIMIT = 64;
/**
 * The most keys in all objects of a body together. Reading costs per key, not per byte: 700,000 of them keep a
 * processor busy for seconds, and a conversation of thousands of messages has fewer than this.
 */
export const MAX_KEYS = 50_000;
/**
 * The gateway looks through a longer body before it parses it; of a shorter one it checks only the tree, which costs a
 * tenth. In bytes: no body of this size takes more than a tenth of a second to parse, or the memory of a large one.
 */
const MAX_UNSCANNED_BYTES = 512 * 1024;
/**
 * With no more brackets and braces the gateway parses a body before it looks how deep they are nested: as many as there
 * can be in a body that is not looked through at all.
 */
const MAX_UNSCANNED_OPENINGS = MAX_UNSCANNED_BYTES / 2;
/** The shortest key with its value and what parts it from the next, as in `"":1,`, in bytes. */
const MIN_KEY_BYTES = 5;

/**
 * Reads a request body as JSON. A body of unknown length is counted while reading; depth and keys are counted, of a
 * long one before parsing. Throws `GatewayError`: 413 `request_too_large`, 400 for what is not JSON, nested too deeply
 * or has too many keys.
 */
export async function readJson(request: Request): Promise<unknown> {
	return (await readJsonText(request)).value;
}

/** The same with the text that it came as; null where it is no object. */
export async function readJsonText(request: Request): Promise<{ value: unknown; source: JsonSource | null }> {
	const bytes = await readBytes(request);
	if (bytes.byteLength === 0) throw invalidRequest("the request body is empty; send JSON");
	const { text, value, keys } = bounded(bytes);
	return { value, source: isObject(value) ? new JsonSource(text, value, bytes.byteLength, keys) : null };
}

/** What `readJson` returns, of bytes that are at hand. */
export function boundedJson(bytes: Uint8Array): unknown {
	return bounded(bytes).value;
}

/** Bytes as JSON within the bounds, and how many keys that has. */
function bounded(bytes: Uint8Array): { text: string; value: unknown; keys: number } {
	if (bytes.byteLength > MAX_UNSCANNED_BYTES) checkShape(bytes);
	const text = decode(bytes);
	const value = parse(text);
	const check = new TreeCheck();
	check.visit(value, 0);
	return { text, value, keys: check.keys };
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		// V8 quotes the text around the error; only the position is safe and useful to repeat.
		const position = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
		throw invalidRequest(
			`the request body is not valid JSON${position === undefined ? "" : ` (at character ${position})`}`,
		);
	}
}

/**
 * The same, but an empty object when there is no body: a client that sends none says so by its absence or by its
 * length.
 */
export async function readOptionalJson(request: Request): Promise<unknown> {
	const empty = request.body === null || request.headers.get("content-length") === "0";
	return empty ? {} : readJson(request);
}

/** Reads a request body as text. Throws `GatewayError`: 413 `request_too_large`, 400 for what is not UTF-8. */
export async function readText(request: Request): Promise<string> {
	return decode(await readBytes(request));
}

function decode(bytes: Uint8Array): string {
	const text = decodeUtf8(bytes);
	if (text === null) throw invalidRequest("the request body is not valid UTF-8");
	return text;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** In UTF-8 the bytes looked for occur in no other character, so bytes can be scanned as they are. */
function checkShape(bytes: Uint8Array): void {
	if (hasFewOpenings(bytes) && hasFewColons(bytes)) return;
	let depth = 0;
	let keys = 0;
	let inString = false;
	for (let i = 0; i < bytes.length; i++) {
		const byte = bytes[i] as number;
		if (inString) {
			if (byte === BACKSLASH) i++;
			else if (byte === QUOTE) inString = false;
		} else if (byte === QUOTE) inString = true;
		else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
			if (++depth > DEPTH_LIMIT) throw tooDeep();
		} else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth--;
		else if (byte === COLON && ++keys > MAX_KEYS) throw tooManyKeys();
	}
}

/** The same bounds, for a tree that is parsed. */
class TreeCheck {
	/** Of all objects until now. */
	keys = 0;

	visit(value: unknown, depth: number): void {
		if (typeof value !== "object" || value === null) return;
		if (depth === DEPTH_LIMIT) throw tooDeep();
		if (Array.isArray(value)) {
			for (const item of value) this.visit(item, depth + 1);
			return;
		}
		for (const key in value) {
			if (++this.keys > MAX_KEYS) throw tooManyKeys();
			this.visit((value as Record<string, unknown>)[key], depth + 1);
		}
	}
}

function tooDeep(): GatewayError {
	return invalidRequest(`the request body is nested more than ${DEPTH_LIMIT} levels deep`);
}

function tooManyKeys(): GatewayError {
	return invalidRequest(`the objects of the request body have more than ${MAX_KEYS} keys together`);
}

/** Those few bytes are found without reading the rest. */
function hasFewOpenings(bytes: Uint8Array): boolean {
	return countsAtMost(bytes, [OPEN_BRACKET, OPEN_BRACE], MAX_UNSCANNED_OPENINGS);
}

/**
 * Most bodies are shorter than that many keys are. Colons stand in texts as well, so there may be fewer keys than
 * these.
 */
function hasFewColons(bytes: Uint8Array): boolean {
	return bytes.length <= MAX_KEYS * MIN_KEY_BYTES || countsAtMost(bytes, [COLON], MAX_KEYS);
}

/** Whether some bytes occur so often together, or less; found by the runtime's own search. */
function countsAtMost(bytes: Uint8Array, wanted: readonly number[], most: number): boolean {
	let left = most;
	for (const each of wanted) {
		for (let at = bytes.indexOf(each); at !== -1; at = bytes.indexOf(each, at + 1)) {
			if (left-- === 0) return false;
		}
	}
	return true;
}
