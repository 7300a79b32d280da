import { describe, expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import type { JsonObject } from "#lib/json";
import { outputLimitOf } from "#providers/shared/output-limit";
import { withinVendorTools } from "#providers/shared/vendor-tools";

const FUNCTION: JsonObject = { type: "function", function: { name: "f" } };
const PRICED = { rules: { useFees: { web_search: 10_000_000 } } };
const clean = (body: JsonObject) => withinVendorTools({ path: "/x", body, dropped: ["seed"] }, PRICED, []);

describe("tools that a vendor runs", () => {
	it.each<[string, JsonObject, JsonObject]>([
		["web_search_options", { web_search_options: {} }, {}],
		["enable_search", { enable_search: true }, {}],
		[
			"web_search",
			{ tools: [FUNCTION, { type: "web_search" }], tool_choice: "auto" },
			{ tools: [FUNCTION], tool_choice: "auto" },
		],
		["web_search_preview", { tools: [{ TYPE: "web_search_preview" }] }, {}],
		["code_interpreter", { tools: [{ type: "code_interpreter", container: { type: "auto" } }] }, {}],
		["mcp", { tools: [{ type: "mcp", server_url: "https://example.com" }], parallel_tool_calls: false }, {}],
		[
			"web_search_20250305",
			{
				tools: [
					{ name: "f", input_schema: {} },
					{ type: "web_search_20250305", name: "web_search" },
				],
			},
			{ tools: [{ name: "f", input_schema: {} }] },
		],
		[
			"googleSearch",
			{ tools: [{ functionDeclarations: [], googleSearch: {} }] },
			{ tools: [{ functionDeclarations: [] }] },
		],
		["url_context", { tools: [{ url_context: {} }] }, {}],
		["web_fetch_20250910", { tools: [{ type: "web_fetch_20250910", name: "web_fetch" }] }, {}],
		["google_maps", { tools: [{ google_maps: {} }] }, {}],
		[
			"plugins.web",
			{ plugins: [{ id: "web" }, { id: "response-healing" }] },
			{ plugins: [{ id: "response-healing" }] },
		],
	])("%s is taken out and named", (name, body, left) => {
		expect(clean(body)).toEqual({ path: "/x", body: left, dropped: ["seed", name] });
	});

	it("a field called `__proto__` stays a field, and lends the body none that it does not send", () => {
		const { body, dropped } = clean(JSON.parse('{"__proto__":{"max_tokens":1},"web_search_options":{}}'));
		expect(dropped).toContain("web_search_options");
		expect([outputLimitOf(body), JSON.stringify(body)]).toEqual([null, '{"__proto__":{"max_tokens":1}}']);
	});

	it.each<[string, JsonObject]>([
		["functions", { tools: [FUNCTION, { type: "custom", custom: { name: "c" } }] }],
		[
			"those that the caller runs",
			{
				tools: [
					{ type: "bash_20250124", name: "bash" },
					{ type: "computer_20250124", name: "c" },
				],
			},
		],
		["a search that is off", { enable_search: false }],
	])("%s stay", (_, body) => {
		expect(clean(body).body).toEqual(body);
		expect(clean(body).dropped).toEqual(["seed"]);
	});

	it.each<[string, JsonObject]>([
		["by its type", { tools: [FUNCTION, { type: "web_search" }], tool_choice: { type: "web_search" } }],
		[
			"by its name",
			{ tools: [{ name: "f" }, { type: "web_search_20250305" }], tool_choice: { type: "tool", name: "web_search" } },
		],
		["by the name of its type", { tools: [{ type: "web_search_2025_08_26" }], tool_choice: { type: "web_search" } }],
		["when none is left", { tools: [{ type: "web_search" }], tool_choice: "required" }],
	])("one that tool_choice demands %s is refused", (_, body) => {
		expect(() => clean(body)).toThrow(GatewayError);
	});

	it.each<[string, JsonObject, JsonObject]>([
		["at OpenAI", { type: "function", name: "web" }, { type: "function", name: "web" }],
		["of free text", { type: "custom", name: "code" }, { type: "custom", name: "code" }],
		["at Anthropic", { name: "web", input_schema: {} }, { type: "tool", name: "web" }],
		["of the same name", { name: "web_search", input_schema: {} }, { type: "tool", name: "web_search" }],
		["as Chat Completions names it", { type: "function", function: { name: "web" } }, named("web")],
	])("a function of the caller's own %s may be demanded beside those that are taken out", (_, own, choice) => {
		const vendors = [{ type: "web_search" }, { type: "code_interpreter" }];
		const { body, dropped } = clean({ tools: [own, ...vendors], tool_choice: choice });
		expect(body).toEqual({ tools: [own], tool_choice: choice });
		expect(dropped).toEqual(["seed", "web_search", "code_interpreter"]);
	});
});

function named(name: string): JsonObject {
	return { type: "function", function: { name } };
}

describe("a search of the web that the policy allows", () => {
	const search = (path: string, body: JsonObject) =>
		withinVendorTools({ path, body, dropped: [] }, PRICED, ["web_search"]);

	it.each<[string, string, JsonObject, JsonObject, { uses: number; contexts: number }]>([
		[
			"OpenAI, by the calls of all tools that it runs",
			"/responses",
			{ tools: [FUNCTION, { type: "web_search", user_location: { type: "approximate" } }], max_tool_calls: 2 },
			{ tools: [FUNCTION, { type: "web_search", user_location: { type: "approximate" } }], max_tool_calls: 2 },
			{ uses: 2, contexts: 3 },
		],
		[
			"OpenAI, where the caller names no limit",
			"/responses",
			{ tools: [{ type: "web_search_2025_08_26" }], tool_choice: { type: "web_search_2025_08_26" } },
			{
				tools: [{ type: "web_search_2025_08_26" }],
				tool_choice: { type: "web_search_2025_08_26" },
				max_tool_calls: 3,
			},
			{ uses: 3, contexts: 4 },
		],
		[
			"Anthropic, however much more is wanted",
			"/messages",
			{ tools: [{ type: "web_search_20250305", name: "web_search", max_uses: 1_000 }] },
			{ tools: [{ type: "web_search_20250305", name: "web_search", max_uses: 10 }] },
			{ uses: 10, contexts: 11 },
		],
		[
			"OpenRouter, by results, and by the one engine whose price is known",
			"/chat/completions",
			{ plugins: [{ id: "web", engine: "native" }, { id: "response-healing" }], n: 2 },
			{ plugins: [{ id: "web", engine: "exa", max_results: 5 }, { id: "response-healing" }], n: 2 },
			{ uses: 10, contexts: 1 },
		],
	])("goes out limited to %s", (_, path, body, sent, searches) => {
		expect(search(path, body)).toEqual({ path, body: sent, dropped: [], searches });
	});

	it.each<[string, string, JsonObject, string[]]>([
		[
			"that is billed by other rules",
			"/responses",
			{ tools: [{ type: "web_search_preview" }] },
			["web_search_preview"],
		],
		[
			"at Gemini, which takes no limit",
			"/models/m:generateContent",
			{ tools: [{ googleSearch: {} }] },
			["googleSearch"],
		],
		["by a switch", "/chat/completions", { web_search_options: {} }, ["web_search_options"]],
	])("is taken out %s", (_, path, body, dropped) => {
		expect(search(path, body)).toEqual({ path, body: {}, dropped });
	});

	it("does not let another tool pass, nor a second search of the same name", () => {
		const first = { type: "web_search_20250305", name: "web_search", max_uses: 1 };
		const tools = [first, { type: "web_search_20260209", name: "web_search" }, { type: "web_fetch_20250910" }];
		const { body, dropped, searches } = search("/messages", { tools });
		expect(body).toEqual({ tools: [first] });
		expect(dropped).toEqual(["web_search_20260209", "web_fetch_20250910"]);
		expect(searches).toEqual({ uses: 1, contexts: 2 });
	});

	it("is taken out where the model has no fee for it", () => {
		const call = { path: "/responses", body: { tools: [{ type: "web_search" }] }, dropped: [] };
		expect(withinVendorTools(call, { rules: {} }, ["web_search"])).toEqual({
			path: "/responses",
			body: {},
			dropped: ["web_search"],
		});
	});

	it("leaves a call that asks for none as it is", () => {
		const call = { path: "/responses", body: { tools: [FUNCTION] }, dropped: [] };
		expect(withinVendorTools(call, PRICED, ["web_search"])).toBe(call);
	});
});
