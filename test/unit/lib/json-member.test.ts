import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withMember } from "#lib/json-member";

describe("a member that is given another value within its object's text", () => {
	it("changes nothing else, wherever it stands", () => {
		fc.assert(
			fc.property(
				fc.dictionary(fc.string(), fc.jsonValue()),
				fc.string(),
				fc.jsonValue(),
				fc.constantFrom(undefined, 1, "\t"),
				(object, name, value, indent) => {
					const text = JSON.stringify(object, null, indent);
					const expected = JSON.parse(text);
					Object.defineProperty(expected, name, { value, enumerable: true, configurable: true, writable: true });
					expect(JSON.parse(withMember(text, name, JSON.stringify(value)))).toEqual(
						JSON.parse(JSON.stringify(expected)),
					);
				},
			),
		);
	});

	it.each([
		[
			'{"a": 1e400, "usage": {"x": "}\\\\\\"{"}, "b": 12345678901234567890}',
			'{"a": 1e400, "usage": 7, "b": 12345678901234567890}',
		],
		['{"usage":null}', '{"usage":7}'],
		['{"usage" :1 ,"x":[{"usage":2}]}', '{"usage" :7 ,"x":[{"usage":2}]}'],
		['{"us\\u0061ge":1,"usage":"a"}', '{"us\\u0061ge":7,"usage":7}'],
		["{ }", '{ "usage":7}'],
		['{"x":{"usage":1}}', '{"x":{"usage":1},"usage":7}'],
	])("makes of %s %s", (text, changed) => {
		expect(withMember(text, "usage", "7")).toBe(changed);
	});
});
