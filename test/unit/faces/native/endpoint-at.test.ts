import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { endpointAt } from "#faces/native/endpoint-at";
import type { NativeApi } from "#operations/native/endpoint";
import { anthropic } from "#providers/anthropic/index";
import { gemini } from "#providers/gemini/index";
import { deepseek } from "#providers/vendors/deepseek";
import { openai } from "#providers/vendors/openai";
import { openrouter } from "#providers/vendors/openrouter";
import { siliconflow } from "#providers/vendors/siliconflow";
import { workersAi } from "#providers/workers-ai/index";

const ADAPTERS = { openai, anthropic, gemini, deepseek, openrouter, siliconflow, "workers-ai": workersAi };
const APIS = Object.entries(ADAPTERS).map(([name, { native }]) => [name, native?.api as NativeApi] as const);
const NONE = new URLSearchParams();

const found = (provider: keyof typeof ADAPTERS, path: string, query = NONE) => {
	const api = ADAPTERS[provider].native?.api as NativeApi;
	const at = endpointAt(api, path, query);
	return at && [at.endpoint.path, at.model];
};

describe("the endpoint at a path", () => {
	it.each<[keyof typeof ADAPTERS, string, string, string | null]>([
		["openai", "/v1/chat/completions", "/chat/completions", null],
		["openai", "/v1/responses/input_tokens", "/responses/input_tokens", null],
		["anthropic", "/v1/messages/count_tokens", "/messages/count_tokens", null],
		["gemini", "/v1beta/models/gemini-3.1-pro:countTokens", "/models/{model}:countTokens", "gemini-3.1-pro"],
		["gemini", "/v1beta/models/gemini-3.1-pro%3AgenerateContent", "/models/{model}:generateContent", "gemini-3.1-pro"],
		["deepseek", "/chat/completions", "/chat/completions", null],
		["openrouter", "/api/v1/chat/completions", "/chat/completions", null],
		["workers-ai", "/run/@cf/meta/llama-3.1-8b", "{model}", "@cf/meta/llama-3.1-8b"],
		["workers-ai", "/ai/run/%40cf/meta/llama-3.1-8b", "{model}", "@cf/meta/llama-3.1-8b"],
	])("at %s is of its table: %s", (provider, path, endpoint, model) => {
		expect(found(provider, path)).toEqual([endpoint, model]);
	});

	it("is at Gemini's stream the one that is asked for", () => {
		const path = "/v1beta/models/m:streamGenerateContent";
		const events = new URLSearchParams({ alt: "sse" });
		expect(found("gemini", path, events)).toEqual(["/models/{model}:streamGenerateContent?alt=sse", "m"]);
		expect(found("gemini", path)).toEqual(["/models/{model}:streamGenerateContent", "m"]);
		expect(found("gemini", "/v1beta/models/m:generateContent", events)).toEqual([
			"/models/{model}:generateContent",
			"m",
		]);
	});

	it("is none where a model's name has two dots in a row", () => {
		expect(found("workers-ai", "/run/0..")).toBeNull();
		expect(found("workers-ai", "/run/@cf/a../b")).toBeNull();
	});

	it("is none where anything else is written, whatever it is made of", () => {
		const piece = fc.oneof(
			fc.constantFrom(
				...["/v1", "/v1beta", "/chat/completions", "/messages", "/models/", "/run/", "m", ":generateContent", "@cf"],
				...[
					"..",
					".",
					"/",
					"//",
					"\\",
					"@",
					"%2e",
					"%2f",
					"%5c",
					"%00",
					"?",
					"#",
					";",
					":",
					"http://evil.example",
					" ",
				],
				...["/files", "/batches", "/v2", "/../", "%40", "%3a", "%252f", "\n", "\t", "é"],
			),
			fc.string({ maxLength: 3 }),
		);
		const path = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(""));
		fc.assert(
			fc.property(path, fc.constantFrom(...APIS), fc.constantFrom("json", "sse"), (text, [provider, api], alt) => {
				const at = endpointAt(api, text, new URLSearchParams({ alt }));
				if (at === null) return;
				const { endpoint, model } = at;
				const named = endpoint.path.replace("{model}", model === null ? "" : encodeURIComponent(model));
				const base = "https://vendor.example/base/v1";
				const sent = new URL(`${base}${provider === "workers-ai" ? "/" : ""}${named}`);
				expect(sent.origin).toBe("https://vendor.example");
				expect(sent.pathname.startsWith("/base/v1/")).toBe(true);
				expect(sent.search).toBe(endpoint.path.includes("?") ? "?alt=sse" : "");
				if (model !== null) {
					expect(model).not.toMatch(/\.\.|\/\/|[^\w@.:/-]|^\/|\/$/);
					expect(text.replace(/%40/g, "@").replace(/%3a/gi, ":")).toContain(model);
				}
			}),
			{ numRuns: 5_000 },
		);
	});
});
