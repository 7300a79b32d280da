import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import { builtInModels } from "#catalog/override";
import type { ProviderName } from "#core/ids";
import type { OperationName } from "#core/operation-name";
import { audioFeesOf, imageFeesOf, priceAt } from "#metering/cost";
import { chat } from "#operations/chat/index";
import { embeddings } from "#operations/embeddings/index";
import { images } from "#operations/images/index";
import { moderations } from "#operations/moderations/index";
import type { Operation } from "#operations/operation";
import { rerank } from "#operations/rerank/index";
import { speech } from "#operations/speech/index";
import { transcription } from "#operations/transcription/index";
import { videos } from "#operations/videos/index";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { ADAPTERS } from "#test/unit/simulator/exchange";

const OPERATIONS = [chat, embeddings, rerank, moderations, images, speech, transcription, videos] as readonly Pick<
	Operation,
	"name" | "routing"
>[];
const MODELS = BUILT_IN_PROVIDERS.flatMap((provider) => {
	const catalog = builtInModels(provider as ProviderName, new Map());
	return [...catalog.models, ...catalog.others()].map((model) => ({
		provider,
		model,
		isListed: catalog.models.includes(model),
	}));
});
/** The first of each month while this list may be in use. */
const DATES = Array.from({ length: 15 }, (_, month) => Date.UTC(2026, 10 + month, 1));
/** What says of itself that it is free, or is free at its vendor. */
const FREE = /:free$|^omni-moderation|^FunAudioLLM\/SenseVoiceSmall$/;

function servedBy(model: Model): readonly OperationName[] {
	return OPERATIONS.filter(({ routing }) => routing.serves(model)).map(({ name }) => name);
}

/** Whether an operation costs something at a date, by tokens or by the units that it is billed in. */
function costs(operation: OperationName, model: Model, at: number): boolean {
	const price = priceAt(model, at);
	if (price === null) return false;
	const { videoFees, imageFees, audioFees } = model.rules;
	switch (operation) {
		case "images":
			if (imageFees !== undefined) return imageFeesOf({ image: 1, tile: 1, step: 1, megapixel: 1 }, model) > 0;
			return Math.max(price.output, price.imageOutput ?? 0) > 0;
		case "videos":
			return (
				videoFees !== undefined &&
				[videoFees.whole ?? 0, ...Object.values(videoFees.second ?? {})].some((fee) => fee > 0)
			);
		case "speech":
		case "transcription":
			if (audioFees !== undefined) return audioFeesOf({ millisecond: 60_000, character: 1, byte: 1 }, model) > 0;
			return price.output > 0;
		case "chat":
			return price.input + price.output > 0;
		default:
			return price.input > 0;
	}
}

describe("every model that is listed", () => {
	it("serves some operation, and each that it serves is spoken by its provider", () => {
		expect(MODELS.length).toBeGreaterThan(700);
		const lost = MODELS.flatMap(({ provider, model }) => {
			const served = servedBy(model);
			// Of what is only supposed of a model its provider need not offer each.
			const silent =
				model.supposed === true ? [] : served.filter((name) => ADAPTERS[provider]?.[name as "chat"] === undefined);
			return served.length === 0 || silent.length > 0 ? [`${provider}/${model.id}: ${silent.join(" ")}`] : [];
		});
		expect(lost).toEqual([]);
	});

	it("has a price for each operation that it serves, at every date; only what says so is free", () => {
		const unpriced = MODELS.flatMap(({ provider, model }) =>
			servedBy(model)
				// A model of which nothing is known but what its words cost is asked for words.
				.filter((name) => model.supposed !== true || name === "chat")
				.filter((name) => !FREE.test(model.id) && !DATES.every((at) => costs(name, model, at)))
				.map((name) => `${provider}/${model.id}: ${name}`),
		);
		expect(unpriced).toEqual([]);
	});

	it("of the catalog is one of each operation at some provider, with sizes, voices and lengths where they are asked for", () => {
		const listed = MODELS.filter(({ isListed }) => isListed).map(({ model }) => model);
		for (const { name, routing } of OPERATIONS)
			expect(
				listed.some((model) => routing.serves(model)),
				name,
			).toBe(true);
		const bare = listed.filter(({ output, traits }) => output.includes("speech") && (traits.voices ?? []).length === 0);
		expect(bare.map(({ id }) => id)).toEqual([]);
		const endless = listed.filter(({ output, traits }) => output.includes("video") && traits.video === undefined);
		expect(endless.map(({ id }) => id)).toEqual([]);
		const unmeasured = listed.filter(
			({ output, traits }) => output.includes("embedding") && traits.dimensions === undefined,
		);
		expect(unmeasured.map(({ id }) => id)).toEqual([]);
	});
});
