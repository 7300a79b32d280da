import { describe, expect, it } from "vitest";
import type { CredentialId } from "#core/ids";
import type { Alias, Strategy } from "#core/routing/alias";
import { BoundedMemory } from "#core/routing/routing-memory";
import { route } from "#router/route";
import {
	aliasOf,
	type CellSketch,
	type Credentials,
	chances,
	directoryOf,
	healthOf,
	laterTurn,
	NOW,
	order,
	routeRequestOf,
	type Sketch,
	viewOf,
} from "#test/unit/router/world";

const MINUTE = 60_000;

interface Setting {
	readonly strategy?: Strategy;
	readonly alias?: Partial<Alias>;
	readonly models?: Record<string, Sketch>;
	readonly credentials?: Credentials;
	readonly cells?: Record<string, CellSketch>;
	/** Where the conversation was, with what share of its prompt cached. */
	readonly at?: { readonly target: string; readonly cached?: number; readonly credential?: string };
	/** What its family of tasks met elsewhere. */
	readonly met?: { readonly target: string; readonly cached: number };
	readonly turns?: number;
	readonly inputTokens?: number;
	readonly later?: number;
	readonly random?: number;
	readonly provider?: { order: string[] };
}

function planOf(setting: Setting) {
	const { strategy = "priority", models = { "a/m": {}, "b/m": {} }, cells = {}, turns = 4, later = MINUTE } = setting;
	const memory = new BoundedMemory({ conversations: 1, families: 1 });
	if (setting.at !== undefined) {
		const { target, cached = 0.9, credential = "default" } = setting.at;
		memory.learn(
			{
				conversation: "talk",
				family: "f",
				target,
				credential: credential as CredentialId,
				failed: false,
				prompt: { tokens: 1_000, cached: 1_000 * cached },
				output: 500,
			},
			NOW - later,
		);
	}
	for (let i = 0; setting.met !== undefined && i < 3; i++) {
		const { target, cached } = setting.met;
		const prompt = { tokens: 1_000, cached: 1_000 * cached };
		const credential = "default" as CredentialId;
		memory.learn({ conversation: null, family: "f", target, credential, failed: false, prompt, output: 500 }, NOW);
	}
	const directory = directoryOf(
		models,
		[aliasOf("any", Object.keys(models), { strategy, ...setting.alias })],
		setting.credentials,
	);
	const preference = { model: "any", ...(setting.provider && { provider: setting.provider }) };
	const { inputTokens = 10_000, random = 0.5 } = setting;
	const routeRequest = routeRequestOf("", {
		preference: preference,
		request: laterTurn(turns),
		conversation: "talk",
		family: "f",
		inputTokens,
	});
	return route(routeRequest, viewOf(directory, { memory, health: healthOf(cells), random }));
}

