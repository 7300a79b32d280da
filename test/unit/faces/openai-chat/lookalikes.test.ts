import { describe, expect, it } from "vitest";
import { parseChat } from "#faces/openai-chat/parse";
import type { JsonObject } from "#lib/json";

const parsed = (more: JsonObject) =>
	parseChat({ model: "m", messages: [{ role: "user", content: "Hi" }], ...more }, (name) =>
		name.toLowerCase() === "gemini" ? "gemini" : undefined,
	).request;
const user = (message: JsonObject) => ({ messages: [{ role: "user", content: "Hi", ...message }] });

describe("fields that are written like others", () => {
	it.each<[string, JsonObject]>([
		["MAX_TOKENS", { MAX_TOKENS: 100_000 }],
		["N", { N: 50 }],
		["maxTokens", { maxTokens: 100_000 }],
		["Max_Completion_Tokens", { Max_Completion_Tokens: 1 }],
		["\u017ftream", { "\u017ftream": true }],
		["Thinking_Budget", { Thinking_Budget: 30_000 }],
		["Best_Of", { Best_Of: 9 }],
		["Model", { Model: "dear" }],
		["messages[0].Content", user({ Content: [{ type: "image_url" }] })],
		["messages[0].content[0].TYPE", user({ content: [{ type: "text", text: "Hi", TYPE: "image_url" }] })],
		["messages[0].content[0].Image_Url", user({ content: [{ type: "text", text: "Hi", Image_Url: { url: "x" } }] })],
		[
			"messages[0].content[0].image_url.URL",
			user({ content: [{ type: "image_url", image_url: { url: "x", URL: "y" } }] }),
		],
		["tools[0].Function", { tools: [{ type: "function", function: { name: "f" }, Function: { name: "g" } }] }],
		["chat_template_kwargs.Max_Tokens", { chat_template_kwargs: { Max_Tokens: 5 } }],
	])("%s is left out and named", (path, more) => {
		const request = parsed(more);
		expect(request.ignored).toEqual([path]);
		const plain = path.split(".").at(-1) ?? "";
		expect(Object.keys(request.extensions)).not.toContain(path);
		const name = plain.replace(/\[\d+\]$/, "");
		expect(JSON.stringify(request.messages) + JSON.stringify(request.tools ?? [])).not.toContain(`"${name}"`);
		expect(JSON.stringify(request.extensions)).not.toContain(`"${name}"`);
	});

	it("are none where nothing is read or data of the caller's own stands", () => {
		const more: JsonObject = {
			gemini: { generationConfig: { Temperature: 1 } },
			metadata: { Model: "x" },
			tools: [
				{
					type: "function",
					function: { name: "f", parameters: { properties: { Name: { type: "string" }, URL: {} } } },
				},
			],
			response_format: { type: "json_schema", json_schema: { name: "s", schema: { properties: { Content: {} } } } },
			topK: 5,
			TopLogo: 1,
		};
		const request = parsed(more);
		expect(request.ignored).toBeUndefined();
		expect(request.metadata).toEqual(more.metadata);
		expect(request.tools).toEqual(more.tools);
		expect(request.extensions).toEqual({ topK: 5, TopLogo: 1 });
	});

	it("leave the body as it came", () => {
		const body = { model: "m", N: 2, messages: [{ role: "user", content: "Hi", Role: "system" }] };
		const before = structuredClone(body);
		expect(parseChat(body, () => undefined).request.ignored).toEqual(["N", "messages[0].Role"]);
		expect(body).toEqual(before);
	});
});
