/**
 * An incremental parser for server-sent events, after the WHATWG HTML standard, section 9.2.6
 * ("Interpreting an event stream"), without reconnection fields.
 */
export interface SseEvent {
	/** The event's name; "" when the stream named none. */
	event: string;
	/** The data lines joined by newlines. */
	data: string;
}

const TERMINATOR = "[DONE]";
/** More of an event than this is no terminator with blanks around it, in characters. */
const MAX_TERMINATOR = 16;

/** Whether an event is the one with which OpenAI's protocols, and their imitators, end a stream. */
export function isTerminator({ data }: SseEvent): boolean {
	return data === TERMINATOR || (data.length <= MAX_TERMINATOR && data.trim() === TERMINATOR);
}

/** An event as it goes over the wire. */
export function eventText({ event, data }: SseEvent): string {
	const name = event === "" ? "" : `event: ${event}\n`;
	return `${name}data: ${data.includes("\n") ? data.replaceAll("\n", "\ndata: ") : data}\n\n`;
}

/** The data of events that `eventText` wrote one behind the other, each as it was. */
export function dataIn(events: string): string[] {
	const texts = events === "" ? [] : events.slice(0, -2).split("\n\n");
	return texts.map((text) => text.slice(text.indexOf("data: ") + 6).replaceAll("\ndata: ", "\n"));
}

/**
 * Longest event accepted, in UTF-16 units of one line plus the data before it; guards memory against an upstream that
 * never ends a line.
 */
export const MAX_EVENT_LENGTH = 1 << 20;

export class SseOverflow extends Error {
	constructor() {
		super(`server-sent event longer than ${MAX_EVENT_LENGTH} characters`);
		this.name = "SseOverflow";
	}
}

const LF = 10;
const CR = 13;
const BYTE_ORDER_MARK = 0xfeff;

export class SseParser {
	// Runtimes differ in how they strip a byte order mark that arrives in pieces, so it is done here.
	#decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
	#atStart = true;
	/** A line that has not ended yet. */
	#rest = "";
	/** The last chunk ended in CR: a leading LF belongs to it. */
	#afterCr = false;
	#event = "";
	#data: string | null = null;
	/** The last byte that came ended a line: no part of a character is left over. */
	#isBehindLine = false;

	/** Whether all that came are whole events, so that what comes next stands by itself. */
	get isBetweenEvents(): boolean {
		return this.#isBehindLine && this.#rest === "" && this.#data === null && this.#event === "";
	}

	/** Takes bytes split anywhere and returns the events they complete. Throws `SseOverflow`. */
	push(bytes: Uint8Array): SseEvent[] {
		if (bytes.length > 0) this.#isBehindLine = bytes[bytes.length - 1] === LF;
		return this.#lines(this.#decoder.decode(bytes, { stream: true }));
	}

	/** Returns the last event even when its blank line is missing: several servers close without one. */
	end(): SseEvent[] {
		const events = this.#lines(this.#decoder.decode());
		if (this.#rest !== "") this.#line(this.#rest, events);
		this.#rest = "";
		this.#dispatch(events);
		return events;
	}

	#lines(text: string): SseEvent[] {
		const events: SseEvent[] = [];
		let start = 0;
		if (this.#atStart && text.length > 0) {
			if (text.charCodeAt(0) === BYTE_ORDER_MARK) start = 1;
			this.#atStart = false;
		} else if (this.#afterCr && text.length > 0) {
			if (text.charCodeAt(0) === LF) start = 1;
			this.#afterCr = false;
		}
		// Looked up again only when passed, so that a chunk of many LF lines is scanned for CR once.
		let lf = text.indexOf("\n", start);
		let cr = text.indexOf("\r", start);
		for (;;) {
			if (lf !== -1 && lf < start) lf = text.indexOf("\n", start);
			if (cr !== -1 && cr < start) cr = text.indexOf("\r", start);
			const end = lf === -1 ? cr : cr === -1 ? lf : Math.min(lf, cr);
			if (end === -1) break;
			this.#line(this.#rest === "" ? text.slice(start, end) : this.#rest + text.slice(start, end), events);
			this.#rest = "";
			start = end + 1;
			if (text.charCodeAt(end) === CR) {
				if (start === text.length) this.#afterCr = true;
				else if (text.charCodeAt(start) === LF) start++;
			}
		}
		if (start < text.length) this.#rest += text.slice(start);
		if (this.#rest.length + (this.#data?.length ?? 0) > MAX_EVENT_LENGTH) throw new SseOverflow();
		return events;
	}

	#line(line: string, events: SseEvent[]): void {
		if (line === "") {
			this.#dispatch(events);
			return;
		}
		if (line.length + (this.#data?.length ?? 0) > MAX_EVENT_LENGTH) throw new SseOverflow();
		const colon = line.indexOf(":");
		if (colon === 0) return;
		const field = colon === -1 ? line : line.slice(0, colon);
		const from = colon === -1 ? line.length : line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1;
		const value = line.slice(from);
		if (field === "data") this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
		else if (field === "event") this.#event = value;
	}

	#dispatch(events: SseEvent[]): void {
		if (this.#data !== null) events.push({ event: this.#event, data: this.#data });
		this.#event = "";
		this.#data = null;
	}
}
