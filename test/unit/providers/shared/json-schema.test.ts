import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "#lib/json";
import { anthropicInputSchema, anthropicStrictSchema, geminiSchema } from "#providers/shared/json-schema";
import { refusalOf } from "#test/unit/providers/native";

const GEMINI = new Set([
	..."$id $defs $ref $anchor type format title description enum items prefixItems minItems maxItems".split(" "),
	..."minimum maximum anyOf oneOf properties additionalProperties required propertyOrdering".split(" "),
]);

/** Every schema node of a cleaned schema. */
function nodes(schema: Json | undefined): JsonObject[] {
	if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return [];
	const { properties, $defs, items, anyOf, prefixItems, additionalProperties, allOf } = schema;
	const records = [properties, $defs].flatMap((record) => Object.values((record ?? {}) as JsonObject));
	const lists = [anyOf, prefixItems, allOf].flatMap((list) => (list ?? []) as Json[]);
	return [schema, ...[...records, ...lists, items, additionalProperties].flatMap(nodes)];
}

describe("a schema for Gemini", () => {
	it("keeps what Gemini knows and drops what it refuses", () => {
		expect(
			geminiSchema({
				$schema: "https://json-schema.org/draft/2020-12/schema",
				type: "object",
				properties: {
					name: { type: "string", minLength: 1, pattern: "^a", description: "d" },
					tags: { type: "array", items: { type: "string" }, minItems: 1, uniqueItems: true },
					kind: { const: "x" },
					age: { type: "integer", exclusiveMinimum: 0, maximum: 150 },
				},
				required: ["name"],
				additionalProperties: false,
				patternProperties: { "^x": {} },
			}),
		).toEqual({
			type: "object",
			properties: {
				name: { type: "string", description: "d" },
				tags: { type: "array", items: { type: "string" }, minItems: 1 },
				kind: { enum: ["x"] },
				age: { type: "integer", minimum: 1, maximum: 150 },
			},
			required: ["name"],
			additionalProperties: false,
		});
	});

	it("says null by type, and booleans without an enum", () => {
		expect(geminiSchema({ type: "string", nullable: true })).toEqual({ type: ["string", "null"] });
		expect(geminiSchema({ enum: ["a", null] })).toEqual({ enum: ["a"], type: ["string", "null"] });
		expect(geminiSchema({ const: true })).toEqual({ type: "boolean" });
	});

	it("merges allOf and reads oneOf as anyOf", () => {
		expect(
			geminiSchema({
				type: "object",
				properties: { a: { type: "string" } },
				required: ["a"],
				allOf: [{ properties: { b: { oneOf: [{ type: "string" }, { type: "number" }] } }, required: ["b"] }],
			}),
		).toEqual({
			type: "object",
			properties: { a: { type: "string" }, b: { anyOf: [{ type: "string" }, { type: "number" }] } },
			required: ["a", "b"],
		});
	});

	it("merges what a lone allOf refers to, the way Pydantic writes it", () => {
		expect(
			geminiSchema({
				properties: { unit: { allOf: [{ $ref: "#/definitions/Unit" }], description: "d" } },
				definitions: { Unit: { enum: ["C", "F"], type: "string" } },
			}),
		).toMatchObject({ properties: { unit: { enum: ["C", "F"], type: "string", description: "d" } } });
	});

	it("keeps references alone and under $defs, wherever they pointed", () => {
		expect(
			geminiSchema({
				type: "object",
				definitions: { node: { type: "object", properties: { next: { $ref: "#/definitions/node" } } } },
				properties: {
					list: { $ref: "#/definitions/node", description: "lost beside a reference" },
					from: { type: "string", minLength: 3 },
					to: { $ref: "#/properties/from" },
					self: { $ref: "#" },
					foreign: { $ref: "https://example.org/schema" },
				},
			}),
		).toEqual({
			type: "object",
			properties: {
				list: { $ref: "#/$defs/node" },
				from: { type: "string" },
				to: { $ref: "#/$defs/shared_1" },
				self: { $ref: "#" },
				foreign: {},
			},
			$defs: {
				node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } },
				shared_1: { type: "string" },
			},
		});
	});

	it("stays small for references that would multiply when copied", () => {
		const properties: JsonObject = {};
		for (let i = 0; i < 40; i++) {
			const next = { $ref: `#/properties/p${i + 1}` };
			properties[`p${i}`] = { type: "object", properties: { left: next, right: next } };
		}
		properties.p40 = { type: "string" };
		expect(JSON.stringify(geminiSchema({ type: "object", properties })).length).toBeLessThan(20_000);
		const merged = JSON.stringify(properties).replaceAll(/\{"\$ref":"([^"]+)"\}/g, '{"allOf":[{"$ref":"$1"}]}');
		const copied = geminiSchema({ type: "object", properties: JSON.parse(merged) });
		expect(JSON.stringify(copied).length).toBeLessThan(100_000);
	});

	it("has only known keywords, whatever went in", () => {
		fc.assert(
			fc.property(schemasOfDepth(2), (schema) => {
				for (const node of nodes(geminiSchema(schema))) {
					expect(Object.keys(node).filter((key) => !GEMINI.has(key))).toEqual([]);
					if ("$ref" in node) expect(Object.keys(node).every((key) => key.startsWith("$"))).toBe(true);
				}
			}),
		);
	});
});

