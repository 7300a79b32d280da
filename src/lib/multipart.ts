/**
 * Forms with files (`multipart/form-data`, RFC 7578) over bytes: reads a body that is at hand into its parts, and
 * writes parts as a body. No file is copied: the parts that are read are views of the body, and a body is written as
 * pieces.
 */
import { Buffer } from "node:buffer";
import { decodeUtf8 } from "./text-bytes";

/** One field of a form. */
export interface FormPart {
	readonly name: string;
	/** Absent for a field that is no file. */
	readonly fileName?: string;
	/** Its media type as written; absent where the sender names none. */
	readonly type?: string;
	/** What it holds. A text is in UTF-8. */
	readonly bytes: Uint8Array;
}

/** What is wrong with a form: `message` completes "the form ...". */
export class MultipartError extends Error {
	/** The field that it is about; null where it is about the whole form. */
	readonly field: string | null;

	constructor(message: string, field: string | null = null) {
		super(message);
		this.name = "MultipartError";
		this.field = field;
	}
}

/** The most parts of a form. The largest that OpenAI's API takes have a few dozen: sixteen pictures and settings. */
export const MAX_PARTS = 128;
/** The most bytes of one part's headers: a name, a file's name, a media type. */
export const MAX_PART_HEADERS_BYTES = 4 * 1024;
/** The longest name of a field, in bytes. */
export const MAX_FIELD_NAME_BYTES = 256;
/** The longest name of a file, in bytes: file systems have none that is longer. */
export const MAX_FILE_NAME_BYTES = 1024;
/** The longest media type, in characters. */
const MAX_TYPE_CHARACTERS = 255;

