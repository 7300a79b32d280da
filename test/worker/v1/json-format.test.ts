import { afterEach, describe, expect, test } from "vitest";
import { chat, completion, events, mend } from "#test/worker/gateway";

afterEach(mend);

const SCHEMA = {
	type: "object",
	properties: { city: { type: "string" }, days: { type: "integer" }, note: { type: "string" } },
	required: ["city", "days"],
	additionalProperties: false,
};
const VALUE = { city: "Oslo", days: 3 };
const QUESTION = "Name a city in json, such as Oslo, for 3 days.";
const MODELS = ["deepseek/deepseek-flash", "anthropic/claude-haiku-4-5"];

/** What the model answers, whole and as a stream. */
async function answers(model: string, system: string, format: object): Promise<unknown[]> {
	const messages = [
		...(system === "" ? [] : [{ role: "system", content: system }]),
		{ role: "user", content: QUESTION },
	];
	const body = { model, messages, response_format: format, reasoning_effort: "none" };
	const { answer } = await completion(body);
	const streamed = (await events(await chat({ ...body, stream: true })))
		.filter((data) => data !== "[DONE]")
		.map((data) => JSON.parse(data).choices[0]?.delta.content ?? "")
		.join("");
	return [answer.choices[0]?.message.content, streamed].map((text) => JSON.parse(text ?? ""));
}

describe.each(MODELS)("%s in the simulator", (model) => {
	test("answers any object where json_object is asked for and no schema is shown", async () => {
		for (const value of await answers(model, "", { type: "json_object" })) {
			expect(value).toEqual({ answer: "Oslo" });
		}
	});

	test("answers what fits a schema that the prompt shows, where json_object is asked for", async () => {
		const system = `Your answer has this schema:\n\`\`\`json\n${JSON.stringify(SCHEMA, null, 2)}\n\`\`\``;
		for (const value of await answers(model, system, { type: "json_object" })) expect(value).toEqual(VALUE);
	});

	test("answers what fits the schema of json_schema, however the provider is told of it", async () => {
		const format = { type: "json_schema", json_schema: { name: "place", schema: SCHEMA } };
		for (const value of await answers(model, "", format)) expect(value).toEqual(VALUE);
	});
});
