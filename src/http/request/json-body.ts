// Reads a request's body as JSON or text, within bounds of bytes, depth and keys.
import { type GatewayError, invalidRequest } from "#core/errors";
import { isObject } from "#lib/json";
import { JsonSource } from "#lib/json-source";
import { decodePieces } from "#lib/text-bytes";
import { MAX_BODY_BYTES, type Pieces, readPieces } from "./body";

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
/** The shortest key with its value and what parts it from the next, as in `"":1,`, in characters. */
const MIN_KEY_LENGTH = 5;

/**
 * Reads the body of a request that manages the gateway as JSON. A body of unknown length is counted while reading;
 * depth and keys are counted, of a long one before parsing. Throws `GatewayError`: 413 `request_too_large`, 400 for
 * what is not JSON, nested too deeply or has too many keys.
 */
export async function readJson(request: Request): Promise<unknown> {
	return jsonOf(await readPieces(request, { most: MAX_BODY_BYTES })).value;
}

/** JSON, and the text that it came as; null where it is no object. */
interface JsonText {
	readonly value: unknown;
	readonly source: JsonSource | null;
}

/**
 * The JSON of a body that was read, whose pieces are gone afterwards: of a large one no two copies shall be held.
 * Throws `GatewayError` 400.
 */
export function jsonOf(pieces: Pieces): JsonText {
	const bytes = sizeOf(pieces);
	if (bytes === 0) throw invalidRequest("the request body is empty; send JSON");
	const { text, value, keys } = bounded(decoded(pieces), bytes);
	return { value, source: isObject(value) ? new JsonSource(text, value, bytes, keys) : null };
}

/** Bytes that are at hand as JSON within the same bounds. Throws `GatewayError` 400. */
export function boundedJson(bytes: Uint8Array): unknown {
	return bounded(decoded([bytes]), bytes.byteLength).value;
}

/** A text of `bytes` bytes as JSON within the bounds, and how many keys that has. */
function bounded(text: string, bytes: number): { text: string; value: unknown; keys: number } {
	if (bytes > MAX_UNSCANNED_BYTES) checkShape(text);
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
	return decoded(await readPieces(request, { most: MAX_BODY_BYTES }));
}

function sizeOf(pieces: Pieces): number {
	return pieces.reduce((size, { byteLength }) => size + byteLength, 0);
}

function decoded(pieces: Pieces): string {
	const text = decodePieces(pieces);
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

/** The bounds of a text that is perhaps JSON, before anything is made of it. */
function checkShape(text: string): void {
	if (hasFewOpenings(text) && hasFewColons(text)) return;
	let depth = 0;
	let keys = 0;
	let inString = false;
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (inString) {
			if (code === BACKSLASH) i++;
			else if (code === QUOTE) inString = false;
		} else if (code === QUOTE) inString = true;
		else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
			if (++depth > DEPTH_LIMIT) throw tooDeep();
		} else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth--;
		else if (code === COLON && ++keys > MAX_KEYS) throw tooManyKeys();
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

/** Those few signs are found without reading the rest. */
function hasFewOpenings(text: string): boolean {
	return countsAtMost(text, ["[", "{"], MAX_UNSCANNED_OPENINGS);
}

/**
 * Most bodies are shorter than that many keys are. Colons stand in texts as well, so there may be fewer keys than
 * these.
 */
function hasFewColons(text: string): boolean {
	return text.length <= MAX_KEYS * MIN_KEY_LENGTH || countsAtMost(text, [":"], MAX_KEYS);
}

/** Whether some signs occur so often together, or less; found by the runtime's own search. */
function countsAtMost(text: string, wanted: readonly string[], most: number): boolean {
	let left = most;
	for (const each of wanted) {
		for (let at = text.indexOf(each); at !== -1; at = text.indexOf(each, at + 1)) {
			if (left-- === 0) return false;
		}
	}
	return true;
}
