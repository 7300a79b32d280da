import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { Messages, Tools } from "#faces/openai-chat/schema";
import { areUsualMessages, areUsualTools } from "#faces/openai-chat/usual";
import { cases } from "#test/support/scale";

const odd = fc.constantFrom<unknown>(null, 1, true, "", [], {}, ["x"], "text", { type: "text", text: "x" });
const usually = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
	fc.oneof({ weight: 30, arbitrary: value }, { weight: 1, arbitrary: odd });
const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
	fc.oneof({ weight: 10, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const text = usually(fc.string());
const name = usually(fc.string({ minLength: 1 }));

/** An object with some of these fields left out now and then, and with others added. */
function object(fields: Record<string, fc.Arbitrary<unknown>>, optional: Record<string, fc.Arbitrary<unknown>> = {}) {
	const extra = fc.constantFrom("cache_control", "strict", "__proto__", "constructor", "toString", "x");
	return fc
		.tuple(
			fc.record(fields, { noNullPrototype: true }),
			fc.record(optional, { requiredKeys: [], noNullPrototype: true }),
			rarely(fc.tuple(extra, odd)),
			rarely(fc.constantFrom(...Object.keys(fields), "x")),
		)
		.map(([required, some, more, missing]) => {
			const entries: [string, unknown][] = [...Object.entries(required), ...Object.entries(some)];
			return Object.fromEntries([...entries, ...(more === undefined ? [] : [more])].filter(([key]) => key !== missing));
		});
}

const textPart = object({ type: fc.constant("text"), text });
const part = fc.oneof(
	{ weight: 20, arbitrary: textPart },
	object({
		type: fc.constant("image_url"),
		image_url: object({ url: name }, { detail: fc.constantFrom("low", "huge") }),
	}),
	object({ type: fc.constant("file"), file: object({}, { file_data: text }) }),
	object({ type: fc.constant("refusal"), refusal: text }),
);
const content = usually(fc.oneof(fc.string(), fc.array(part, { maxLength: 3 })));
const call = object(
	{
		id: name,
		type: fc.constantFrom("function", "function", "function", "custom"),
		function: object({ name }, { arguments: text }),
	},
	{ custom: object({ name, input: text }), extra_content: odd },
);
const calls = usually(fc.array(call, { maxLength: 2 }));
const said = { content, refusal: text, name: text, tool_calls: calls, reasoning_content: text };
const message = fc.oneof(
	{ weight: 3, arbitrary: object({ role: fc.constantFrom("system", "developer", "user"), content }, { name: text }) },
	{ weight: 3, arbitrary: object({ role: fc.constant("assistant") }, said) },
	{ weight: 3, arbitrary: object({ role: fc.constant("tool"), tool_call_id: name, content }) },
	object(
		{ role: fc.constant("assistant") },
		{
			...said,
			audio: object({ id: name }),
			reasoning_details: fc.array(object({ type: text }), { maxLength: 2 }),
			images: fc.constantFrom<unknown>([], [{}], "x"),
		},
	),
	object({ role: fc.constantFrom("function", "toString", "x"), content }),
);
const tool = object({
	type: fc.constantFrom("function", "function", "function", "custom"),
	function: object(
		{ name },
		{ description: text, parameters: usually(fc.constant({})), strict: usually(fc.boolean()) },
	),
});

/** Holds what was recognised against the schema: it takes that, and takes nothing of it away. Returns how many were. */
function recognised(
	lists: fc.Arbitrary<unknown>,
	areUsual: (value: unknown) => boolean,
	schema: v.GenericSchema,
): { recognised: number; taken: number } {
	const count = { recognised: 0, taken: 0 };
	fc.assert(
		fc.property(lists, (list) => {
			const result = v.safeParse(schema, list);
			if (result.success) count.taken++;
			if (!areUsual(list)) return;
			count.recognised++;
			expect(result.success).toBe(true);
			expect(JSON.stringify(result.output)).toBe(reordered(list, result.output));
		}),
		{ numRuns: cases(3000) },
	);
	return count;
}

/** The JSON of a value with its fields in the order of another's. */
function reordered(value: unknown, like: unknown): string {
	return JSON.stringify(inOrderOf(value, like));
}

function inOrderOf(value: unknown, like: unknown): unknown {
	if (Array.isArray(value)) return value.map((item, at) => inOrderOf(item, (like as unknown[])[at]));
	if (typeof value !== "object" || value === null || typeof like !== "object" || like === null) return value;
	const names = [...new Set([...Object.keys(like), ...Object.keys(value)])].filter((field) =>
		Object.hasOwn(value, field),
	);
	const of = (from: object, field: string): unknown => Object.getOwnPropertyDescriptor(from, field)?.value;
	return Object.fromEntries(names.map((field) => [field, inOrderOf(of(value, field), of(like, field))]));
}

describe("what is recognised without the schema", () => {
	it("is what the schema takes, and changes nothing of: messages", () => {
		const lists = usually(fc.array(message, { maxLength: 4 }));
		const { recognised: found, taken } = recognised(lists, areUsualMessages, Messages);
		// Neither side decides alone: most that are taken are recognised, and some are not.
		expect(found).toBeGreaterThan(cases(3000) / 20);
		expect(taken).toBeGreaterThan(found);
	});

	it("is what the schema takes, and changes nothing of: tools", () => {
		const { recognised: found, taken } = recognised(usually(fc.array(tool, { maxLength: 4 })), areUsualTools, Tools);
		expect(found).toBeGreaterThan(cases(3000) / 20);
		expect(taken).toBeGreaterThan(found);
	});

	it("is nearly all that clients send", () => {
		const turns = [
			{ role: "system", content: "Be brief." },
			{ role: "user", content: [{ type: "text", text: "Hi", cache_control: { type: "ephemeral" } }], name: "ann" },
			{ role: "user", content: [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }] },
			{ role: "assistant", tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }] },
			{ role: "tool", tool_call_id: "c", content: "1" },
		];
		for (const turn of turns) expect(areUsualMessages([turn]), JSON.stringify(turn)).toBe(true);
		expect(areUsualMessages([])).toBe(false);
		expect(areUsualTools([{ type: "function", function: { name: "f", parameters: { type: "object" } } }])).toBe(true);
		expect(areUsualTools(Array.from({ length: 1025 }, () => ({ type: "function", function: { name: "f" } })))).toBe(
			false,
		);
	});
});
