import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UpstreamError } from "#core/fault";
import { pricesOf } from "#providers/model-lists/list-page";
import {
	anthropicModels,
	cohereModels,
	geminiModels,
	openaiModels,
	openrouterModels,
	workersAiModels,
} from "#providers/model-lists/listers";

const LISTERS = { anthropicModels, cohereModels, geminiModels, openaiModels, openrouterModels, workersAiModels };

describe("an entry says what its vendor says", () => {
	it("at OpenRouter, with prices per token as texts", () => {
		const entry = {
			id: "vendor/model:free",
			context_length: 1000,
			architecture: { input_modalities: ["text", "image", "file", "smell"], output_modalities: ["text"] },
			pricing: { prompt: "0.00000025", completion: "0.000002", input_cache_read: "0.000000025", request: "0" },
			top_provider: { max_completion_tokens: 100 },
			supported_parameters: ["tools", "reasoning"],
		};
		const perRequest = { ...entry, id: "vendor/dear", pricing: { ...entry.pricing, request: "0.01" } };
		const { models, others } = openrouterModels.read({
			data: [entry, perRequest, { ...entry, id: "vendor/painter", architecture: { output_modalities: ["image"] } }],
		});
		expect(models[0]).toEqual({
			id: "vendor/model:free",
			fields: {
				context: 1000,
				max_output: 100,
				input: ["text", "image", "pdf"],
				tools: true,
				json_schema: false,
				reasoning: true,
				prices: [{ input: 0.25, output: 2, cache_read: 0.025 }],
			},
		});
		expect(models[1]?.fields).not.toHaveProperty("prices");
		expect(others).toBe(1);
	});

	it("at Together as a bare array, with prices per million", () => {
		const { models } = openaiModels.read([
			{ id: "a/b", type: "chat", pricing: { input: 0.15, output: 0.6, hourly: 0 } },
		]);
		expect(models).toEqual([{ id: "a/b", fields: { prices: [{ input: 0.15, output: 0.6 }] } }]);
	});

	it.each([
		["for a single token, as texts", { input: "0.0000025", output: "0.00001" }],
		["for a single token, as numbers", { input: 0.0000025, output: 0.00001 }],
		["that may only be unknown", { input: 0, output: 0, hourly: 0 }],
		["for a million tokens, but as texts", { input: "2.5", output: "10" }],
	])("but no prices %s", (_, pricing) => {
		const { models } = openaiModels.read({ data: [{ id: "a/b", pricing }] });
		expect(models).toEqual([{ id: "a/b", fields: {} }]);
	});

	it.each(["perplexity/sonar-pro", "openai/gpt-4o-search-preview", "openai/o4-mini-deep-research"])(
		"but no prices of %s, which bills searches beside its tokens",
		(id) => {
			const pricing = { prompt: "0.000001", completion: "0.000001", request: "0", web_search: "0.005" };
			expect(openrouterModels.read({ data: [{ id, pricing }] }).models[0]?.fields).not.toHaveProperty("prices");
			const perMillion = { input: 1, output: 1 };
			expect(openaiModels.read([{ id, pricing: perMillion }]).models[0]?.fields).not.toHaveProperty("prices");
		},
	);

	it.each(["image", "audio"])("but no prices of what makes more than text: %s", (made) => {
		const pricing = { prompt: "0.000001", completion: "0.000001" };
		const entry = { id: "a/b", pricing, architecture: { output_modalities: ["text", made] } };
		expect(openrouterModels.read({ data: [entry] }).models[0]?.fields).not.toHaveProperty("prices");
	});

	it("without sound where that costs more than the text that it would be billed as", () => {
		const read = (audio: string) => {
			const pricing = { prompt: "0.0000003", completion: "0.0000025", audio };
			const architecture = { input_modalities: ["text", "audio"] };
			return openrouterModels.read({ data: [{ id: "a/b", pricing, architecture }] }).models[0]?.fields.input;
		};
		expect([read("0.000001"), read("0.0000003")]).toEqual([["text"], ["text", "audio"]]);
	});

	it("at Gemini and Anthropic, page by page", () => {
		const gemini = geminiModels.read({
			models: [
				{ name: "models/g", inputTokenLimit: 5, supportedGenerationMethods: ["generateContent"], thinking: true },
				{ name: "models/e", supportedGenerationMethods: ["embedContent"] },
			],
			nextPageToken: "a b",
		});
		expect(gemini).toMatchObject({
			models: [{ id: "g", fields: { context: 5, reasoning: true } }],
			others: 1,
			next: "a b",
		});
		expect(geminiModels.path("a b")).toBe("/models?pageSize=1000&pageToken=a%20b");
		expect(anthropicModels.read({ data: [{ id: "c" }], has_more: true, last_id: "c" }).next).toBe("c");
		expect(anthropicModels.read({ data: [{ id: "c" }], has_more: false, last_id: "c" }).next).toBeNull();
	});
});

