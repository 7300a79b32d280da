import type { ModelInfo, Provider } from "@pydantic/genai-prices";
import { describe, expect, it } from "vitest";
import { writePriceLine } from "#catalog/price-line";
import { take } from "#scripts/genai-prices";

function provider(...models: (Partial<ModelInfo> & { id: string; prices: ModelInfo["prices"] })[]): Provider {
	return {
		id: "acme",
		name: "Acme",
		api_pattern: "",
		models: models.map((model) => ({ match: { equals: model.id }, ...model })),
	};
}
const lines = (...models: Parameters<typeof provider>) =>
	take(provider(...models), () => true).lines.map(writePriceLine);
const tier = (base: number, price: number, start = 200_000) => ({ base, tiers: [{ start, price }] });

describe("a line of the price list", () => {
	it("has a model's names, its context and its prices", () => {
		const match = { or: [{ equals: "a-1" }, { equals: "a-one" }, { starts_with: "a-uno-" }, { regex: "^a-\\d+$" }] };
		expect(
			lines({ id: "a-1", match, context_window: 5, prices: { input_mtok: 1, cache_read_mtok: 0.5, output_mtok: 2 } }),
		).toEqual(["a-1 a-one a-uno|context=5|in=1 read=0.5 out=2"]);
	});

	it("has no name of a model that bills searches beside its tokens", () => {
		const match = { or: [{ equals: "a-1" }, { equals: "a-1-search-preview" }] };
		expect(lines({ id: "a-1", match, prices: { input_mtok: 1, output_mtok: 2 } })).toEqual(["a-1|in=1 out=2"]);
	});

	it("has no model that hears or draws unless the data says what that costs, nor a name of one", () => {
		const prices = { input_mtok: 1, output_mtok: 2 };
		const match = { or: [{ equals: "a-1" }, { equals: "a-1-audio-preview" }] };
		const heard = { id: "a-audio", prices: { ...prices, output_audio_mtok: 80 } };
		expect(
			lines({ id: "a-1", match, prices }, { id: "a-1-mini-audio", prices }, { id: "a-image", prices }, heard),
		).toEqual(["a-1|in=1 out=2", "a-audio|in=1 out=80"]);
	});

	it("has prices that begin on a day", () => {
		const prices = [
			{ prices: { input_mtok: 3, output_mtok: 4 } },
			{
				constraint: { type: "start_date" as const, start_date: "2027-01-01" },
				prices: { input_mtok: 1, output_mtok: 2 },
			},
		];
		expect(lines({ id: "a", prices })).toEqual(["a|in=3 out=4|from=2027-01-01 in=1 out=2"]);
	});

	it("has the dearest hour of a price by the hour", () => {
		const constraint = { type: "time_of_date" as const, start_time: "00:00:00Z", end_time: "08:00:00Z" };
		const prices = [
			{ prices: { input_mtok: 1, cache_read_mtok: 0.5, output_mtok: 4 } },
			{ constraint, prices: { input_mtok: 2, cache_read_mtok: 0.1, output_mtok: 3 } },
		];
		const taken = take(provider({ id: "a", prices }), () => true);
		expect(taken.lines.map(writePriceLine)).toEqual(["a|in=2 read=0.5 out=4"]);
		expect(taken.dearest).toEqual(["a"]);
	});

	it("has a long prompt's price as factors where all of it rises alike, else that price for every prompt", () => {
		expect(
			lines({
				id: "a",
				prices: { input_mtok: tier(2, 4), cache_read_mtok: tier(0.2, 0.4), output_mtok: tier(12, 18) },
			}),
		).toEqual(["a|in=2 read=0.2 out=12|long=200000:2:1.5"]);
		expect(
			lines({ id: "a", prices: { input_mtok: tier(2, 4), cache_read_mtok: tier(0.2, 0.2), output_mtok: 12 } }),
		).toEqual(["a|in=4 read=0.2 out=12"]);
	});

	it("has the dearest of several kinds of tokens, which usage does not tell apart", () => {
		const taken = take(
			provider({ id: "a", prices: { input_mtok: 1, input_audio_mtok: 3, output_mtok: 2, output_image_mtok: 30 } }),
			() => true,
		);
		expect(taken.lines.map(writePriceLine)).toEqual(["a|in=3 out=30"]);
		expect(taken.dearest).toEqual(["a"]);
	});

	it("rounds up what is finer than can be charged", () => {
		expect(lines({ id: "a", prices: { input_mtok: 1 / 3, output_mtok: 0.1 + 0.2 } })).toEqual([
			"a|in=0.333334 out=0.3",
		]);
	});

	it("adds to a write what the data leaves open of it", () => {
		expect(lines({ id: "claude", prices: { input_mtok: 2, cache_write_mtok: 2.5, output_mtok: 4 } })).toEqual([
			"claude|in=2 write=2.5 hour=4 out=4",
		]);
		expect(lines({ id: "a", prices: { input_mtok: 2, cache_write_mtok: 0.5, output_mtok: 4 } })).toEqual([
			"a|in=2 write=2.5 out=4",
		]);
	});
});

it("leaves out, and says why, what does not chat or costs what a price cannot say", () => {
	const { lines: taken, left } = take(
		provider(
			{ id: "a-embedding", prices: { input_mtok: 1, output_mtok: 1 } },
			{ id: "b", prices: { input_mtok: 1 } },
			{ id: "c", prices: { input_mtok: 1, output_mtok: 1, requests_kcount: 5 } },
			{ id: "c-search-preview", prices: { input_mtok: 1, output_mtok: 1 } },
			{ id: "d", prices: {} },
			{ id: "d:free", prices: {} },
			{ id: "e", prices: { input_mtok: 1, output_mtok: 1 }, price_comments: "Imported from OpenRouter pricing" },
			{ id: "theirs", prices: { input_mtok: 1, output_mtok: 1 } },
			{ id: "f", prices: { input_mtok: 1, output_mtok: 1, web_searches_kcount: 10 } },
		),
		(id) => id !== "theirs",
	);
	expect(taken.map(writePriceLine)).toEqual(["d:free|in=0 out=0", "f|in=1 out=1"]);
	expect(Object.fromEntries(left)).toEqual({
		"does not chat": ["a-embedding", "b"],
		"also charged by requests_kcount": ["c"],
		"bills searches beside its tokens": ["c-search-preview"],
		"no price that says so": ["d"],
		"taken from OpenRouter": ["e"],
		"not an id of this vendor": ["theirs"],
	});
});
