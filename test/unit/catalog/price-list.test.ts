import { describe, expect, it } from "vitest";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import differences from "#catalog/differences.json";
import { listedModel, modelsOf } from "#catalog/listed-models";
import type { Model } from "#catalog/model";
import { searchesUnasked, undated } from "#catalog/model-names";
import written from "#catalog/models.json";
import { builtInModels } from "#catalog/override";
import { readPriceLine, writePriceLine } from "#catalog/price-line";
import list from "#catalog/price-list.json";
import { estimatedUsage } from "#core/chat/usage";
import type { ProviderName } from "#core/ids";
import { costOf, priceAt } from "#metering/cost";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { differencesFrom } from "#scripts/differences";

/** The first of each month while this list may be in use. */
const DATES = Array.from({ length: 15 }, (_, month) => Date.UTC(2026, 10 + month, 1));
const VENDORS = Object.entries(list);
const LINES = VENDORS.flatMap(([vendor, { models }]) => models.map((line) => [vendor, line] as const));

const catalogOf = (vendor: string) => builtInModels(vendor as ProviderName, new Map());
const known = (vendor: string, name: string): Model | null => {
	const { models, listed } = bound(vendor);
	const lower = name.toLowerCase();
	return (
		models.find(({ id, aliases }) => [id, ...aliases].some((each) => each.toLowerCase() === lower)) ?? listed(name)
	);
};
const bound = (vendor: string) => {
	const catalog = catalogOf(vendor);
	return { models: catalog.models, listed: (name: string) => catalog.listed(name) };
};

describe("the price list", () => {
	it("has about a thousand models, with where each vendor's figures come from and of when they are", () => {
		expect(LINES.length).toBeGreaterThan(950);
		for (const [vendor, { source, as_of }] of VENDORS) {
			expect(source, vendor).toMatch(/^@pydantic\/genai-prices \d+\.\d+\.\d+, from /);
			expect(as_of, vendor).toMatch(/^\d{4}-\d{2}-\d{2}$/);
		}
	});

	it("is written as it reads", () => {
		for (const [, line] of LINES) expect(writePriceLine(readPriceLine(line))).toBe(line);
	});

	it("names each model of a vendor by one name, in any case", () => {
		for (const [vendor, { models }] of VENDORS) {
			const names = models.flatMap((line) => {
				const { id, names: others } = readPriceLine(line);
				return [id, ...others].map((name) => name.toLowerCase());
			});
			expect(
				names.filter((name, at) => names.indexOf(name) !== at),
				vendor,
			).toEqual([]);
		}
	});

	it("knows no model by a name of one that bills searches beside its tokens", () => {
		const names = LINES.map(([, line]) => readPriceLine(line)).flatMap(({ id, names: others }) => [id, ...others]);
		expect(names.filter(searchesUnasked)).toEqual([]);
		expect(listedModel("openai", "gpt-4o-mini-search-preview-2025-03-11")).toBeNull();
	});

	it("prices every model at every date, exactly and never below nothing; only what says so is free", () => {
		for (const vendor of BUILT_IN_PROVIDERS) {
			for (const model of catalogOf(vendor).others()) {
				for (const date of DATES) {
					const price = priceAt(model, date);
					expect(price, `${vendor}/${model.id}`).not.toBeNull();
					if (price === null) continue;
					for (const part of Object.values(price)) expect(Number.isSafeInteger(part) && part >= 0).toBe(true);
					expect(costOf(estimatedUsage(1000, 1000), model, date)).not.toBeNull();
					if (!model.id.endsWith(":free")) expect(price.input + price.output, model.id).toBeGreaterThan(0);
				}
			}
		}
	});

	it.each(BUILT_IN_PROVIDERS)(
		"routes every model of %s by all of its names, at the price that it has there",
		(vendor) => {
			for (const line of list[vendor as keyof typeof list]?.models ?? []) {
				const { id, names, prices } = readPriceLine(line);
				const first = known(vendor, id);
				expect(first, id).not.toBeNull();
				for (const name of names) {
					const model = known(vendor, name);
					expect(model?.prices.length, name).toBeGreaterThan(0);
					if (BUILT_IN_MODELS.some((each) => each.provider === vendor && each.id === id)) continue;
					// What the catalog knows under another of a line's names keeps the catalog's price.
					if (BUILT_IN_MODELS.some((each) => each.provider === vendor && [each.id, ...each.aliases].includes(name)))
						continue;
					expect(model?.prices.at(-1)?.price.input, name).toBe(Math.round((prices.at(-1)?.input ?? -1) * 1e6));
				}
			}
		},
	);

	it.each(BUILT_IN_PROVIDERS)("reaches every model of %s by its dated and its undated name", (vendor) => {
		const models = [...catalogOf(vendor).models, ...catalogOf(vendor).others()];
		for (const model of models) {
			const stem = undated(model.id);
			// Vectors of another version cannot be compared, so none stands for all of them.
			if (stem !== null && model.output.includes("embedding")) {
				expect(known(vendor, stem), model.id).toBeNull();
				continue;
			}
			expect(known(vendor, stem ?? model.id), model.id).not.toBeNull();
			if (stem !== null) continue;
			for (const date of ["-2031-01-31", "-20310131"]) {
				const dated = known(vendor, `${model.id}${date}`);
				expect(dated?.prices, model.id).toEqual(known(vendor, model.id)?.prices);
				expect(dated?.id.endsWith(date), dated?.id).toBe(true);
			}
		}
	});

	it("differs from the catalog only where a reason says why the catalog's own figures are kept", () => {
		const lines = new Map(VENDORS.map(([vendor, { models }]) => [vendor, models.map(readPriceLine)]));
		const found = differencesFrom(written, lines, list.openai.as_of);
		expect(found.map(({ model }) => model).toSorted()).toEqual(Object.keys(differences).toSorted());
		for (const reason of Object.values(differences)) expect(reason.length).toBeGreaterThan(20);
	});

	it("keeps other vendors' models for those who add them as providers", () => {
		for (const vendor of [
			"groq",
			"mistral",
			"x-ai",
			"together",
			"fireworks",
			"cohere",
			"azure",
			"moonshotai",
			"novita",
		]) {
			const models = modelsOf(vendor);
			expect(models.length, vendor).toBeGreaterThan(5);
			for (const { written: model } of models) expect(model.prices, `${vendor}/${model.id}`).not.toEqual([]);
		}
		expect(modelsOf("nobody")).toEqual([]);
		expect(modelsOf("constructor")).toEqual([]);
	});
});

