import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "#lib/json";
import { JsonSource, writeJson } from "#lib/json-source";
import { byteLength } from "#lib/text-bytes";
import { cases } from "#test/support/scale";

function read(text: string): { body: JsonObject; source: JsonSource } {
	const body: JsonObject = JSON.parse(text);
	return { body, source: new JsonSource(text, body) };
}

/** JSON text of a value with white space between its tokens. */
function spaced(value: unknown, space: string): string {
	return JSON.stringify(value, null, space);
}

const words = fc.oneof(
	fc.string({ unit: "binary" }),
	fc.string({ unit: fc.constantFrom('"', "\\", "{", "]", ":", ",", "e", "1", "\n", "é", "字") }),
);
const bodies = fc.dictionary(words, fc.jsonValue({ depthSize: "medium" }), { maxKeys: 6 });
const spaces = fc.constantFrom("", " ", "\t", "  ");

describe("the text of a body", () => {
	it("knows of each part what it was parsed from, whatever stands around it", () => {
		fc.assert(
			fc.property(bodies, spaces, (value, space) => {
				const { body, source } = read(spaced(value, space));
				for (const part of Object.values(body)) {
					if (typeof part !== "object" || part === null) expect(source.textOf(part)).toBeNull();
					else expect(JSON.parse(source.textOf(part) ?? "")).toEqual(part);
					if (!Array.isArray(part)) continue;
					for (const entry of part) {
						if (typeof entry === "object" && entry !== null)
							expect(JSON.parse(source.textOf(entry) ?? "")).toEqual(entry);
					}
				}
			}),
			{ numRuns: cases(300) },
		);
	});

	it("counts the bytes of a part without the white space around its tokens, or says that it cannot", () => {
		fc.assert(
			fc.property(bodies, spaces, (value, space) => {
				const { body, source } = read(spaced(value, space));
				for (const part of Object.values(body)) {
					const bytes = source.bytesOf(part);
					if (bytes !== null) expect(bytes).toBe(byteLength(JSON.stringify(part)));
				}
			}),
			{ numRuns: cases(300) },
		);
		const { body, source } = read('{"plain":[ "gros\\"s é" , 1.5 ],"é":{}}');
		expect(source.bytesOf(body.plain)).toBe(byteLength('["gros\\"s é",1.5]'));
		const escaped = read('{"a":["\\u4e2d"]}');
		expect(escaped.source.bytesOf(escaped.body.a)).toBe('["\\u4e2d"]'.length);
		for (const text of ['{"a":[1e20]}', '{"a":[1.5E+3]}']) {
			const other = read(text);
			expect(other.source.textOf(other.body.a), text).not.toBeNull();
			expect(other.source.bytesOf(other.body.a), text).toBeNull();
		}
		expect(read('{"a":["1e20",true,false]}').source.textOf({})).toBeNull();
	});

	it("knows nothing of a changed copy, nor of a body that names a key twice at any depth", () => {
		const { body, source } = read('{"a":[{"b":1}]}');
		expect(source.textOf([...(body.a as unknown[])])).toBeNull();
		for (const text of [
			'{"a":[{"b":1,"b":2}]}',
			'{"a":[1],"a":[2]}',
			'{"c":{"d":{"x":1,"\\u0078":2}},"a":[1]}',
			'{"a":[1],"c":"x","c":"y"}',
		]) {
			const twice = read(text);
			expect(twice.source.textOf(twice.body.a), text).toBeNull();
		}
	});
});

describe("a body that is written", () => {
	it("means the same, with every part that has not changed as it came", () => {
		fc.assert(
			fc.property(bodies, spaces, fc.dictionary(words, fc.jsonValue(), { maxKeys: 3 }), (value, space, more) => {
				const { body, source } = read(spaced(value, space));
				const entries = Object.entries(body).map(([name, part], at): [string, JsonObject[string]] => [
					name,
					// Every other list has its entries in a list of its own.
					Array.isArray(part) && at % 2 === 0 ? [...part, { added: true }] : part,
				]);
				const sent = Object.fromEntries([...entries, ...(Object.entries(more) as typeof entries)]);
				const text = writeJson(sent, source);
				expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(sent)));
				for (const [name, part] of Object.entries(sent)) {
					if (part !== body[name] || typeof part !== "object" || part === null) continue;
					expect(text).toContain(source.textOf(part));
				}
			}),
			{ numRuns: cases(300) },
		);
	});

	it("keeps what a parser loses: large numbers, how they are written, and white space", () => {
		const { body, source } = read('{ "model":"m", "tools":[ { "n": 12345678901234567890, "x":1.0 } ], "n":1 }');
		expect(writeJson({ ...body, model: "other" }, source)).toBe(
			'{"model":"other","n":1,"tools":[ { "n": 12345678901234567890, "x":1.0 } ]}',
		);
		const [tool] = body.tools as JsonObject[];
		expect(writeJson({ tools: [{ a: 1 }, tool as JsonObject] }, source)).toBe(
			'{"tools":[{"a":1},{ "n": 12345678901234567890, "x":1.0 }]}',
		);
	});

	it("leaves out what is no JSON, as the runtime does", () => {
		const body = { a: undefined, b: [undefined, 1] } as unknown as JsonObject;
		expect(writeJson(body, read("{}").source)).toBe(JSON.stringify(body));
	});
});
