import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import type { Tool } from "#core/chat/chat";
import { GatewayError } from "#core/errors";
import type { CredentialId } from "#core/ids";
import { matches } from "#core/key/policy";
import { type AutoRule, SKILLS } from "#core/routing/auto-rules";
import { BoundedMemory } from "#core/routing/routing-memory";
import { explain, route } from "#router/route";
import { cases } from "#test/support/scale";
import {
	aliasOf,
	type CellSketch,
	directoryOf,
	healthOf,
	laterTurn,
	NOW,
	order,
	routeRequestOf,
	viewOf,
} from "./world";

const TARGETS = ["a/x", "a/y", "b/x", "b/z", "c/x"];
const NAMES = [...TARGETS, "x", "y", "list", "auto", "x:floor", "auto:nitro", "nonsense"];
const STRATEGIES = ["priority", "weighted", "cheapest", "fastest", "steadiest", "balanced", "auto"] as const;

const rate = fc.double({ min: 0, max: 1, noNaN: true });
const some = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const usd = fc.integer({ min: 0, max: 20_000 }).map((thousandths) => thousandths / 1_000);

const sketch = fc.record({
	input: usd,
	cached: usd,
	output: usd,
	tiers: fc.dictionary(fc.constantFrom(...SKILLS), fc.integer({ min: 1, max: 5 })),
	model: fc.record({
		context: some(fc.integer({ min: 500, max: 5_000 })),
		maxOutput: some(fc.integer({ min: 100, max: 5_000 })),
		tools: fc.boolean(),
		jsonSchema: fc.boolean(),
		reasoning: fc.boolean(),
	}),
});
const cell: fc.Arbitrary<CellSketch> = fc.oneof(
	fc.record({
		state: fc.constantFrom("open", "throttled"),
		until: some(fc.integer({ min: NOW - 5_000, max: NOW + 5_000 })),
		forced: fc.constantFrom(null, null, null, "open", "closed"),
		share: fc.constant(0),
	}),
	fc.record({
		state: fc.constantFrom("closed", "half_open", "ramping"),
		share: rate,
		shed: rate,
		successRate: some(rate),
		cachedShare: some(rate),
		ttftMs: some(fc.integer({ min: 1, max: 60_000 })),
		tokensPerSecond: some(fc.integer({ min: 1, max: 500 })),
	}),
);
const world = fc.record({
	sketches: fc.tuple(...TARGETS.map(() => sketch)).map((all) => Object.fromEntries(TARGETS.map((t, i) => [t, all[i]]))),
	cells: fc.dictionary(fc.constantFrom("a", "b", "c", "a#default", "b#default", ...TARGETS), cell),
	strategy: fc.constantFrom(...STRATEGIES),
	sticky: fc.boolean(),
	names: fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }),
	provider: some(
		fc.record(
			{
				order: fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 2 }),
				ignore: fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 1 }),
				sort: fc.constantFrom("price", "throughput"),
				allow_fallbacks: fc.boolean(),
				max_price: fc.record({ prompt: usd, completion: usd }),
			},
			{ requiredKeys: [] },
		),
	),
	policy: fc.record(
		{ models: fc.array(fc.constantFrom(...TARGETS, "a/*", "x"), { minLength: 1, maxLength: 3 }) },
		{ requiredKeys: [] },
	),
	asks: fc.record(
		{
			tools: fc.constant<Tool[]>([{ type: "function", function: { name: "f" } }]),
			response_format: fc.constant({ type: "json_schema" as const, json_schema: { name: "a" } }),
			max_completion_tokens: fc.integer({ min: 1, max: 5_000 }),
			reasoning_effort: fc.constantFrom<("none" | "high")[]>("none", "high"),
		},
		{ requiredKeys: [] },
	),
	turns: fc.integer({ min: 0, max: 12 }),
	at: some(fc.record({ target: fc.constantFrom(...TARGETS), cached: rate })),
	optimize: fc.constantFrom(null, "cost", "latency", "quality", "balanced"),
	critical: fc.boolean(),
	inputTokens: fc.integer({ min: 1, max: 5_000 }),
	random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
	rule: some(
		fc.record({
			skill: fc.constantFrom(...SKILLS),
			tier: fc.integer({ min: 1, max: 5 }),
			by: fc.constantFrom<AutoRule["by"][]>("score", "cheapest", "fastest", "steadiest"),
			prefer: fc.array(fc.constantFrom(...TARGETS, "b/*"), { maxLength: 2 }),
		}),
	),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

