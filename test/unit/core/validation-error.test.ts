import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import { validationError } from "#core/validation-error";

/** What the caller is told of a value that a schema refuses. */
function told(schema: v.GenericSchema, input: unknown): string {
	const result = v.safeParse(schema, input, { abortEarly: true });
	if (result.success) throw new Error("the schema takes it");
	const error = validationError(result.issues[0]);
	expect(error).toBeInstanceOf(GatewayError);
	expect(error.details).toMatchObject({ status: 400, code: "invalid_request" });
	return error.message.replace("[gateway] ", "");
}

const field = (schema: v.GenericSchema, input: unknown): string => told(v.object({ f: schema }), { f: input });

describe("what a validator says", () => {
	it.each<[string, v.GenericSchema, unknown, string]>([
		["a string", v.string(), 5, '`f` must be a string, such as "text"; it is 5'],
		["a number", v.number(), "5", "`f` must be a number, such as 1; it is a string of 1 character"],
		["a number that is none", v.number(), null, "`f` must be a number, such as 1; it is null"],
		["a boolean", v.boolean(), "", "`f` must be true or false; it is an empty string"],
		["an array", v.array(v.string()), { a: 1 }, "`f` must be an array, such as [...]; it is an object"],
		["an object", v.object({}), "{}", "`f` must be an object, such as {...}; it is a string of 2 characters"],
		["a strict object", v.strictObject({}), false, "`f` must be an object, such as {...}; it is false"],
		["a loose object", v.looseObject({}), true, "`f` must be an object, such as {...}; it is true"],
		["a record", v.record(v.string(), v.string()), 1, "`f` must be an object, such as {...}; it is 1"],
		["a tuple", v.tuple([v.number()]), 1, "`f` must be an array, such as [...]; it is 1"],
		["a string, not several", v.string(), ["x"], '`f` must be a string, such as "text"; it is an array of 1 entry'],
		["a string, not none", v.string(), [], '`f` must be a string, such as "text"; it is an empty array'],
		["a literal", v.literal("usd"), "eur", '`f` must be "usd"; it is a string of 3 characters'],
		["a choice", v.picklist(["a", "b"]), "c", '`f` must be one of "a", "b"; it is a string of 1 character'],
		["null or a string", v.nullable(v.string()), 1, '`f` must be a string, such as "text"; it is 1'],
		[
			"one of two types",
			v.union([v.string(), v.array(v.string())]),
			1,
			'`f` must be a string, such as "text", or an array, such as [...]; it is 1',
		],
		["one of two values", v.union([v.literal("a"), v.literal(1)]), 2, '`f` must be one of "a", 1; it is 2'],
		["text", v.pipe(v.string(), v.minLength(1)), "", "`f` must not be empty"],
		["entries", v.pipe(v.array(v.number()), v.minLength(1)), [], "`f` must not be empty"],
		["long text", v.pipe(v.string(), v.minLength(3)), "x", "`f` must have at least 3 characters; it has 1"],
		["short text", v.pipe(v.string(), v.maxLength(2)), "xxx", "`f` must have at most 2 characters; it has 3"],
		["few entries", v.pipe(v.array(v.number()), v.maxLength(1)), [1, 2], "`f` must have at most 1 entry; it has 2"],
		["few bytes", v.pipe(v.string(), v.maxBytes(2)), "é€", "`f` must have at most 2 bytes in UTF-8"],
		["a least number", v.pipe(v.number(), v.minValue(1)), 0, "`f` must be 1 or more; it is 0"],
		["a greater number", v.pipe(v.number(), v.gtValue(0)), 0, "`f` must be more than 0; it is 0"],
		["a greatest number", v.pipe(v.number(), v.maxValue(2)), 2.5, "`f` must be 2 or less; it is 2.5"],
		["a whole number", v.pipe(v.number(), v.integer()), 1.5, "`f` must be a whole number, such as 1; it is 1.5"],
		[
			"a safe number",
			v.pipe(v.number(), v.safeInteger()),
			1e300,
			"`f` must be a whole number, such as 1; it is 1e+300",
		],
		[
			"a day",
			v.pipe(v.string(), v.isoDate()),
			"soon",
			"`f` must be a day, such as 2027-01-31; it is a string of 4 characters",
		],
		["words of its own", v.pipe(v.string(), v.regex(/^a/, "must begin with a")), "b", "`f` must begin with a"],
		[
			"its own words for a type",
			v.array(v.string(), "must be a list of names"),
			3,
			"`f` must be a list of names; it is 3",
		],
	])("of %s", (_, schema, input, words) => {
		expect(field(schema, input)).toBe(words);
	});

	it("of a field that is missing or not known", () => {
		expect(told(v.object({ f: v.string() }), {})).toBe("`f` is required");
		expect(told(v.strictObject({}), { g: 1 })).toBe("`g` is not a field that is known here");
	});

	it("of one kind of several, by their names", () => {
		const kinds = v.variant("type", [
			v.object({ type: v.literal("a"), n: v.number() }),
			v.object({ type: v.literal("b") }),
		]);
		expect(field(kinds, { type: "c" })).toBe('`f.type` must be one of "a", "b"; it is a string of 1 character');
		expect(field(kinds, {})).toBe("`f.type` is required");
		expect(field(kinds, { type: "a", n: "1" })).toBe(
			"`f.n` must be a number, such as 1; it is a string of 1 character",
		);
	});

	it("of what is wrong inside the form that was meant, not of all forms", () => {
		const content = v.union([v.string(), v.array(v.object({ text: v.string() }))]);
		expect(field(content, [{ text: "a" }, { text: 1 }])).toBe('`f[1].text` must be a string, such as "text"; it is 1');
	});

	it("of the body itself", () => {
		expect(told(v.object({}), 1)).toBe("the request body must be an object, such as {...}; it is 1");
	});

	it("never quotes a string", () => {
		for (const schema of [v.number(), v.picklist(["a"]), v.literal("a"), v.pipe(v.string(), v.maxLength(2))]) {
			expect(field(schema, "sk-secret")).not.toContain("secret");
		}
	});
});
