import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesSchema } from "#lib/schema-match";
import { cases } from "#test/support/scale";

const SEED = -1312690694;

const NAMES = ["a", "b", "c"];
const bound = fc.integer({ min: -1, max: 4 });

/** Schemas made of what is looked at; `$ref` only to definitions, which may refer to one another. */
const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
	schema: fc.oneof(
		{ depthSize: "small", withCrossShrink: true },
		fc.boolean(),
		fc.record(
			{
				type: fc.oneof(
					fc.constantFrom("null", "boolean", "integer", "number", "string", "array", "object"),
					fc.uniqueArray(fc.constantFrom("null", "integer", "string", "object"), { minLength: 1 }),
				),
				enum: fc.uniqueArray(fc.constantFrom(null, 1, "x", true, "a"), { minLength: 1 }),
				minimum: bound,
				exclusiveMaximum: bound,
				minLength: fc.nat(2),
				maxLength: fc.nat(3),
				minItems: fc.nat(2),
				maxItems: fc.nat(3),
				minProperties: fc.nat(1),
				maxProperties: fc.nat(3),
			},
			{ requiredKeys: [] },
		),
		fc.record({ const: fc.constantFrom(null, 1, "x", [1], { a: 1 }) }),
		fc.record({ $ref: fc.constantFrom("#/$defs/a", "#/$defs/b") }),
		fc.record({ prefixItems: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }), items: tie("schema") }),
		fc.record(
			{
				properties: fc.dictionary(fc.constantFrom(...NAMES), tie("schema")),
				required: fc.uniqueArray(fc.constantFrom(...NAMES)),
				additionalProperties: tie("schema"),
			},
			{ requiredKeys: [] },
		),
		fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
		fc.record({ allOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
	),
}));

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
	value: fc.oneof(
		{ depthSize: "small" },
		fc.constantFrom(null, true, 0, 1, 1.5, -1, 4, "", "x", "a", "héé", "👍"),
		fc.array(tie("value"), { maxLength: 3 }),
		// No JSON is without a prototype, and ajv finds such an object unlike any other.
		fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { noNullPrototype: true }),
	),
}));

const values = fc.array(value, { minLength: 10, maxLength: 30 });

describe("matching a schema", () => {
	it("agrees with ajv on whatever is looked at", () => {
		const ajv = new Ajv2020({ strict: false, validateSchema: false, meta: false, addUsedSchema: false });
		const seen = { yes: 0, no: 0 };
		fc.assert(
			fc.property(schema, schema, schema, values, (root, a, b, given) => {
				if (typeof root === "boolean") return;
				const whole = { ...(root as object), $defs: { a, b } };
				for (const one of given) {
					let expected: boolean;
					try {
						expected = ajv.validate(whole, one);
					} catch (error) {
						// Definitions that only refer to one another say nothing, and ajv never ends.
						if (error instanceof RangeError) return;
						throw error;
					}
					seen[expected ? "yes" : "no"]++;
					expect(matchesSchema(one, whole)).toBe(expected);
				}
			}),
			{ numRuns: cases(300), seed: SEED },
		);
		expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(100);
	}, 120_000);

	it("follows a schema that refers to itself as deep as the value goes", () => {
		const list = { type: "object", properties: { next: { $ref: "#" } }, required: ["id"] };
		expect(matchesSchema({ id: 1, next: { id: 2 } }, list)).toBe(true);
		expect(matchesSchema({ id: 1, next: { next: { id: 3 } } }, list)).toBe(false);
	});

	it.each([
		["refers to itself without end", { $ref: "#" }],
		["refers elsewhere", { $ref: "https://example.com/schema" }],
		["refers to what is not there", { $ref: "#/$defs/none" }],
		["has a pattern", { type: "string", pattern: "^(a+)+$" }],
		["is none", 7],
	])("lets pass what a schema that %s does not say", (_, one) => {
		expect(matchesSchema("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", one)).toBe(true);
	});

	it("gives up on what would take too long", () => {
		const wide = { anyOf: Array.from({ length: 50 }, () => ({ items: { $ref: "#" }, type: "array" })) };
		let deep: unknown = [1];
		for (let i = 0; i < 20; i++) deep = [deep];
		expect(matchesSchema(deep, wide)).toBe(true);
	});

	it("is not led astray by names of prototypes", () => {
		expect(matchesSchema({}, { required: ["constructor"] })).toBe(false);
		expect(matchesSchema(JSON.parse('{"__proto__": 1}'), { additionalProperties: false })).toBe(false);
		expect(matchesSchema(1, { $ref: "#/constructor/name" })).toBe(true);
	});
});
