/**
 * Recognises in bytes the events that differ from one seen before in nothing but the values of certain fields. Most
 * events of a stream do, and need neither be decoded nor parsed to be told apart from the others.
 */
import type { VaryingFields } from "#providers/adapter";

const UTF_8 = new TextEncoder();
/** The most values of one event that may differ; the next words are in one or two. */
const MAX_VALUES = 16;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/** What is the same in all events that are like one, as bytes. */
export class EventTemplate {
	/** The bytes around the values that may differ. */
	readonly #literals: readonly Uint8Array[];
	/** What each of these values is, behind the literal of the same place. */
	readonly #areStrings: readonly boolean[];

	private constructor(literals: readonly Uint8Array[], areStrings: readonly boolean[]) {
		this.#literals = literals;
		this.#areStrings = areStrings;
	}

	/**
	 * What is the same in events like this one, as `eventText` writes it; null where no field of it varies, or too
	 * many do, or a text in it has no end. Within a string of JSON every quote is escaped, so no text can be taken for
	 * the name of a field.
	 */
	static of(event: string, { strings, counts = [] }: VaryingFields): EventTemplate | null {
		const names = [...strings.map((name) => `"${name}":"`), ...counts.map((name) => `"${name}":(?=\\d)`)];
		const literals: Uint8Array[] = [];
		const areStrings: boolean[] = [];
		let from = 0;
		for (const { 0: name, index } of event.matchAll(new RegExp(names.join("|"), "g"))) {
			const at = index + name.length;
			if (at < from) continue;
			const isString = name.endsWith('"');
			literals.push(UTF_8.encode(event.slice(from, at)));
			areStrings.push(isString);
			from = isString ? stringEnd(event, at) : at + (/^\d+/.exec(event.slice(at))?.[0].length ?? 0);
			// The gateway has not parsed the event, so a text in it may have no end.
			if (from >= event.length || literals.length > MAX_VALUES) return null;
		}
		if (literals.length === 0) return null;
		literals.push(UTF_8.encode(event.slice(from)));
		return new EventTemplate(literals, areStrings);
	}

	/** Where the events end that are like it and stand one after the other at the beginning of `bytes`; 0 for none. */
	run(bytes: Uint8Array): number {
		let end = 0;
		for (let next = this.#end(bytes, 0); next !== -1; next = this.#end(bytes, end)) end = next;
		return end;
	}

	/** Where the event ends that begins at `from`; -1 where it is not like this one, or not whole. */
	#end(bytes: Uint8Array, from: number): number {
		const values = this.#areStrings.length;
		let at = from;
		for (let place = 0; ; place++) {
			const literal = this.#literals[place] as Uint8Array;
			const { length } = literal;
			if (at + length > bytes.length) return -1;
			for (let i = 0; i < length; i++) if (bytes[at + i] !== literal[i]) return -1;
			at += length;
			if (place === values) return at;
			at = this.#areStrings[place] ? bytesOfStringEnd(bytes, at) : digitsEnd(bytes, at);
			if (at === -1) return -1;
		}
	}
}

/** Where the quote stands that ends the string whose text begins at `from`; behind the text where none does. */
function stringEnd(text: string, from: number): number {
	let at = from;
	while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
	return at;
}

/** The same in bytes; -1 where it does not end, or is none of JSON. */
function bytesOfStringEnd(bytes: Uint8Array, from: number): number {
	for (let at = from; at < bytes.length; at++) {
		const byte = bytes[at] as number;
		if (byte === QUOTE) return at;
		if (byte === BACKSLASH) at++;
		else if (byte < SPACE) return -1;
	}
	return -1;
}

function digitsEnd(bytes: Uint8Array, from: number): number {
	let at = from;
	while (at < bytes.length && (bytes[at] as number) >= DIGIT_0 && (bytes[at] as number) <= DIGIT_9) at++;
	return at === from ? -1 : at;
}
