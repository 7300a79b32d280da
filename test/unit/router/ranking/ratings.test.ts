import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import type { CredentialId } from "#core/ids";
import type { Strategy } from "#core/routing/alias";
import { BoundedMemory } from "#core/routing/routing-memory";
import { embeddings } from "#operations/embeddings/index";
import { images } from "#operations/images/index";
import type { CanonicalRequest, Operation } from "#operations/operation";
import { rerank } from "#operations/rerank/index";
import { videos } from "#operations/videos/index";
import { route } from "#router/route";
import {
	aliasOf,
	type CellSketch,
	chances,
	directoryOf,
	healthOf,
	NOW,
	order,
	routeRequestOf,
	type Sketch,
	viewOf,
} from "#test/unit/router/world";

const MODELS: Record<string, Sketch> = {
	"a/m": { input: 1, output: 10, tiers: { general: 5 } },
	"b/m": { input: 2, output: 2, tiers: { general: 3 } },
	"c/m": { input: 0.1, output: 40, tiers: { general: 1 } },
};

/** The plan of an alias over the three, with so many expected prompt tokens. */
function planOf(
	strategy: Strategy,
	cells: Record<string, CellSketch> = {},
	rest: Parameters<typeof routeRequestOf>[1] = {},
) {
	const directory = directoryOf(MODELS, [aliasOf("any", Object.keys(MODELS), { strategy })]);
	return route(routeRequestOf("any", rest), viewOf(directory, { health: healthOf(cells) }));
}

describe("priority", () => {
	it("keeps the order of the list, whatever is cheaper or faster", () => {
		expect(order(planOf("priority", { "a/m": { ttftMs: 9_000, successRate: 0.6 } }))).toEqual(["a/m", "b/m", "c/m"]);
	});
});

describe("weighted", () => {
	const directory = directoryOf(MODELS, [
		aliasOf("mix", [], {
			strategy: "weighted",
			targets: [
				{ model: "a/m", weight: 6 },
				{ model: "b/m", weight: 3 },
				{ model: "c/m", weight: 0 },
			],
		}),
		aliasOf("hosts", [], {
			strategy: "weighted",
			targets: [
				{ model: "m", weight: 1 },
				{ model: "a/m", weight: 1 },
			],
		}),
	]);
	const plans = chances(3_000).map((random) => route(routeRequestOf("mix"), viewOf(directory, { random })));

	it("gives each its share, and what weighs nothing only what the others cannot serve", () => {
		const share = (target: string) => plans.filter((plan) => order(plan)[0] === target).length / plans.length;
		expect(share("a/m")).toBeCloseTo(2 / 3, 1);
		expect(share("b/m")).toBeCloseTo(1 / 3, 1);
		for (const plan of plans) expect(order(plan).at(-1)).toBe("c/m");
	});

	it("spreads the weight of one target over its hosts", () => {
		const plans = chances(3_000).map((random) => route(routeRequestOf("hosts"), viewOf(directory, { random })));
		const share = (target: string) => plans.filter((plan) => order(plan)[0] === target).length / plans.length;
		for (const target of ["a/m", "b/m", "c/m"]) expect(share(target)).toBeCloseTo(1 / 3, 1);
	});
});