describe("a conversation", () => {
	it.each<Strategy>(["priority", "weighted", "cheapest", "fastest", "steadiest", "balanced", "auto"])(
		"stays where it was under %s",
		(strategy) => {
			for (const random of chances(40)) {
				const plan = planOf({ strategy, at: { target: "b/m" }, random });
				expect(order(plan)[0]).toBe("b/m");
				expect(plan).toMatchObject({ affinity: "kept", recall: false });
			}
		},
	);

	it("leaves when its circuit opens, and stays with whom it came to", () => {
		const away = planOf({ at: { target: "a/m" }, cells: { "a/m": { state: "open", until: NOW + 9 } } });
		expect(order(away)).toEqual(["b/m"]);
		const half = planOf({ at: { target: "a/m" }, cells: { "a/m": { state: "half_open" } }, random: 0.5 });
		expect(half).toMatchObject({ affinity: "left", candidates: [{ model: { provider: "b" } }, {}] });
		expect(order(planOf({ at: { target: "b/m" } }))).toEqual(["b/m", "a/m"]);
	});

	it("is forgotten after ten minutes, and its key's object is asked", () => {
		const plan = planOf({ at: { target: "b/m" }, later: 10 * MINUTE });
		expect(order(plan)[0]).toBe("a/m");
		expect(plan).toMatchObject({ affinity: null, recall: true });
	});

	it("is not asked after when nothing hangs on it", () => {
		expect(planOf({}).recall).toBe(true);
		expect(planOf({ turns: 0 }).recall).toBe(false);
		expect(planOf({ models: { "a/m": {} } }).recall).toBe(false);
		expect(planOf({ cells: { "a/m": { state: "open", until: NOW + 9 } } }).recall).toBe(false);
		expect(planOf({ alias: { sticky: false } }).recall).toBe(false);
		expect(planOf({ provider: { order: ["a"] } }).recall).toBe(false);
	});

	it("has no say where the alias or the request's own order forbid it", () => {
		expect(order(planOf({ at: { target: "b/m" }, alias: { sticky: false } }))[0]).toBe("a/m");
		expect(order(planOf({ at: { target: "b/m" }, provider: { order: ["a"] } }))[0]).toBe("a/m");
	});

	it("stays under the credential whose account has its prompt", () => {
		for (const random of chances(40)) {
			const credentials = { b: { x: 9, y: 1 } };
			const plan = planOf({ at: { target: "b/m", credential: "y" }, credentials, random });
			expect(plan.candidates[0]).toMatchObject({ model: { provider: "b" }, credential: "y" });
			const cells = { "b#y": { state: "open", until: NOW + 9 } } as const;
			const moved = planOf({ at: { target: "b/m", credential: "y" }, credentials, cells, random });
			expect(moved.candidates[0]).toMatchObject({ model: { provider: "b" }, credential: "x" });
		}
	});
});

describe("a warm cache", () => {
	// The other costs a third less per token, cached or not.
	const models = {
		"a/m": { input: 3, cached: 0.3, output: 0 },
		"b/m": { input: 2, cached: 0.2, output: 0 },
	};
	const first = (turns: number, cached: number, rest: Setting = {}) =>
		order(planOf({ strategy: "cheapest", models, at: { target: "a/m", cached }, turns, ...rest }))[0];

	it("is worth more than a lower price while few turns are to come", () => {
		// Staying: 0.57 a token. Leaving: 2 once, then 0.38; so eight further turns on average pay for it, and two do not.
		expect(first(2, 0.9)).toBe("a/m");
		expect(first(8, 0.9)).toBe("b/m");
	});

	it("is worth nothing where nothing is cached", () => {
		expect(first(2, 0)).toBe("b/m");
	});

	it("is not hoped for at a vendor that was seen to give less", () => {
		expect(first(8, 0.9, { met: { target: "b/m", cached: 0.1 } })).toBe("a/m");
	});

	it("is not counted twice: the cost of this turn alone is what it costs to come cold", () => {
		const plan = planOf({ strategy: "cheapest", models, at: { target: "a/m" }, turns: 2, inputTokens: 2_000 });
		expect(plan.candidates.map(({ expectedCost }) => expectedCost)).toEqual([1_140_000, 4_000_000]);
		expect(plan.candidates[1]?.parts.cost_per_turn).toBeCloseTo((4_000_000 + 2 * 760_000) / 3);
	});
});

describe("another target", () => {
	const stays = (strategy: Strategy, cells: Record<string, CellSketch>) =>
		planOf({ strategy, cells, at: { target: "a/m" } }).affinity === "kept";
	const speed = (ttftMs: number) => ({ ttftMs, tokensPerSecond: 1_000_000 });

	it("must be twice as fast", () => {
		expect(stays("fastest", { "a/m": speed(1_900), "b/m": speed(1_000) })).toBe(true);
		expect(stays("fastest", { "a/m": speed(2_100), "b/m": speed(1_000) })).toBe(false);
	});

	it("must succeed more often by more than a twentieth", () => {
		expect(stays("steadiest", { "a/m": { successRate: 0.9 }, "b/m": { successRate: 0.94 } })).toBe(true);
		expect(stays("steadiest", { "a/m": { successRate: 0.5 }, "b/m": { successRate: 1 } })).toBe(false);
	});

	it("must score better by more than a twentieth", () => {
		expect(stays("balanced", { "a/m": speed(1_000), "b/m": speed(900) })).toBe(true);
		expect(stays("balanced", { "a/m": speed(60_000), "b/m": speed(500) })).toBe(false);
	});
});
