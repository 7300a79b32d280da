import { describe, expect, it } from "vitest";
import { BUILT_IN_MODELS, CATALOG } from "#catalog/catalog";
import { addedModels, builtInModels, type ModelOverrides } from "#catalog/override";
import type { ProviderName } from "#core/ids";
import { priceAt } from "#metering/cost";

const openai = "openai" as ProviderName;
const acme = "acme" as ProviderName;
const over = (entries: Record<string, Record<string, unknown>>): ModelOverrides => new Map(Object.entries(entries));

describe("the built-in models of a provider", () => {
	it("are those of the catalog, the very objects, unless overridden", () => {
		const plain = BUILT_IN_MODELS.filter(({ provider }) => provider === openai);
		expect(plain.length).toBeGreaterThan(5);
		const models = builtInModels(
			openai,
			over({ "openai/gpt-4o": { context: 5 }, "deepseek/gpt-4o-mini": { context: 5 } }),
		).models;
		expect(models.map(({ id }) => id)).toEqual(plain.map(({ id }) => id));
		models.forEach((model, index) => {
			if (model.id !== "gpt-4o") expect(model).toBe(plain[index]);
			else expect(model).toEqual({ ...plain[index], context: 5 });
		});
		expect(BUILT_IN_MODELS.find(({ id }) => id === "gpt-4o")?.context).not.toBe(5);
	});

	it("take prices as a whole, in their order of time", () => {
		const prices = [
			{ from: "2030-01-01", input: 3, output: 4 },
			{ input: 1, output: 2 },
		];
		const model = builtInModels(openai, over({ "openai/gpt-4o": { prices } })).models.find(({ id }) => id === "gpt-4o");
		const input = (day: string) => model && priceAt(model, Date.parse(day))?.input;
		expect([input("2029-12-31"), input("2030-01-01")]).toEqual([1_000_000, 3_000_000]);
	});

	it("leave out one that its override makes unreadable: it is not served at the price that was replaced", () => {
		const models = builtInModels(openai, over({ "openai/gpt-4o": { prices: [{ per_image: 1 }] } })).models;
		expect(models.map(({ id }) => id)).not.toContain("gpt-4o");
		expect(models).toHaveLength(BUILT_IN_MODELS.filter(({ provider }) => provider === openai).length - 1);
	});
});

describe("the models of an added provider", () => {
	const written = [
		{ id: "large", tools: false },
		{ id: "vendor/small", prices: [{ input: 1, output: 1 }] },
	];

	it("are as they were written, with what was overridden", () => {
		const [large, small] = addedModels(acme, written, over({ "acme/vendor/small": { prices: [], context: 9 } })).models;
		expect(large).toMatchObject({ provider: acme, id: "large", tools: false, prices: [], context: null });
		expect(small).toMatchObject({ id: "vendor/small", prices: [], context: 9 });
	});

	it("leave out what is not understood", () => {
		expect(addedModels(acme, [...written, { id: "later", shape: 4 }, {}], over({})).models).toHaveLength(2);
	});
});

it("every entry of the catalog reads back from its written form", () => {
	for (const { model, written } of CATALOG) {
		expect(addedModels(model.provider, [written], over({})).models).toEqual([model]);
	}
});