describe("cheapest", () => {
	it("reckons this request, not the list price of its input", () => {
		const short = { inputTokens: 100 };
		const long = { inputTokens: 100_000 };
		expect(order(planOf("cheapest", {}, short))).toEqual(["b/m", "a/m", "c/m"]);
		expect(order(planOf("cheapest", {}, long))).toEqual(["c/m", "a/m", "b/m"]);
	});

	it("reckons what the vendor was seen to have cached at its cached price", () => {
		const directory = directoryOf({ "a/m": { input: 1, cached: 0.1 }, "b/m": { input: 0.8, cached: 0.8, output: 4 } });
		const preference = { model: "m", provider: { sort: "price" as const } };
		const first = (cachedShare: number) =>
			order(
				route(
					routeRequestOf("", { preference: preference, inputTokens: 10_000 }),
					viewOf(directory, { health: healthOf({ "a/m": { cachedShare } }) }),
				),
			)[0];
		expect(first(0)).toBe("b/m");
		expect(first(0.1)).toBe("b/m");
		expect(first(0.5)).toBe("a/m");
	});

	it("believes of a family of tasks what it met at that vendor, else what it met at the best one, and hopes where nobody knows", () => {
		const models = { "a/m": { input: 1, cached: 0.1, output: 0 }, "b/m": { input: 1.2, cached: 0.1, output: 0 } };
		const learnt = { conversation: null, family: "f", credential: "d" as CredentialId, failed: false, output: 1 };
		const perTurn = (shares: Record<string, number>, inputTokens = 10_000) => {
			const memory = new BoundedMemory({ conversations: 1, families: 1 });
			for (const [target, share] of Object.entries(shares)) {
				const prompt = { tokens: 100, cached: 100 * share };
				for (let i = 0; i < 3; i++) memory.learn({ ...learnt, target, prompt }, NOW);
			}
			const preference = { model: "m", provider: { sort: "price" as const } };
			const plan = route(
				routeRequestOf("", { preference: preference, family: "f", inputTokens }),
				viewOf(directoryOf(models), { memory }),
			);
			return Object.fromEntries(plan.candidates.map(({ model, parts }) => [model.provider, parts.cost_per_turn]));
		};
		expect(perTurn({})).toEqual({ a: 5_500_000, b: 6_500_000 });
		expect(perTurn({ "a/m": 0 })).toEqual({ a: 10_000_000, b: 6_500_000 });
		expect(perTurn({ "a/m": 0.9 })).toEqual({ a: 1_900_000, b: 2_100_000 });
		expect(perTurn({ "a/m": 0.9, "b/m": 0.2 })).toEqual({ a: 1_900_000, b: 9_800_000 });
		// Vendors keep no prompts as short as this.
		expect(perTurn({ "a/m": 0.9 }, 1_000)).toEqual({ a: 1_000_000, b: 1_200_000 });
	});

	it("puts a model without a price last", () => {
		const directory = directoryOf({ "a/m": { model: { prices: [] } }, "b/m": { input: 100 } });
		const preference = { model: "m", provider: { sort: "price" as const } };
		expect(order(route(routeRequestOf("", { preference: preference }), viewOf(directory)))).toEqual(["b/m", "a/m"]);
	});

	it("expects the output that the family of tasks was seen to have, at that very model if it is known there", () => {
		const directory = directoryOf({ "a/m": { input: 1, output: 10 }, "b/m": { input: 1, output: 12 } });
		const memory = new BoundedMemory({ conversations: 1, families: 1 });
		const learn = (target: string, output: number) =>
			memory.learn(
				{
					conversation: null,
					family: "f",
					target,
					credential: "d" as CredentialId,
					failed: false,
					prompt: null,
					output,
				},
				NOW,
			);
		const preference = { model: "m", provider: { sort: "price" as const } };
		const plan = () =>
			route(routeRequestOf("", { preference: preference, family: "f" }), viewOf(directory, { memory }));
		for (let i = 0; i < 3; i++) learn("a/m", 1_000);
		expect(plan().candidates.map(({ expectedCost }) => expectedCost)).toEqual([11_000_000, 13_000_000]);
		for (let i = 0; i < 3; i++) learn("b/m", 100);
		expect(plan().candidates.map(({ model, expectedCost }) => [model.provider, expectedCost])).toEqual([
			["b", 2_200_000],
			["a", 11_000_000],
		]);
	});
});

describe("fastest", () => {
	const cells = {
		"a/m": { ttftMs: 200, tokensPerSecond: 25 },
		"b/m": { ttftMs: 2_000, tokensPerSecond: 250 },
		"c/m": { ttftMs: 1_000, tokensPerSecond: 100 },
	};

	it("weighs the first token and all that follow", () => {
		const plan = planOf("fastest", cells);
		expect(order(plan)).toEqual(["b/m", "c/m", "a/m"]);
		expect(plan.candidates.map(({ parts }) => parts.expected_ms)).toEqual([4_000, 6_000, 20_200]);
		const request = { ...routeRequestOf("").request, max_completion_tokens: 10 };
		expect(order(planOf("fastest", cells, { request }))).toEqual(["a/m", "c/m", "b/m"]);
	});

	it("takes one that was not seen of late for a middling one, and tries it now and then", () => {
		const { "c/m": _, ...known } = cells;
		const directory = directoryOf(MODELS, [aliasOf("any", Object.keys(MODELS), { strategy: "fastest" })]);
		const firsts = chances(4_000).map(
			(random) => order(route(routeRequestOf("any"), viewOf(directory, { health: healthOf(known), random })))[0],
		);
		const share = firsts.filter((target) => target === "c/m").length / firsts.length;
		expect(share).toBeGreaterThan(0.01);
		expect(share).toBeLessThan(0.03);
		expect(new Set(firsts)).toEqual(new Set(["b/m", "c/m"]));
	});
});

