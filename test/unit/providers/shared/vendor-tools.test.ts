import { describe, expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import type { JsonObject } from "#lib/json";
import { withoutVendorTools } from "#providers/shared/vendor-tools";

const FUNCTION: JsonObject = { type: "function", function: { name: "f" } };
const clean = (body: JsonObject) => withoutVendorTools({ path: "/x", body, dropped: ["seed"] });

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
		["when none is left", { tools: [{ type: "web_search" }], tool_choice: "required" }],
	])("one that tool_choice demands %s is refused", (_, body) => {
		expect(() => clean(body)).toThrow(GatewayError);
	});
});
