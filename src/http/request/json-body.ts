import { GatewayError, invalidRequest } from "#core/errors";

/** Largest request body, in bytes. */
export const BODY_LIMIT = 10 * 1024 * 1024;
/** Deepest nesting of arrays and objects. */
export const DEPTH_LIMIT = 64;

/** Keeps nothing between whole texts, so one serves all. */
const UTF_8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * Reads a request body as JSON. A body of unknown length is counted while reading; the depth is checked before parsing. Throws `GatewayError`: 413 `request_too_large`, 400 for what is not JSON or nested too deeply.
 */
export async function readJson(request: Request): Promise<unknown> {
	const bytes = await readBytes(request);
	if (bytes.byteLength === 0) throw invalidRequest("the request body is empty; send JSON");
	checkDepth(bytes);
	const text = decode(bytes);
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

/** The same, but an empty object when there is no body: a client that sends none says so by its absence or by its length. */
export async function readOptionalJson(request: Request): Promise<unknown> {
	const empty = request.body === null || request.headers.get("content-length") === "0";
	return empty ? {} : readJson(request);
}

/** Reads a request body as text. Throws `GatewayError`: 413 `request_too_large`, 400 for what is not UTF-8. */
export async function readText(request: Request): Promise<string> {
	return decode(await readBytes(request));
}

function decode(bytes: Uint8Array): string {
	try {
		return UTF_8.decode(bytes);
	} catch {
		throw invalidRequest("the request body is not valid UTF-8");
	}
}

/** Reads a request body, counted while reading. Throws `GatewayError` 413 `request_too_large`. */
export async function readBytes(request: Request): Promise<Uint8Array> {
	const declared = request.headers.get("content-length");
	if (declared !== null) {
		if (!(Number(declared) <= BODY_LIMIT)) throw tooLarge();
		// The length frames the body, so it cannot be longer; the runtime reads it in one go, without a stream.
		const bytes = new Uint8Array(await request.arrayBuffer());
		if (bytes.byteLength > BODY_LIMIT) throw tooLarge();
		return bytes;
	}
	if (request.body === null) return new Uint8Array();
	const pieces: Uint8Array[] = [];
	let size = 0;
	const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		size += value.byteLength;
		if (size > BODY_LIMIT) {
			await reader.cancel();
			throw tooLarge();
		}
		pieces.push(value);
	}
	const [first] = pieces;
	if (pieces.length === 1 && first !== undefined) return first;
	const bytes = new Uint8Array(size);
	let offset = 0;
	for (const piece of pieces) {
		bytes.set(piece, offset);
		offset += piece.byteLength;
	}
	return bytes;
}

function tooLarge(): GatewayError {
	return GatewayError.of("request_too_large", `the request body is larger than ${BODY_LIMIT / 1024 / 1024} MiB`);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** In UTF-8 the bytes of brackets, quotes and backslashes occur in no other character, so bytes can be scanned as they are. */
function checkDepth(bytes: Uint8Array): void {
	if (hasFewOpenings(bytes)) return;
	let depth = 0;
	let inString = false;
	for (let i = 0; i < bytes.length; i++) {
		const byte = bytes[i] as number;
		if (inString) {
			if (byte === BACKSLASH) i++;
			else if (byte === QUOTE) inString = false;
		} else if (byte === QUOTE) inString = true;
		else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
			if (++depth > DEPTH_LIMIT) {
				throw invalidRequest(`the request body is nested more than ${DEPTH_LIMIT} levels deep`);
			}
		} else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth--;
	}
}

/** Most bodies open fewer arrays and objects than may be nested, and those few bytes are found without reading the rest. */
function hasFewOpenings(bytes: Uint8Array): boolean {
	let left = DEPTH_LIMIT;
	for (const opening of [OPEN_BRACKET, OPEN_BRACE]) {
		for (let at = bytes.indexOf(opening); at !== -1; at = bytes.indexOf(opening, at + 1)) {
			if (left-- === 0) return false;
		}
	}
	return true;
}