describe("steadiest", () => {
	it("takes who fails least, and the first of those that are as good", () => {
		const cells = { "a/m": { successRate: 0.95 }, "b/m": { successRate: 0.998 }, "c/m": { successRate: 1 } };
		expect(order(planOf("steadiest", cells))).toEqual(["b/m", "c/m", "a/m"]);
	});

	it("heeds what this family of tasks met there", () => {
		const memory = new BoundedMemory({ conversations: 1, families: 1 });
		const learnt = { conversation: null, family: "f", credential: "d" as CredentialId, prompt: null, output: null };
		for (let i = 0; i < 10; i++) memory.learn({ ...learnt, target: "a/m", failed: i % 2 === 0 }, NOW);
		const directory = directoryOf(MODELS, [aliasOf("any", Object.keys(MODELS), { strategy: "steadiest" })]);
		const plan = route(routeRequestOf("any", { family: "f" }), viewOf(directory, { memory }));
		expect(order(plan)).toEqual(["b/m", "c/m", "a/m"]);
		expect(plan.candidates.at(-1)?.parts.success_rate).toBeCloseTo((5 + 8 * 0.99) / 18);
	});
});

describe("balanced", () => {
	const cells = {
		"a/m": { ttftMs: 5_000, tokensPerSecond: 20, successRate: 1 },
		"b/m": { ttftMs: 300, tokensPerSecond: 200, successRate: 1 },
		"c/m": { ttftMs: 500, tokensPerSecond: 100, successRate: 0.85 },
	};

	it("scores each part from 0 to 1 and weighs them as the request wants", () => {
		const by = (optimize: "cost" | "latency" | "quality" | null) => planOf("balanced", cells, { optimize });
		expect(order(by("quality"))[0]).toBe("a/m");
		expect(order(by("latency"))[0]).toBe("b/m");
		expect(order(by("cost"))[0]).toBe("b/m");
		for (const { score, parts } of by(null).candidates) {
			const { quality = 0, cost = 0, latency = 0, success = 0 } = parts;
			expect(score).toBeCloseTo((2 * quality + 4 * cost + 2 * latency + 2 * success) / 10);
			for (const part of [quality, cost, latency, success]) {
				expect(part).toBeGreaterThanOrEqual(0);
				expect(part).toBeLessThanOrEqual(1);
			}
		}
	});
});

describe("operations other than chat", () => {
	const fee = (rules: Model["rules"], output: Model["output"]): Sketch => ({
		input: 0,
		output: 0,
		model: { rules, output, traits: { video: { seconds: [4, 8], sizes: ["1280x720"] } } },
	});
	const OPERATIONS = {
		embeddings: {
			operation: embeddings as Operation,
			request: { stream: false, inputs: ["Hello"] } as CanonicalRequest,
			models: {
				"a/m": { input: 2, output: 0, model: { output: ["embedding"], family: "e" } },
				"b/m": { input: 1, output: 0, model: { output: ["embedding"], family: "e" } },
			},
		},
		images: {
			operation: images as Operation,
			request: { stream: false, prompt: "A lighthouse", pictures: [], size: "1024x1024" } as CanonicalRequest,
			models: {
				"a/m": fee({ imageFees: { image: 40_000_000 } }, ["image"]),
				"b/m": fee({ imageFees: { tile: 5_000_000 } }, ["image"]),
			},
		},
		rerank: {
			operation: rerank as Operation,
			request: { stream: false, query: "Hello", documents: ["one", "two"], top: 1 } as CanonicalRequest,
			models: {
				"a/m": { input: 2, output: 0, model: { output: ["rerank"], family: "r" } },
				"b/m": { input: 1, output: 0, model: { output: ["rerank"], family: "r" } },
			},
		},
		videos: {
			operation: videos as Operation,
			request: { stream: false, prompt: "A lighthouse", seconds: 8 } as CanonicalRequest,
			models: {
				"a/m": fee({ videoFees: { whole: 900_000_000 } }, ["video"]),
				"b/m": fee({ videoFees: { second: { "720p": 100_000_000 } } }, ["video"]),
			},
		},
	} satisfies Record<string, { operation: Operation; request: CanonicalRequest; models: Record<string, Sketch> }>;

	it.each(Object.entries(OPERATIONS))("%s go to the first, the cheapest or the fastest", (_, asked) => {
		const { operation, request, models } = asked;
		const planFor = (strategy: Strategy, cells: Record<string, CellSketch> = {}) => {
			const directory = directoryOf(models, [aliasOf("any", ["a/m", "b/m"], { strategy })]);
			return order(
				route(routeRequestOf("any", { operation, request }), viewOf(directory, { health: healthOf(cells) })),
			);
		};
		expect(planFor("priority")).toEqual(["a/m", "b/m"]);
		expect(planFor("cheapest")).toEqual(["b/m", "a/m"]);
		const known = { "a/m": { ttftMs: 100, tokensPerSecond: 50 }, "b/m": { ttftMs: 9_000, tokensPerSecond: 50 } };
		expect(planFor("fastest", known)).toEqual(["a/m", "b/m"]);
		expect(planFor("fastest", { "a/m": known["b/m"], "b/m": known["a/m"] })).toEqual(["b/m", "a/m"]);
	});
});
