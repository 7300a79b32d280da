import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { BUILT_IN_MODELS, ModelSchema } from "#catalog/catalog";
import source from "#catalog/models.json";
import { isForChat } from "#catalog/purpose";
import { videoFee } from "#catalog/video-price";
import { estimatedUsage } from "#core/chat/usage";
import { costOf, imageFeesOf, priceAt } from "#metering/cost";
import { BUILT_IN_TABLE } from "#providers/built-in-providers";
import { BUILT_IN_PROVIDERS, canonicalProvider, PROVIDER_ALIASES } from "#providers/names";

const at = (provider: string) => BUILT_IN_MODELS.filter((model) => model.provider === provider);

/** The first of each month while this catalog may be in use. */
const DATES = Array.from({ length: 15 }, (_, month) => Date.UTC(2026, 10 + month, 1));

describe("the catalog", () => {
	it("says of each model that embeds how long its vectors are, and that it does nothing else", () => {
		const models = BUILT_IN_MODELS.filter(({ output }) => output.includes("embedding"));
		expect(models.length).toBeGreaterThan(10);
		for (const { id, output, tools, traits } of models) {
			expect(output, id).toEqual(["embedding"]);
			expect(tools, id).toBe(false);
			expect(traits.dimensions, id).toBeGreaterThanOrEqual(384);
		}
	});

	it("says of each model that ranks that it does nothing else", () => {
		const models = BUILT_IN_MODELS.filter(({ output }) => output.includes("rerank"));
		expect(models.length).toBeGreaterThan(2);
		for (const { id, output, tools } of models) expect([output, tools], id).toEqual([["rerank"], false]);
	});

	it.each(BUILT_IN_MODELS.map((model) => [`${model.provider}/${model.id}`, model] as const))(
		"prices %s at every date",
		(_, model) => {
			const { audioFees } = model.rules;
			const isSound = model.output.includes("speech") || model.output.includes("transcript");
			for (const date of DATES) {
				const price = priceAt(model, date);
				expect(price, new Date(date).toISOString()).not.toBeNull();
				expect(costOf(estimatedUsage(1000, 1000), model, date), new Date(date).toISOString()).not.toBeNull();
				if (price === null) continue;
				// Images that are billed by units cost nothing by tokens, and each has a price.
				const { imageFees } = model.rules;
				if (imageFees !== undefined) {
					expect([model.output, price.input, price.output]).toEqual([["image"], 0, 0]);
					expect(imageFeesOf({ image: 1, tile: 1, step: 1, megapixel: 1 }, model)).toBeGreaterThan(0);
					continue;
				}
				expect(price.cacheRead).toBeLessThanOrEqual(price.input);
				expect(price.cacheWrite).toBeLessThanOrEqual(price.cacheWriteHour);
				// Sound is billed by tokens or by its own units, and at one vendor by nothing.
				if (isSound && !isForChat(model)) {
					expect(price.output > 0 || audioFees !== undefined, model.id).toBe(
						model.id !== "FunAudioLLM/SenseVoiceSmall",
					);
					expect(price.output > 0 && audioFees !== undefined).toBe(false);
					continue;
				}
				// Only what says that it is free costs nothing; what does not chat writes nothing, and OpenAI moderates free.
				if (model.output.includes("video")) {
					const { seconds = [], sizes = [] } = model.traits.video ?? {};
					for (const size of sizes) expect(videoFee(model, seconds[0] ?? 0, size), size).toBeGreaterThan(0);
					continue;
				}
				if (!isForChat(model) && !model.output.includes("image")) {
					expect(price.input === 0).toBe(model.provider === "openai" && model.output.includes("moderation"));
					// What moderates by writing is billed for it.
					expect(price.output > 0, model.id).toBe(model.id === "@cf/meta/llama-guard-3-8b");
					continue;
				}
				expect(price.input).toBeLessThanOrEqual(price.output);
				expect(price.output === 0).toBe(model.id.endsWith(":free"));
			}
		},
	);

	it("writes every price with at most six decimals and every factor with three, so that none is rounded", () => {
		// A unit of an image is charged once and not a million times: nine decimals of it are whole nano-dollars.
		const tooFine: string[] = [];
		const look = (id: string, value: unknown, decimals: number) => {
			if (typeof value === "number" && (String(value).split(".")[1] ?? "").length > decimals)
				tooFine.push(`${id}: ${value}`);
			if (typeof value === "object" && value !== null)
				for (const part of Object.values(value)) look(id, part, decimals);
		};
		for (const model of source) {
			look(model.id, model.prices, 6);
			const {
				image_fees: fees,
				audio_fees: sound = {},
				...rules
			} = (model.rules ?? {}) as {
				image_fees?: object;
				audio_fees?: { minute?: number };
			};
			// Nor is a minute.
			const { minute, ...texts } = sound;
			look(model.id, minute, 9);
			look(model.id, texts, 3);
			look(model.id, rules, 3);
			look(model.id, fees, 9);
		}
		expect(tooFine).toEqual([]);
	});

	it("dates no two prices of a model the same", () => {
		for (const model of BUILT_IN_MODELS) {
			const dates = model.prices.map((entry) => entry.from);
			expect(new Set(dates).size, model.id).toBe(dates.length);
		}
	});

	it("lists models of built-in providers only, and of each of them", () => {
		expect([...new Set(BUILT_IN_MODELS.map((model) => model.provider as string))].toSorted()).toEqual(
			[...BUILT_IN_PROVIDERS].toSorted(),
		);
	});

	it.each(BUILT_IN_PROVIDERS)("names each model of %s by one id, in any case", (provider) => {
		const names = at(provider).flatMap((model) => [model.id, ...model.aliases].map((name) => name.toLowerCase()));
		expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
	});

	it.each(BUILT_IN_PROVIDERS)("has the default model of %s, which takes plain text", (provider) => {
		const model = at(provider).find(({ id }) => id === BUILT_IN_TABLE[provider].defaultModel);
		expect(model?.input).toContain("text");
		expect(model?.output).toContain("text");
	});

	it("states an output limit within the context where it states both", () => {
		for (const { id, context, maxOutput } of BUILT_IN_MODELS) {
			if (context !== null && maxOutput !== null) expect(maxOutput, id).toBeLessThanOrEqual(context);
		}
	});
});