describe("a strict schema for Anthropic", () => {
	it("closes every object and tells in words what the grammar cannot hold", () => {
		expect(
			anthropicStrictSchema(
				{
					type: "object",
					properties: {
						mail: { type: "string", format: "email", maxLength: 50, description: "Where to write" },
						list: { type: "array", items: { type: "number", minimum: 0 }, minItems: 2 },
						kind: { oneOf: [{ const: "a" }, { const: "b" }] },
					},
					required: ["mail"],
				},
				"response_format",
			),
		).toEqual({
			type: "object",
			properties: {
				mail: { type: "string", format: "email", description: "Where to write\n(maxLength: 50)" },
				list: { type: "array", items: { type: "number", description: "(minimum: 0)" }, description: "(minItems: 2)" },
				kind: { anyOf: [{ const: "a" }, { const: "b" }] },
			},
			required: ["mail"],
			additionalProperties: false,
		});
	});

	it("refuses an object with open keys, which could only be empty", () => {
		const open = { type: "object", properties: { map: { type: "object", additionalProperties: { type: "string" } } } };
		expect(refusalOf(() => anthropicStrictSchema(open, "response_format"))).toBe(
			"unsupported_parameter response_format",
		);
	});
});

describe("a tool's parameters for Anthropic", () => {
	it("are an object", () => {
		expect(anthropicInputSchema({})).toEqual({ type: "object" });
	});

	it("lose a union at the top, not its properties", () => {
		const branch = (name: string) => ({
			properties: { kind: { type: "string" }, [name]: { type: "string" } },
			required: ["kind", name],
		});
		expect(anthropicInputSchema({ oneOf: [branch("a"), branch("b")] })).toEqual({
			type: "object",
			properties: { kind: { type: "string" }, a: { type: "string" }, b: { type: "string" } },
			required: ["kind"],
		});
		expect(anthropicInputSchema({ allOf: [branch("a"), branch("b")] })).toMatchObject({ required: ["kind", "a", "b"] });
	});
});

function schemasOfDepth(depth: number): fc.Arbitrary<JsonObject> {
	const odd = fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Json>;
	const inner = depth === 0 ? odd : schemasOfDepth(depth - 1);
	return fc.record(
		{
			type: fc.oneof(fc.constantFrom("object", "array", "string", "integer"), fc.constant(["string", "null"]), odd),
			properties: fc.oneof(fc.dictionary(fc.constantFrom("a", "b", "__proto__"), inner, { maxKeys: 2 }), odd),
			items: fc.oneof(inner, odd),
			anyOf: fc.oneof(fc.array(inner, { maxLength: 2 }), odd),
			allOf: fc.oneof(fc.array(inner, { maxLength: 2 }), odd),
			$ref: fc.oneof(fc.constantFrom("#", "#/properties/a", "#/$defs/x", "#/items", "nowhere"), odd),
			$defs: fc.oneof(fc.dictionary(fc.constantFrom("x", "y"), inner), odd),
			enum: fc.oneof(fc.array(odd), odd),
			const: odd,
			required: fc.array(fc.string()),
			additionalProperties: fc.oneof(fc.boolean(), inner, odd),
			minLength: fc.nat(),
			not: inner,
			nullable: odd,
		},
		{ requiredKeys: [] },
	) as fc.Arbitrary<JsonObject>;
}
