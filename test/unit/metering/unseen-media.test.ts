import { describe, expect, it } from "vitest";
import type { ProviderName } from "#core/ids";
import type { JsonObject } from "#lib/json";
import { hidesMedia } from "#metering/unseen-media";

const model = { provider: "openai" as ProviderName, traits: {} };
const part = (content: JsonObject): JsonObject => ({ messages: [{ role: "user", content: [content] }] });

describe("media that the bound does not see", () => {
	it.each<[string, JsonObject]>([
		["text alone", { messages: [{ role: "user", content: "see https://x/y.png" }] }],
		["a picture among the parts", part({ type: "image_url", image_url: { url: "https://x" } })],
		["a document among the parts", part({ type: "document", source: { type: "url", url: "https://x" } })],
		[
			"a result with a picture",
			part({ type: "tool_result", content: [{ type: "image", source: { type: "url", url: "x" } }] }),
		],
		["Google's data", { contents: [{ parts: [{ inlineData: { mimeType: "image/png", data: "" } }] }] }],
		["arguments of a call", { contents: [{ parts: [{ functionCall: { name: "f", args: { url: "https://x" } } }] }] }],
		["a tool's schema", { tools: [{ name: "f", input_schema: { properties: { url: { type: "string" } } } }] }],
		["reasoning that comes back", { input: [{ type: "reasoning", summary: [], encrypted_content: "x" }] }],
	])("is none in %s", (_, body) => {
		expect(hidesMedia(body, model)).toBe(false);
	});

	it.each<[string, JsonObject]>([
		[
			"a picture of a screen",
			{ input: [{ type: "computer_call_output", output: { type: "computer_screenshot", image_url: "x" } }] },
		],
		["a part of an unknown kind", part({ type: "hologram", data: "x" })],
		["an item of an unknown kind", { input: [{ type: "compaction", data: "x" }] }],
		["a picture in the instructions", { systemInstruction: { parts: [{ fileData: { fileUri: "https://x" } }] } }],
		[
			"a picture in a function's answer",
			{ contents: [{ parts: [{ functionResponse: { parts: [{ inlineData: {} }] } }] }] },
		],
		["a picture beside the messages", { image: "https://x" }],
		["a picture within a text", part({ type: "text", text: "x", image_url: { url: "https://x" } })],
	])("is some in %s", (_, body) => {
		expect(hidesMedia(body, model)).toBe(true);
	});
});