describe("a vendor's name for a model", () => {
	it.each([
		["openai", "gpt-4-turbo", "gpt-4-turbo", 10],
		["openai", "GPT-4-Turbo-Preview", "gpt-4-turbo-preview", 10],
		["openai", "gpt-4o-mini-2024-07-18", "gpt-4o-mini-2024-07-18", 0.15],
		// A date with a price of its own.
		["openai", "gpt-4o-2024-05-13", "gpt-4o-2024-05-13", 5],
		["openai", "gpt-4o-2024-11-20", "gpt-4o-2024-11-20", 2.5],
		["openai", "gpt-6-luna-2026-09-22", "gpt-6-luna-2026-09-22", 0.1],
		["anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5", 3],
		["anthropic", "claude-sonnet-4.5", "claude-sonnet-4-5", 3],
		["anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929", 3],
		["anthropic", "claude-3-5-haiku-20241022", "claude-3-5-haiku-20241022", 0.8],
		["anthropic", "claude-opus-4", "claude-opus-4-0", 15],
		["anthropic", "claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001", 1],
		["anthropic", "claude-sonnet-latest", "claude-sonnet-5-5", 2],
		["gemini", "gemini-flash-latest", "gemini-3.8-flash", 0.75],
		["gemini", "gemini-flash-lite-latest", "gemini-3.5-flash-lite", 0.3],
		["gemini", "gemini-2.5-pro-latest", "gemini-2.5-pro", 1.25],
		["openrouter", "anthropic/claude-sonnet-4.5", "anthropic/claude-sonnet-4.5", 3],
		["workers-ai", "@cf/meta/llama-2-7b-chat-fp16", "@cf/meta/llama-2-7b-chat-fp16", 0.556],
	])("%s/%s is sent as %s at $%d per million tokens", (vendor, name, id, input) => {
		const model = known(vendor, name);
		expect(model?.id).toBe(id);
		expect(model && priceAt(model, Date.UTC(2026, 10, 1))?.input).toBe(Math.round(input * 1e6));
	});

	it("of before means what serves it now", () => {
		expect(known("deepseek", "deepseek-chat")?.id).toBe("deepseek-flash");
		expect(known("deepseek", "deepseek-reasoner")?.id).toBe("deepseek-flash");
	});

	it("that nothing is known by means nothing", () => {
		for (const name of ["gpt-7-nova", "claude-sonnet-9", "x-latest", "-latest", "-2024-01-01", "", "constructor"]) {
			expect(listedModel("openai", name), name).toBeNull();
			expect(listedModel("anthropic", name), name).toBeNull();
		}
	});

	it("tells what its vendor has retired, and what to use instead: a model that is known and not retired", () => {
		expect(known("openai", "gpt-4-turbo")?.retirement).toEqual({ on: "2026-10-23", successor: "gpt-4.1" });
		expect(known("openai", "gpt-4-turbo-2024-04-09")?.retirement?.successor).toBe("gpt-4.1");
		const retired = BUILT_IN_PROVIDERS.flatMap((vendor) =>
			catalogOf(vendor)
				.others()
				.filter(({ retirement }) => retirement !== undefined),
		);
		expect(retired.length).toBeGreaterThan(15);
		for (const { provider, retirement } of retired) {
			if (retirement?.successor == null) continue;
			const successor = known(provider, retirement.successor);
			expect(successor, retirement.successor).not.toBeNull();
			expect(successor?.retirement, retirement.successor).toBeUndefined();
		}
		for (const model of BUILT_IN_MODELS) expect(model.retirement, model.id).toBeUndefined();
	});
});
