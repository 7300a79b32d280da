import { describe, expect, it } from "vitest";
import type { ChatRequest } from "#core/chat/chat";
import { drawsOnState, vendorStateOf } from "#core/chat/vendor-state";
import { parseChat } from "#faces/openai-chat/parse";
import type { JsonObject } from "#lib/json";

const asked = (more: JsonObject): ChatRequest =>
	parseChat({ model: "m", messages: [{ role: "user", content: "Hi" }], ...more }, (name) =>
		["gemini", "anthropic", "openai", "openrouter"].includes(name) ? name : undefined,
	).request;
const says = (...content: JsonObject[]) => ({ messages: [{ role: "user", content }] });

describe("what of a request lives in the vendor's account", () => {
	const found: [string, JsonObject][] = [
		["store", { store: true }],
		["previous_response_id", { previous_response_id: "resp_1" }],
		["PreviousResponseId", { PreviousResponseId: "resp_1" }],
		["conversation", { conversation: { id: "conv_1" } }],
		["prompt", { prompt: { id: "pmpt_1" } }],
		["background", { background: true }],
		["container", { container: "cntr_1" }],
		["mcp_servers", { mcp_servers: [{ type: "url", url: "https://example.com" }] }],
		["plugins", { plugins: [{ id: "file-parser" }] }],
		["preset", { preset: "p" }],
		["data_sources", { data_sources: [{ type: "azure_search" }] }],
		["extra_body.google.cached_content", { extra_body: { google: { cached_content: "cachedContents/1" } } }],
		["gemini.cachedContent", { gemini: { cachedContent: "cachedContents/1" } }],
		["gemini.cached_content", { gemini: { cached_content: "cachedContents/1" } }],
		["gemini.continuationToken", { gemini: { continuationToken: "t" } }],
		["gemini.systemInstruction.parts[0].fileData.fileUri", geminiFile()],
		["anthropic.container", { anthropic: { container: { skills: [] } } }],
		["anthropic.store", { anthropic: { store: true } }],
		["openai.tools[0].vector_store_ids", { openai: { tools: [{ type: "file_search", vector_store_ids: ["vs_1"] }] } }],
		["messages[0].content[1].file.file_id", says({ type: "text", text: "" }, { type: "file", file: { file_id: "f" } })],
		["messages[0].content[0].image_url.url", says(link("https://generativelanguage.googleapis.com/v1beta/files/a"))],
		["messages[0].content[0].image_url.url", says(link("gs://bucket/a.png"))],
		["messages[0].content[0].file.file_url", says({ type: "file", file: { file_url: "gs://bucket/a.pdf" } })],
		[
			"messages[1].audio.id",
			{
				messages: [
					{ role: "user", content: "Hi" },
					{ role: "assistant", audio: { id: "a" } },
				],
			},
		],
	];
	it.each(found)("%s", (field, more) => {
		expect(vendorStateOf(asked(more))).toBe(field);
	});

	const nothing: [string, JsonObject][] = [
		["nothing", {}],
		["what is asked for by nothing", { store: false, background: false, plugins: [], mcp_servers: [], preset: "" }],
		["a search of the web, which keeps nothing", { plugins: [{ id: "web", max_results: 3 }] }],
		["null in a native field", { gemini: { cachedContent: null } }],
		["labels of the caller's own", { metadata: { file_id: "f", conversation: "c" } }],
		["a picture behind a public link", says(link("https://storage.googleapis.com/public/a.png"))],
		[
			"a file that is sent along",
			says({ type: "file", file: { file_data: "data:text/plain,a", filename: "file_id" } }),
		],
		["a parameter of a function", { tools: [tool({ file_id: { type: "string" }, prompt: { const: "x" } })] }],
		["an example in a schema", { openai: { tools: [{ parameters: { default: { file_id: "f" } } }] } }],
	];
	it.each(nothing)("not %s", (_, more) => {
		expect(vendorStateOf(asked(more))).toBeNull();
	});

	it("shows in the body that goes out, whatever the vendor calls it", () => {
		expect(drawsOnState({ contents: [], cachedContent: "c" })).toBe(true);
		expect(drawsOnState({ input: [], previous_response_id: "r" })).toBe(true);
		expect(drawsOnState({ messages: [], tools: [{ type: "file_search", vector_store_ids: ["v"] }] })).toBe(true);
		expect(drawsOnState({ messages: [{ role: "user", content: "prompt" }], store: true, max_tokens: 5 })).toBe(false);
	});
});

function link(url: string): JsonObject {
	return { type: "image_url", image_url: { url } };
}

function tool(properties: JsonObject): JsonObject {
	return { type: "function", function: { name: "f", parameters: { type: "object", properties } } };
}

function geminiFile(): JsonObject {
	return { gemini: { systemInstruction: { parts: [{ fileData: { fileUri: "files/abc" } }] } } };
}
