/** The text that JSON was parsed from, so that what nothing has changed is written again as it came. */
import type { JsonObject } from "./json";
import { byteLength } from "./text-bytes";

/** Where a value stands in its text, in UTF-16 units, and how many of these are white space between tokens. */
interface Span {
	readonly from: number;
	readonly to: number;
	readonly spaces: number;
}

/**
 * The text of a body with the tree that was parsed from it. It knows the text of each array and object that is a field
 * of the body, and of each that is an entry of such an array, by identity: of a changed copy it knows none. Nor of any
 * part of a body in which an object names a key twice: a server that reads that text may go by either.
 */
export class JsonSource {
	readonly #text: string;
	/** The tree. */
	readonly body: Record<string, unknown>;
	readonly #keys: number;
	readonly #isAscii: boolean;
	#parts: ReadonlySet<unknown> | null = null;
	#scanned: Scanned | null = null;

	/** `bytes` of the text in UTF-8, and `keys` that the objects of `body` have together, where they are known. */
	constructor(text: string, body: Record<string, unknown>, bytes = byteLength(text), keys = keysIn(body)) {
		this.#text = text;
		this.body = body;
		this.#keys = keys;
		this.#isAscii = bytes === text.length;
	}

	/** The text of a part of the body; null for what is none, or has changed. */
	textOf(part: unknown): string | null {
		const span = this.#spanOf(part);
		return span === undefined ? null : this.#text.slice(span.from, span.to);
	}

	/**
	 * The bytes of a part in UTF-8 without white space between tokens, which are no fewer than those of the same JSON
	 * written anew, and more where a character stands as an escape with its code: to look for these takes as long as half
	 * of a scan. Null for what is no part, and where numbers have exponents, which may be fewer.
	 */
	bytesOf(part: unknown): number | null {
		const span = this.#spanOf(part);
		if (span === undefined || this.#scan().hasExponent) return null;
		const { from, to, spaces } = span;
		return (this.#isAscii ? to - from : byteLength(this.#text.slice(from, to))) - spaces;
	}

	#spanOf(part: unknown): Span | undefined {
		this.#parts ??= partsOf(this.body);
		return this.#parts.has(part) ? this.#scan().spans.get(part) : undefined;
	}

	#scan(): Scanned {
		this.#scanned ??= scanned(this.#text, this.body, this.#keys);
		return this.#scanned;
	}
}

/** A body as JSON, its parts as they came where the source knows them. */
export function writeJson(body: JsonObject, source: JsonSource | undefined): string {
	if (source === undefined) return JSON.stringify(body);
	const anew: [name: string, value: unknown][] = [];
	let asItCame = "";
	for (const name of Object.keys(body)) {
		const value = body[name];
		const text = Array.isArray(value) ? listText(value, source) : source.textOf(value);
		if (text === null) anew.push([name, value]);
		else asItCame += `,${JSON.stringify(name)}:${text}`;
	}
	const rest = JSON.stringify(Object.fromEntries(anew)).slice(0, -1);
	return `${rest}${rest === "{" ? asItCame.slice(1) : asItCame}}`;
}

/** Null when no part of the list is known. */
function listText(list: readonly unknown[], source: JsonSource): string | null {
	const whole = source.textOf(list);
	if (whole !== null) return whole;
	const texts = list.map((entry) => source.textOf(entry));
	if (texts.every((text) => text === null)) return null;
	return `[${texts.map((text, at) => text ?? JSON.stringify(list[at]) ?? "null").join(",")}]`;
}

function keysIn(value: unknown): number {
	if (typeof value !== "object" || value === null) return 0;
	let keys = 0;
	if (Array.isArray(value)) {
		for (const item of value) keys += keysIn(item);
		return keys;
	}
	for (const key in value) keys += 1 + keysIn((value as Record<string, unknown>)[key]);
	return keys;
}

function partsOf(body: Record<string, unknown>): Set<unknown> {
	const parts = new Set<unknown>();
	for (const name in body) {
		const value = body[name];
		if (typeof value !== "object" || value === null) continue;
		parts.add(value);
		if (Array.isArray(value))
			for (const entry of value) if (typeof entry === "object" && entry !== null) parts.add(entry);
	}
	return parts;
}

interface Scanned {
	readonly spans: ReadonlyMap<unknown, Span>;
	/** Whether a number has one. */
	readonly hasExponent: boolean;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const BACKSLASH = 0x5c;
/** Either case of the letter before an exponent, but for the bit that tells them apart. */
const EXPONENT = 0x65;
const CASE_BIT = 0x20;

/**
 * Finds the parts in the text of a body that is known to be JSON. Strings are passed over by the runtime's own search,
 * so that only what stands between them is looked at.
 */
function scanned(text: string, body: Record<string, unknown>, keysOfBody: number): Scanned {
	const spans = new Map<unknown, Span>();
	const { length } = text;
	let depth = 0;
	let keys = 0;
	let spaces = 0;
	let hasExponent = false;
	/** The last string directly within the body, quotes included. */
	let nameFrom = 0;
	let nameTo = 0;
	let field: unknown;
	let fieldFrom = 0;
	let fieldSpaces = 0;
	let index = 0;
	let entryFrom = 0;
	let entrySpaces = 0;
	for (let at = 0; at < length; at++) {
		const code = text.charCodeAt(at);
		switch (code) {
			case QUOTE: {
				const end = stringEnd(text, at);
				if (depth === 1) {
					nameFrom = at;
					nameTo = end + 1;
				}
				at = end;
				break;
			}
			case COLON:
				keys++;
				if (depth === 1) field = body[JSON.parse(text.slice(nameFrom, nameTo))];
				break;
			case COMMA:
				if (depth === 2) index++;
				break;
			case OPEN_BRACKET:
			case OPEN_BRACE:
				depth++;
				if (depth === 2) {
					fieldFrom = at;
					fieldSpaces = spaces;
					index = 0;
				} else if (depth === 3) {
					entryFrom = at;
					entrySpaces = spaces;
				}
				break;
			case CLOSE_BRACKET:
			case CLOSE_BRACE:
				if (depth === 2) spans.set(field, { from: fieldFrom, to: at + 1, spaces: spaces - fieldSpaces });
				else if (depth === 3 && Array.isArray(field))
					spans.set(field[index], { from: entryFrom, to: at + 1, spaces: spaces - entrySpaces });
				depth--;
				break;
			default:
				if (code <= SPACE) spaces++;
				else if ((code | CASE_BIT) === EXPONENT) hasExponent ||= isDigit(text.charCodeAt(at - 1));
		}
	}
	return { spans: keys === keysOfBody ? spans : new Map(), hasExponent };
}

/** Where the quote stands that ends the string which begins at `start`. */
function stringEnd(text: string, start: number): number {
	let end = text.indexOf('"', start + 1);
	while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
	return end;
}

/** Whether a character has a backslash as an escape. In JSON they stand in strings alone. */
function isEscaped(text: string, at: number): boolean {
	let from = at;
	while (text.charCodeAt(from - 1) === BACKSLASH) from--;
	return (at - from) % 2 === 1;
}

function isDigit(code: number): boolean {
	return code >= DIGIT_0 && code <= DIGIT_9;
}
