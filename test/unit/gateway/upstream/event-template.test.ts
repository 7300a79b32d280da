import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventTemplate } from "#gateway/upstream/event-template";
import { eventText, SseParser } from "#lib/sse";

const UTF_8 = new TextEncoder();
const varying = { strings: ["content", "text"], counts: ["number"] };
const eventOf = (data: object) => eventText({ event: "", data: JSON.stringify(data) });
const run = (like: object, text: string) => EventTemplate.of(eventOf(like), varying)?.run(UTF_8.encode(text));

/** An event whose values stand between such as are the same in all of them. */
const said = (content: string, number = 1, finish: string | null = null) => ({
	id: "a",
	number,
	choices: [{ index: 0, delta: { content }, finish }],
});

describe("what events have in common", () => {
	it("recognises those that differ in nothing but the fields that may, however many come at once", () => {
		const texts = fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.nat()), { minLength: 1, maxLength: 5 });
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), texts, (first, others) => {
				const text = others.map(([content, number]) => eventOf(said(content, number))).join("");
				expect(run(said(first), text)).toBe(UTF_8.encode(text).length);
			}),
		);
	});

	it.each([
		["another value elsewhere", eventOf(said("x", 1, "stop"))],
		[
			"a number in place of a text",
			eventOf({ ...said("x"), choices: [{ index: 0, delta: { content: 1 }, finish: null }] }),
		],
		["a further field", eventOf({ ...said("x"), error: {} })],
		["a field between", eventOf({ id: "a", number: 1, usage: null, choices: said("x").choices })],
		["another name of its own", `event: error\n${eventOf(said("x"))}`],
		["a line that ends within it", eventOf(said("x")).replace('"x"', '"\n"')],
		["no blank line behind it", eventOf(said("x")).slice(0, -1)],
		["an end within a text", eventOf(said("x")).slice(0, 40)],
		["a comment before it", `: hi\n\n${eventOf(said("x"))}`],
	])("leaves to others what has %s, and what comes behind it", (_, other) => {
		const like = eventOf(said("y"));
		expect(run(said("z"), other)).toBe(0);
		expect(run(said("z"), `${like}${like}${other}${like}`)).toBe(2 * like.length);
	});

	it("takes for an event what a parser does, whatever bytes come", () => {
		const template = EventTemplate.of(eventOf(said("z")), varying);
		const whole = eventOf(said('a "b" \\ \u20ac')).repeat(2);
		fc.assert(
			fc.property(fc.nat(), fc.nat(255), fc.nat(), (place, byte, length) => {
				const bytes = UTF_8.encode(whole);
				bytes[place % bytes.length] = byte;
				const cut = bytes.subarray(0, length % (bytes.length + 1));
				const end = template?.run(cut) ?? 0;
				const text = new TextDecoder().decode(cut.subarray(0, end));
				expect(new SseParser().push(cut.subarray(0, end)).map(eventText).join("")).toBe(text);
			}),
		);
	});

	it("is nothing where a text has no end, which nobody has parsed", () => {
		expect(EventTemplate.of('data: {"content":"a\\"}\n\n', varying)).toBeNull();
		expect(EventTemplate.of('data: {"content":"a}\n\n', varying)).toBeNull();
	});

	it("is nothing where more fields vary than an event of a stream has", () => {
		const texts = (length: number) => Array.from({ length }, () => ({ text: "x" }));
		expect(EventTemplate.of(eventOf(texts(16)), varying)).not.toBeNull();
		expect(EventTemplate.of(eventOf(texts(17)), varying)).toBeNull();
	});

	it("is nothing where no field varies", () => {
		expect(EventTemplate.of(eventOf({ type: "ping" }), varying)).toBeNull();
	});
});