describe("provider names", () => {
	it("resolve from aliases and any case to a built-in provider, and never to each other's", () => {
		for (const name of BUILT_IN_PROVIDERS) expect(canonicalProvider(name.toUpperCase())).toBe(name);
		for (const [alias, name] of PROVIDER_ALIASES) {
			expect(canonicalProvider(alias)).toBe(name);
			expect(BUILT_IN_PROVIDERS).toContain(name);
			expect(BUILT_IN_PROVIDERS).not.toContain(alias);
		}
		expect(canonicalProvider("google")).toBe("gemini");
		expect(canonicalProvider("cloudflare")).toBe("workers-ai");
	});

	it.each(["constructor", "__proto__", "toString"])("leave %s as it is", (name) => {
		expect(canonicalProvider(name)).toBe(name.toLowerCase());
	});
});

describe("a price as an admin writes it", () => {
	const priced = (input: number) => v.safeParse(ModelSchema, { id: "m", prices: [{ input, output: 1 }] });

	it("is read exactly, to the last of six decimals", () => {
		for (const pico of [0, 1, 7, 10, 999_999, 1_000_001, 123_456_789, 1_000_000_000]) {
			const { success, output } = priced(pico / 1e6);
			expect([
				success,
				success && (output as { prices: { price: { input: number } }[] }).prices[0]?.price.input,
			]).toEqual([true, pico]);
		}
	});

	it("is refused where it says more", () => {
		for (const written of [4e-7, 1e-7, 0.0000014, 0.1234567, 5e-324]) expect(priced(written).success).toBe(false);
	});
});