function caseOf(drawn: World) {
	const list = aliasOf("list", ["b/x", "x", "a/y"], { strategy: drawn.strategy, sticky: drawn.sticky });
	const memory = new BoundedMemory({ conversations: 1, families: 1 });
	if (drawn.at !== null) {
		const { target, cached } = drawn.at;
		const prompt = { tokens: 100, cached: Math.floor(100 * cached) };
		const credential = "default" as CredentialId;
		memory.learn({ conversation: "t", family: "f", target, credential, failed: false, prompt, output: 9 }, NOW);
	}
	const rules = viewOf(directoryOf({})).rules;
	const view = viewOf(directoryOf(drawn.sketches as Parameters<typeof directoryOf>[0], [list]), {
		health: healthOf(drawn.cells),
		memory,
		random: drawn.random,
		rules: {
			...rules,
			pool: ["a/*", "b/*"],
			rules: drawn.rule === null ? [] : [{ name: "r", when: {}, optimize: null, ...drawn.rule }],
		},
	});
	const { names, provider, policy, optimize, critical, inputTokens } = drawn;
	const routeRequest = routeRequestOf("", {
		preference: { models: names, ...(provider !== null && { provider }) },
		request: { ...laterTurn(drawn.turns), ...drawn.asks },
		policy,
		optimize,
		critical,
		conversation: "t",
		family: "f",
		inputTokens,
	});
	return { question: routeRequest, view };
}

/** Whether a cell on the way to a model lets nobody through. */
function isShut({ cells }: World, { provider, id }: Model): boolean {
	return [provider, `${provider}#default`, `${provider}/${id}`].some((name) => {
		const { state, forced, until = null } = cells[name] ?? {};
		if (until !== null && until <= NOW) return false;
		return forced === "open" || (forced !== "closed" && (state === "open" || state === "throttled"));
	});
}

describe("whatever is asked and known", () => {
	it("a plan names who may serve, each once, and says of all others why not; or an error says why nobody may", () => {
		const seen = { plans: 0, errors: new Set<string>() };
		fc.assert(
			fc.property(world, (drawn) => {
				const { question: routeRequest, view } = caseOf(drawn);
				try {
					const plan = route(routeRequest, view);
					seen.plans++;
					const targets = order(plan);
					const left = plan.excluded.map(({ target }) => target);
					expect(targets.length).toBeGreaterThan(0);
					expect(new Set([...targets, ...left]).size).toBe(targets.length + left.length);
					for (const { model, shutUntil, deferred, needsTrial, parts, score, expectedCost } of plan.candidates) {
						const target = `${model.provider}/${model.id}`;
						const { ignore = [], max_price: ceiling } = drawn.provider ?? {};
						expect(ignore).not.toContain(model.provider);
						const price = model.prices[0]?.price;
						if (ceiling !== undefined) {
							expect(price?.input).toBeLessThanOrEqual(ceiling.prompt * 1e6);
							expect(price?.output).toBeLessThanOrEqual(ceiling.completion * 1e6);
						}
						if (deferred !== "shut") expect(isShut(drawn, model)).toBe(false);
						const { models } = drawn.policy;
						if (models !== undefined) expect(matches(models, target) || matches(models, model.id)).toBe(true);
						if (shutUntil !== null) expect(deferred).toBe("shut");
						if (deferred === "trial") expect(needsTrial).toBe(true);
						for (const figure of [...Object.values(parts), score ?? 0, expectedCost ?? 0]) {
							expect(Number.isFinite(figure)).toBe(true);
						}
						if (targets.length > 1 && drawn.asks.tools !== undefined) expect(model.tools).toBe(true);
					}
					// Whom health puts behind the others is behind the others.
					const behind = plan.candidates.map(({ deferred }) => deferred !== null);
					expect(behind).toEqual(behind.toSorted((a, b) => Number(a) - Number(b)));
					if (plan.candidates.some(({ deferred }) => deferred === "shut")) expect(behind).not.toContain(false);
					if (plan.affinity === "kept") expect(targets[0]).toBe(drawn.at?.target);
				} catch (error) {
					if (!(error instanceof GatewayError)) throw error;
					seen.errors.add(error.details.code);
				}
			}),
			{ seed: 5, numRuns: cases(5_000, 5_000) },
		);
		expect(seen.plans).toBeGreaterThan(1_000);
		expect([...seen.errors].sort()).toEqual([
			"model_not_allowed",
			"model_not_found",
			"no_candidate",
			"no_provider_available",
			"rate_limit_exceeded",
		]);
	});

	it("the same question and view give the same plan, and to explain it changes no decision", () => {
		fc.assert(
			fc.property(world, (drawn) => {
				const once = caseOf(drawn);
				const decide = (how: typeof route) => {
					try {
						const plan = how(once.question, once.view);
						return plan.candidates.map(({ model, credential, deferred }) => [
							model.id,
							model.provider,
							credential,
							deferred,
						]);
					} catch (error) {
						return (error as GatewayError).details.message;
					}
				};
				expect(decide(route)).toEqual(decide(route));
				expect(decide(explain)).toEqual(decide(route));
			}),
			{ seed: 6, numRuns: cases(2_000) },
		);
	});
});
