import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_EVENT_LENGTH, type SseEvent, SseOverflow, SseParser } from "#lib/sse";
import { cases } from "#test/support/scale";

const utf8 = new TextEncoder();

function parse(chunks: Iterable<Uint8Array>): SseEvent[] {
	const parser = new SseParser();
	const events: SseEvent[] = [];
	for (const chunk of chunks) events.push(...parser.push(chunk));
	events.push(...parser.end());
	return events;
}

function* cut(bytes: Uint8Array, ...points: number[]): Generator<Uint8Array> {
	let from = 0;
	for (const point of [...points, bytes.length]) {
		yield bytes.subarray(from, point);
		from = point;
	}
}

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
	for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

/**
 * An independent parser, told the same things that we do on purpose: the bytes are UTF-8, and the end of the stream
 * ends the last line and the last event, although the standard drops an event without its blank line.
 */
function reference(bytes: Uint8Array): SseEvent[] {
	const events: SseEvent[] = [];
	const parser = createParser({ onEvent: ({ event, data }) => events.push({ event: event ?? "", data }) });
	parser.feed(new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(bytes));
	parser.feed("\n\n");
	return events;
}

interface Fixture {
	name: string;
	text: string;
	events: SseEvent[];
}

const message = (data: string, event = ""): SseEvent => ({ event, data });

const FIXTURES: Fixture[] = [
	{ name: "LF", text: "data: a\n\ndata: b\n\n", events: [message("a"), message("b")] },
	{ name: "CR", text: "data: a\r\rdata: b\r\r", events: [message("a"), message("b")] },
	{ name: "CRLF", text: "data: a\r\n\r\ndata: b\r\n\r\n", events: [message("a"), message("b")] },
	{
		name: "all line ends mixed",
		text: "data: a\r\n\ndata: b\r\r\ndata: c\n\r\n\r\rdata: d\n\r",
		events: [message("a"), message("b"), message("c"), message("d")],
	},
	{ name: "a byte order mark", text: "\uFEFFdata: a\n\n", events: [message("a")] },
	{ name: "only one byte order mark removed", text: "\uFEFF\uFEFFdata: a\n\ndata: b\n\n", events: [message("b")] },
	{ name: "comments", text: ": ping\n\n:\n: data: no\ndata: a\n: in between\ndata: b\n\n", events: [message("a\nb")] },
	{ name: "several data lines", text: "data: a\ndata:\ndata\ndata:  b\n\n", events: [message("a\n\n\n b")] },
	{ name: "empty data", text: "data\n\ndata:\n\ndata: \n\n", events: [message(""), message(""), message("")] },
	{
		name: "event names",
		text: "event: ping\n\ndata: a\n\nevent: x\nevent: y\ndata: b\n\nevent: z\nevent\ndata: c\n\ndata: d\nevent:e\n\n",
		events: [message("a"), message("b", "y"), message("c"), message("d", "e")],
	},
	{
		name: "fields that are not ours",
		text: "id: 7\nretry: 10\nfoo: bar\nDATA: no\n data: no\ndata : no\nbare\ndata: a\n\n",
		events: [message("a")],
	},
	{
		name: "colons in values",
		text: 'data:{"a":"b: c"}\n\ndata:: \n\n',
		events: [message('{"a":"b: c"}'), message(": ")],
	},
	{
		name: "two, three and four byte characters",
		text: "event: é€😀\ndata: é 漢字 😀\ndata: \u{10FFFF}\u07FF\uFFFD\n\n",
		events: [message("é 漢字 😀\n\u{10FFFF}\u07FF\uFFFD", "é€😀")],
	},
	{ name: "no final blank line", text: "data: a\n\nevent: x\ndata: b\n", events: [message("a"), message("b", "x")] },
	{ name: "no final line end", text: "data: a\n\ndata: [DONE]", events: [message("a"), message("[DONE]")] },
	{ name: "nothing but line ends", text: "\n\r\n\r\n\n\r", events: [] },
	{ name: "nothing", text: "", events: [] },
	{
		name: "a recorded stream",
		text: [
			": OPENROUTER PROCESSING",
			"",
			'data: {"id":"g","choices":[{"index":0,"delta":{"role":"assistant","content":"Grüße, 世界"}}]}',
			"",
			"event: content_block_delta",
			'data: {"type":"content_block_delta","delta":{"text":"🙂\\n"}}',
			"",
			"data: [DONE]",
			"",
			"",
		].join("\r\n"),
		events: [
			message('{"id":"g","choices":[{"index":0,"delta":{"role":"assistant","content":"Grüße, 世界"}}]}'),
			message('{"type":"content_block_delta","delta":{"text":"🙂\\n"}}', "content_block_delta"),
			message("[DONE]"),
		],
	},
];

describe.each(FIXTURES)("a stream with $name", ({ text, events }) => {
	const bytes = utf8.encode(text);

	it("gives the events that the standard gives", () => {
		expect(parse([bytes])).toEqual(events);
		expect(reference(bytes)).toEqual(events);
	});

	it("gives the same events wherever it is split", () => {
		for (let first = 0; first <= bytes.length; first++) {
			expect(parse(cut(bytes, first)), `split at ${first}`).toEqual(events);
		}
		expect(parse(pieces(bytes, 1)), "byte by byte").toEqual(events);
	});

	it("gives the same events wherever it is split twice", () => {
		expect(bytes.length).toBeLessThanOrEqual(300);
		const expected = JSON.stringify(events);
		for (let first = 0; first <= bytes.length; first++) {
			for (let second = first; second <= bytes.length; second++) {
				const actual = JSON.stringify(parse(cut(bytes, first, second)));
				if (actual !== expected) expect.fail(`split at ${first} and ${second}: ${actual}`);
			}
		}
	});
});

