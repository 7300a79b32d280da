import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "#lib/json";
import { jsonFormat, withoutSchema } from "#simulator/model/prompt-schema";

const CITY: JsonObject = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const ANY = { type: "object", properties: { answer: { type: "string" } } };
const shown = JSON.stringify(CITY);

describe("the format that a prompt asks for", () => {
	it.each([
		["bare", `Answer with nothing but one JSON object that conforms to this JSON schema: ${shown}`],
		[
			"in a fence",
			`Return JSON only, of this schema:\n\`\`\`json\n${JSON.stringify(CITY, null, 2)}\n\`\`\`\nThanks {you}!`,
		],
		["behind an example", `Answer in JSON such as {"city": "Oslo {of Norway}"}, by ${shown}`],
		["within what wraps it", `Answer in JSON: {"name": "place", "strict": true, "schema": ${shown}}`],
		["behind a brace that nothing closes", `Answer in JSON. {: ${shown}`],
	])("is the schema that stands in it %s", (_, prompt) => {
		expect(jsonFormat(undefined, [prompt])).toEqual(CITY);
		expect(jsonFormat("any object", ["Be brief.", prompt])).toEqual(CITY);
		expect(withoutSchema(prompt)).not.toContain('"properties"');
	});

	it("is any object where the request or the prompt asks for JSON and shows no schema", () => {
		expect(jsonFormat("any object", ["Name a city as JSON."])).toEqual(ANY);
		expect(jsonFormat(undefined, ["Answer with one JSON object and nothing else."])).toEqual(ANY);
		expect(jsonFormat(undefined, ['Answer as JSON: {"city": "Oslo"}'])).toEqual(ANY);
	});

	it("is free text where neither asks for it, whatever it shows", () => {
		expect(jsonFormat(undefined, ["What is JSON? Answer in a word.", `Explain ${shown}`])).toBeNull();
	});

	it("is the request's own schema before any in the prompt, and the first of those", () => {
		const other: JsonObject = { type: "object", properties: { other: { type: "string" } } };
		expect(jsonFormat(other, [`Answer in JSON: ${shown}`])).toEqual(other);
		expect(jsonFormat("any object", [shown, JSON.stringify(other)])).toEqual(CITY);
	});

	it("is found whatever stands before and behind it, and nothing breaks where there is none", () => {
		const noise = fc.string({ unit: fc.constantFrom("{", "}", '"', "\\", "a", " ", "\n", ":") });
		fc.assert(
			fc.property(fc.stringMatching(/^[^{}"\\]*$/), noise, (before, behind) => {
				expect(jsonFormat("any object", [`${before}${shown}${behind}`])).toEqual(CITY);
				expect(jsonFormat("any object", [behind])).toEqual(ANY);
			}),
		);
	});

	it("takes no long time over braces that nothing closes", () => {
		const begin = performance.now();
		expect(jsonFormat("any object", ["{".repeat(1_000_000)])).toEqual(ANY);
		expect(performance.now() - begin).toBeLessThan(2_000);
	});
});