/** What a boundary may be, by RFC 2046: up to 70 characters, a space not last. */
const BOUNDARY = /^[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]$/;
const FORM = /^\s*multipart\/form-data\s*(?:;|$)/i;
/** A parameter of a header: a quoted text, or a token. */
const PARAMETER = /;\s*([\w!#$&^.*+-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g;
/** Encodings of a part that leave its bytes as they are. */
const AS_IT_IS: ReadonlySet<string> = new Set(["7bit", "8bit", "binary"]);

const CRLF = Buffer.from("\r\n");
const BLANK_LINE = Buffer.from("\r\n\r\n");
const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;
const SPACE = 0x20;
const TAB = 0x09;

/** Whether a `content-type` says that a body is a form with files. */
export function isForm(contentType: string): boolean {
	return FORM.test(contentType);
}

/** The boundary that a `content-type` names. Throws `MultipartError` where it names none, or one that cannot be. */
export function boundaryOf(contentType: string): string {
	if (contentType.length > MAX_TYPE_CHARACTERS) throw new MultipartError("has a `content-type` that is too long");
	const boundary = parametersOf(contentType).get("boundary");
	if (boundary === undefined) throw new MultipartError("has no boundary in its `content-type`");
	if (!BOUNDARY.test(boundary)) throw new MultipartError("has a boundary in its `content-type` that is not allowed");
	return boundary;
}

/** The parts of a form, in their order, as views of `body`. Throws `MultipartError`. */
export function readMultipart(body: Uint8Array, boundary: string): FormPart[] {
	const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
	const delimiters = new Delimiters(bytes, boundary);
	const parts: FormPart[] = [];
	let at = delimiters.first();
	while (!at.isLast) {
		if (parts.length === MAX_PARTS) throw new MultipartError(`has more than ${MAX_PARTS} fields`);
		const headersEnd = endOfHeaders(bytes, at.end);
		const next = delimiters.next(headersEnd);
		parts.push(partOf(bytes.toString("latin1", at.end, headersEnd), bytes.subarray(headersEnd + 2, next.start)));
		at = next;
	}
	return parts;
}

/** A line that parts the fields of a form: where it and the line break before it begin, and where it ends. */
interface Delimiter {
	readonly start: number;
	readonly end: number;
	/** Nothing but an epilogue follows it. */
	readonly isLast: boolean;
}

/** Finds the lines that part the fields, from the first to the last. */
class Delimiters {
	readonly #bytes: Buffer;
	/** With the line break before it, which belongs to it. */
	readonly #mark: Buffer;

	constructor(bytes: Buffer, boundary: string) {
		this.#bytes = bytes;
		this.#mark = Buffer.from(`\r\n--${boundary}`, "latin1");
	}

	/** At the very beginning no line break stands before it. */
	first(): Delimiter {
		const bare = this.#mark.subarray(CRLF.length);
		const isFirst = this.#bytes.subarray(0, bare.length).equals(bare);
		return (isFirst ? this.#lineAt(0, bare.length) : null) ?? this.next(0);
	}

	/** The next one, at or behind `from`. The boundary at the beginning of a longer line is a part's own text. */
	next(from: number): Delimiter {
		for (let at = from; ; at++) {
			at = this.#bytes.indexOf(this.#mark, at);
			if (at === -1) throw new MultipartError("is cut off, or has another boundary than its `content-type` says");
			const line = this.#lineAt(at, at + this.#mark.length);
			if (line !== null) return line;
		}
	}

	/** The line whose boundary ends at `end`; null where more than white space follows that. */
	#lineAt(start: number, end: number): Delimiter | null {
		const isLast = this.#bytes[end] === DASH && this.#bytes[end + 1] === DASH;
		let at = isLast ? end + 2 : end;
		while (this.#bytes[at] === SPACE || this.#bytes[at] === TAB) at++;
		if (isLast && at >= this.#bytes.length) return { start, end: at, isLast };
		if (this.#bytes[at] !== CR || this.#bytes[at + 1] !== LF) return null;
		return { start, end: at + 2, isLast };
	}
}

/** Where the line break begins that ends the last header of a part, of which at least one is needed. */
function endOfHeaders(bytes: Buffer, from: number): number {
	const window = bytes.subarray(from, from + MAX_PART_HEADERS_BYTES + BLANK_LINE.length);
	const end = window.indexOf(BLANK_LINE);
	if (end !== -1) return from + end + CRLF.length;
	const isCut = from + window.length === bytes.length;
	throw new MultipartError(isCut ? "is cut off in a field's headers" : "has a field whose headers are too long");
}

function partOf(headerText: string, bytes: Uint8Array): FormPart {
	const headers = headersOf(headerText);
	const disposition = headers.get("content-disposition") ?? "";
	if (!/^form-data\s*(?:;|$)/i.test(disposition))
		throw new MultipartError("has a part without `content-disposition: form-data`");
	const parameters = parametersOf(disposition);
	const name = textOf(parameters.get("name"), MAX_FIELD_NAME_BYTES, "the name of a field");
	if (name === undefined || name === "") throw new MultipartError("has a field without a name");
	const encoding = headers.get("content-transfer-encoding");
	if (encoding !== undefined && !AS_IT_IS.has(encoding.toLowerCase()))
		throw new MultipartError("has a field in a `content-transfer-encoding`, which forms do not have", name);
	const fileName =
		textOf(parameters.get("filename"), MAX_FILE_NAME_BYTES, "the name of a file", name) ??
		extendedOf(parameters.get("filename*"), name);
	const type = headers.get("content-type");
	if (type !== undefined && (type.length > MAX_TYPE_CHARACTERS || !/^[\x20-\x7e]*$/.test(type)))
		throw new MultipartError("has a field with a `content-type` that is none", name);
	return {
		name,
		...(fileName !== undefined && { fileName }),
		...(type !== undefined && type !== "" && { type }),
		bytes,
	};
}

/** Headers by lower-case name, their bytes as Latin-1. The first of a name counts. */
function headersOf(text: string): Map<string, string> {
	const headers = new Map<string, string>();
	for (const line of text.split("\r\n")) {
		if (line === "") continue;
		const colon = line.indexOf(":");
		if (colon < 1) throw new MultipartError("has a field with a line among its headers that is none");
		const name = line.slice(0, colon).trim().toLowerCase();
		if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
	}
	return headers;
}

/** Parameters of a header by lower-case name, without quotes. The first of a name counts. */
function parametersOf(header: string): Map<string, string> {
	const parameters = new Map<string, string>();
	for (const [, name = "", quotedText, token] of header.matchAll(PARAMETER)) {
		const key = name.toLowerCase();
		if (!parameters.has(key)) parameters.set(key, quotedText ?? token ?? "");
	}
	return parameters;
}

/** A name as browsers and SDKs write it: UTF-8, with three characters as escapes, or a backslash before a quote. */
function textOf(latin1: string | undefined, most: number, what: string, field: string | null = null) {
	if (latin1 === undefined) return undefined;
	if (latin1.length > most) throw new MultipartError(`has ${what} of more than ${most} bytes`, field);
	const text = decodeUtf8(Buffer.from(latin1, "latin1"));
	if (text === null) throw new MultipartError(`has ${what} that is not UTF-8`, field);
	return checked(
		text.replace(/\\(["\\])/g, "$1").replace(/%22|%0D|%0A/gi, (code) => decodeURIComponent(code)),
		what,
		field,
	);
}

/** A file's name in the older form of RFC 5987, as in `UTF-8''na%C3%AFve.wav`. */
function extendedOf(value: string | undefined, field: string): string | undefined {
	if (value === undefined) return undefined;
	const what = "the name of a file";
	if (value.length > MAX_FILE_NAME_BYTES)
		throw new MultipartError(`has ${what} of more than ${MAX_FILE_NAME_BYTES} bytes`, field);
	const encoded = /^utf-8'[\w-]*'([\x21-\x7e]*)$/i.exec(value)?.[1];
	try {
		if (encoded !== undefined) return checked(decodeURIComponent(encoded), what, field);
	} catch (error) {
		if (error instanceof MultipartError) throw error;
	}
	throw new MultipartError(`has ${what} that is not UTF-8`, field);
}

function checked(text: string, what: string, field: string | null): string {
	if (hasControls(text)) throw new MultipartError(`has ${what} with control characters`, field);
	return text;
}

function hasControls(text: string): boolean {
	return /\p{Cc}/u.test(text);
}

/** A form as it is written: its pieces one after another, files among them as they are. */
export interface WrittenForm {
	readonly contentType: string;
	/** Of all pieces, in bytes. */
	readonly length: number;
	readonly pieces: readonly Uint8Array[];
}

/**
 * Writes parts as a form. `boundary` must be one that no part can hold, as one made at random. Throws RangeError for a
 * boundary, a name or a type that would break the form.
 */
export function writeMultipart(parts: readonly FormPart[], boundary: string): WrittenForm {
	if (!BOUNDARY.test(boundary)) throw new RangeError("not a boundary");
	const pieces: Uint8Array[] = [];
	for (const part of parts) pieces.push(Buffer.from(headOf(part, boundary)), part.bytes, CRLF);
	pieces.push(Buffer.from(`--${boundary}--\r\n`));
	return {
		contentType: `multipart/form-data; boundary=${/^[\w-]+$/.test(boundary) ? boundary : `"${boundary}"`}`,
		length: pieces.reduce((sum, piece) => sum + piece.byteLength, 0),
		pieces,
	};
}

function headOf({ name, fileName, type }: FormPart, boundary: string): string {
	if (type !== undefined && hasControls(type)) throw new RangeError("not a media type");
	const file = fileName === undefined ? "" : `; filename="${escaped(fileName)}"`;
	const typed = type === undefined ? "" : `Content-Type: ${type}\r\n`;
	return `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"${file}\r\n${typed}\r\n`;
}

/** As browsers do it. What other readers would take for the end of a line or of the text is left out. */
function escaped(text: string): string {
	if (hasControls(text)) throw new RangeError("a name with control characters");
	return text.replace(/"/g, "%22").replace(/\\/g, "\\\\");
}