describe("SseParser", () => {
	it("hands out an event with the byte that completes it", () => {
		const parser = new SseParser();
		expect(parser.push(utf8.encode("data: a\r\n"))).toEqual([]);
		expect(parser.push(utf8.encode("\r"))).toEqual([message("a")]);
		expect(parser.push(utf8.encode("\ndata: b\r"))).toEqual([]);
		expect(parser.push(utf8.encode("\r"))).toEqual([message("b")]);
	});

	it("agrees with an independent parser on any stream, however it is split", () => {
		const lineEnd = fc.constantFrom("\n", "\r", "\r\n");
		const value = fc.oneof(
			fc.string({ unit: "binary", maxLength: 12 }),
			fc.constantFrom("", " ", "[DONE]", '{"a":1}', "漢字", "😀", "\0"),
		);
		const field = fc.constantFrom("data", "data", "data", "event", "id", "retry", "", "DATA", "other", " data");
		const line = fc.oneof(
			fc.tuple(field, fc.constantFrom(":", ": ", ":  ", ""), value).map((parts) => parts.join("")),
			fc.constant(""),
			fc.constant(""),
		);
		const text = fc
			.tuple(fc.constantFrom("", "", "\uFEFF"), fc.array(fc.tuple(line, lineEnd)), fc.oneof(line, fc.constant("")))
			.map(([mark, lines, last]) => mark + lines.map((parts) => parts.join("")).join("") + last);
		fc.assert(
			fc.property(text, fc.array(fc.nat(200), { maxLength: 6 }), (source, points) => {
				const bytes = utf8.encode(source);
				const splits = points.map((point) => Math.min(point, bytes.length)).sort((a, b) => a - b);
				const expected = reference(bytes);
				expect(parse(cut(bytes, ...splits))).toEqual(expected);
				expect(parse(pieces(bytes, 1))).toEqual(expected);
			}),
			{ numRuns: cases(3000) },
		);
	});

	it("never throws on arbitrary bytes, and reads them the same in one piece and in many", () => {
		const soup = fc.array(
			fc.oneof(
				fc.uint8Array({ maxLength: 8 }),
				fc.constantFrom("data: ", "event:", "\n", "\r", "\n\n").map((s) => utf8.encode(s)),
			),
			{ maxLength: 30 },
		);
		fc.assert(
			fc.property(soup, (parts) => {
				const bytes = new Uint8Array(parts.flatMap((part) => [...part]));
				const whole = parse([bytes]);
				expect(parse(parts)).toEqual(whole);
				expect(parse(pieces(bytes, 1))).toEqual(whole);
			}),
			{ numRuns: cases(3000) },
		);
	});

	it("takes an event as long as the limit, in pieces of any size", () => {
		const data = "x".repeat(MAX_EVENT_LENGTH - "data: ".length);
		const bytes = utf8.encode(`data: ${data}\n\n`);
		for (const size of [bytes.length, 65_536, 1000, 3]) {
			expect(parse(pieces(bytes, size)).map((event) => event.data.length)).toEqual([data.length]);
		}
	});
});

describe("an event of 64 MiB", () => {
	const MIB = 1 << 20;
	const filler = (byte: string, length: number) => new Uint8Array(length).fill(byte.charCodeAt(0));

	/** Feeds `head`, then `unit` again and again, and returns how many bytes went in until the parser refused. */
	function swallowed(head: string, unit: Uint8Array): number {
		const parser = new SseParser();
		parser.push(utf8.encode(head));
		for (let total = unit.length; total <= 64 * MIB; total += unit.length) {
			try {
				parser.push(unit);
			} catch (error) {
				expect(error).toBeInstanceOf(SseOverflow);
				return total;
			}
		}
		return Number.POSITIVE_INFINITY;
	}

	const chunk = 64 * 1024;
	const lines = (text: string) => utf8.encode(text.repeat(chunk / text.length));
	it.each([
		{ form: "one endless line", head: "data: ", unit: filler("x", chunk), kept: 1 },
		{ form: "an endless comment", head: ": ", unit: filler("x", chunk), kept: 1 },
		{ form: "an endless event name", head: "event: ", unit: filler("x", chunk), kept: 1 },
		{ form: "endless data lines", head: "", unit: lines("data: 012345678\n"), kept: 10 / 16 },
		{ form: "endless data lines ended by CR", head: "", unit: lines("data: 012345678\r"), kept: 10 / 16 },
		{ form: "data lines of one character", head: "", unit: lines("data: x\n"), kept: 2 / 8 },
	])("is refused as soon as what is kept of it passes the limit: $form", ({ head, unit, kept }) => {
		expect(swallowed(head, unit) * kept).toBeLessThanOrEqual(MAX_EVENT_LENGTH + 2 * chunk);
	});

	it.each(["data: ", "event: ", ": ", "other: ", ""])("is refused when it comes in one piece: %j", (head) => {
		const bytes = utf8.encode(`${head}${"x".repeat(64 * MIB)}\n\n`);
		expect(() => new SseParser().push(bytes)).toThrow(SseOverflow);
	});
});
