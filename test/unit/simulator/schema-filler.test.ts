import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "#lib/json";
import { fill, Supply } from "#simulator/model/schema-filler";

const from = (prompt: string, schema: JsonObject) => fill(schema, new Supply(prompt));
const object = (properties: JsonObject, required = Object.keys(properties)): JsonObject => ({
	type: "object",
	properties,
	required,
});

describe("fill", () => {
	it("takes names, quotes and numbers from the prompt, in order", () => {
		const schema = object({
			city: { type: "string" },
			note: { type: "string" },
			days: { type: "integer" },
			limit: { type: "number" },
		});
		expect(from('What is the weather in New York for 3 days, "in brief", at most 7.5?', schema)).toEqual({
			city: "in brief",
			note: "New York",
			days: 3,
			limit: 7.5,
		});
	});

	it("falls back to the field's name and to one", () => {
		expect(from("go", object({ city: { type: "string" }, days: { type: "integer" } }))).toEqual({
			city: "city",
			days: 1,
		});
	});

	it("prefers the enum value that the prompt mentions", () => {
		const schema = object({ unit: { type: "string", enum: ["celsius", "fahrenheit"] } });
		expect(from("in Fahrenheit please", schema)).toEqual({ unit: "fahrenheit" });
		expect(from("please", schema)).toEqual({ unit: "celsius" });
	});

	it("follows references and ends in a schema that contains itself", () => {
		const node: JsonObject = object({
			name: { type: "string" },
			children: { type: "array", items: { $ref: "#/$defs/node" } },
		});
		const schema: JsonObject = { $ref: "#/$defs/node", $defs: { node } };
		expect(new Ajv2020().validate(schema, from("go", schema))).toBe(true);
		expect(from("go", { $ref: "#/$defs/loop", $defs: { loop: { $ref: "#/$defs/loop" } } })).toBe("value");
		expect(from("go", { $ref: "#/%E0%A4%A" })).toBe("value");
	});

	it("understands types in capitals and nullable unions", () => {
		expect(from("go", { type: "OBJECT", properties: { a: { type: "INTEGER" } } })).toEqual({ a: 1 });
		expect(
			from("go", object({ a: { anyOf: [{ type: "null" }, { type: "boolean" }] }, b: { type: ["null", "integer"] } })),
		).toEqual({
			a: true,
			b: 1,
		});
	});

	it("leaves out what is not required, unless nothing is", () => {
		const properties: JsonObject = { a: { type: "string" }, b: { type: "integer" } };
		expect(from("go", object(properties, ["b"]))).toEqual({ b: 1 });
		expect(from("go", object(properties, []))).toEqual({ a: "a", b: 1 });
	});

	it("fits any schema of the kinds that tools use", () => {
		const leaf = fc.oneof(
			fc.record({ type: fc.constant("string"), minLength: fc.nat(20), maxLength: fc.integer({ min: 20, max: 30 }) }),
			fc.constantFrom(
				{ type: "string", format: "date-time" },
				{ type: "string", format: "uuid" },
				{ type: "string", format: "email" },
			),
			fc.record({
				type: fc.constantFrom("integer", "number"),
				minimum: fc.integer({ min: -9, max: 9 }),
				maximum: fc.integer({ min: 9, max: 99 }),
			}),
			fc.record({ type: fc.constant("integer"), exclusiveMinimum: fc.integer({ min: -9, max: 9 }) }),
			fc.constantFrom<JsonObject>({ type: "boolean" }, { type: "null" }, { const: 5 }, { enum: ["a", 2, null] }),
		);
		const schema = fc.letrec<{ any: JsonObject; list: JsonObject; map: JsonObject; choice: JsonObject }>((tie) => ({
			any: fc.oneof({ maxDepth: 3 }, leaf as fc.Arbitrary<JsonObject>, tie("list"), tie("map"), tie("choice")),
			list: fc.record({
				type: fc.constant("array"),
				items: tie("any"),
				minItems: fc.nat(3),
			}) as fc.Arbitrary<JsonObject>,
			map: fc
				.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), tie("any"), { maxKeys: 4 })
				.map((properties) => ({ ...object(properties), additionalProperties: false })),
			choice: fc.record({ anyOf: fc.array(tie("any"), { minLength: 1, maxLength: 3 }) }) as fc.Arbitrary<JsonObject>,
		})).any;
		const ajv = new Ajv2020({ formats: { "date-time": /^\d{4}-\d\d-\d\dT/, uuid: /^[0-9a-f-]{36}$/, email: /@/ } });
		fc.assert(
			fc.property(schema, fc.lorem(), (given, prompt) => {
				const value = from(`${prompt} in Oslo for 12 days`, given);
				const isValid = ajv.validate(given, value);
				if (!isValid) throw new Error(`${JSON.stringify(value)}: ${ajv.errorsText()}`);
			}),
		);
	});

	it("survives schemas that are none", () => {
		const keyword = fc.constantFrom(
			..."type $ref $defs enum const anyOf allOf properties required items prefixItems minItems maxItems".split(" "),
			..."minimum exclusiveMaximum minLength maxLength format __proto__".split(" "),
		);
		const value = fc.oneof(
			fc.jsonValue(),
			fc.constantFrom("#/$defs/a", "#", "#/%E0%A4%A", "object", "array", ["null"], -1, 1e308),
		);
		const hostile = fc.letrec<{ schema: unknown }>((tie) => ({
			schema: fc.oneof({ maxDepth: 4 }, value, fc.dictionary(keyword, tie("schema")), fc.array(tie("schema"))),
		})).schema;
		fc.assert(
			fc.property(hostile, (schema) => {
				expect(() => JSON.stringify(fill(schema, new Supply("go")))).not.toThrow();
			}),
		);
	});
});