describe("an entry is skipped and counted", () => {
	it.each(["../admin", "a?b", "a b", "a\nb", "a*", "auto", "x".repeat(201), "", 7, null, "%2e%2e", "a\\b", "/a"])(
		"with the id %j",
		(id) => {
			const { models, skipped } = openaiModels.read({ data: [{ id }, { id: "good" }] });
			expect([models.map((model) => model.id), skipped]).toEqual([["good"], 1]);
		},
	);

	it.each([
		"text-embedding-3-small",
		"whisper-1",
		"dall-e-3",
		"gpt-image-2",
		"omni-moderation-latest",
		"ft:gpt-4o:me::1",
	])("apart, as none to chat with: %s", (id) =>
		expect(openaiModels.read({ data: [{ id }] })).toMatchObject({ models: [], skipped: 0, others: 1 }),
	);

	it.each(["gpt-4o", "claude-opus-5-5", "grok-imagine-chat", "deepseek-flash", "qwen3.6-plus", "gemini-embedded-x"])(
		"but not %s",
		(id) => expect(openaiModels.read({ data: [{ id }] }).models).toHaveLength(1),
	);
});

it("any answer is a list of usable models, or no list", () => {
	const keys = fc.constantFrom(
		"data",
		"models",
		"id",
		"name",
		"pricing",
		"prompt",
		"task",
		"properties",
		"context_length",
	);
	const json = fc.letrec((tie) => ({
		value: fc.oneof(
			fc.jsonValue({ maxDepth: 1 }),
			fc.dictionary(keys, tie("value"), { maxKeys: 4 }),
			fc.array(tie("value"), { maxLength: 3 }),
		),
	})).value;
	fc.assert(
		fc.property(fc.constantFrom(...Object.values(LISTERS)), json, (lister, body) => {
			try {
				for (const { id } of lister.read(body).models) expect(id).toMatch(/^[\w@~./:+-]+$/);
			} catch (error) {
				expect(error).toBeInstanceOf(UpstreamError);
			}
		}),
	);
});

describe("a price", () => {
	it("is exact to the last decimal that can be charged, and never less than the vendor says", () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), fc.boolean(), (micro, asText) => {
				const perToken = micro / 1e12;
				const amount = asText ? perToken.toFixed(12) : perToken;
				const price = { input: micro / 1e6, output: micro / 1e6 };
				expect(pricesOf({ input: amount, output: amount }, 1)).toEqual([price]);
				expect(pricesOf(price, 1_000_000)).toEqual([price]);
			}),
		);
		expect(pricesOf({ input: "0.0000000000001", output: 1e-13 }, 1)).toEqual([{ input: 0.000001, output: 0.000001 }]);
	});

	it.each([
		["-1", "0"],
		[-1, 1],
		["free", "0"],
		[undefined, 1],
		[Number.NaN, 1],
		[1, 1],
		["1e400", "0"],
	])("that is none, or beyond belief, leaves the model without one: %j", (input, output) =>
		expect(pricesOf({ input, output }, 1)).toBeUndefined(),
	);
});
