import * as v from "valibot";
import { describe, expect, it } from "vitest";
import type { ChatRequest, Message } from "#core/chat/chat";
import { type AutoRule, type AutoRules, AutoRulesSchema } from "#core/routing/auto-rules";
import { requirementsOf, signalsOf } from "#operations/chat/requirements";
import { DEFAULT_RULES } from "#router/ranking/default-rules";
import { route } from "#router/route";
import { aliasOf, directoryOf, healthOf, order, requestOf, routeRequestOf, viewOf } from "./world";

const directory = directoryOf(
	{
		"a/cheap": { input: 0.1, tiers: { general: 1, tools: 4 }, model: { input: ["text", "image"] } },
		"a/middling": { input: 1, tiers: { general: 3, code: 2 } },
		"b/strong": { input: 10, tiers: { general: 5 } },
		"b/unrated": { input: 1 },
	},
	[aliasOf("two", ["a/middling", "a/cheap"], { strategy: "auto", optimize: "cost" })],
);

const equal = { quality: 1, cost: 1, latency: 1, success: 1 };
const alone = { quality: 0, cost: 0, latency: 0, success: 0 };
const rulesOf = (rules: Partial<AutoRule>[], rest: Partial<AutoRules> = {}): AutoRules => ({
	pool: ["a/*", "b/*"],
	optimize: "balanced",
	weights: {
		cost: { ...alone, cost: 1 },
		latency: { ...alone, latency: 1 },
		quality: { ...alone, quality: 1 },
		balanced: equal,
	},
	rules: rules.map((rule, i) => ({
		name: `rule ${i + 1}`,
		when: {},
		skill: "general",
		tier: 1,
		optimize: null,
		by: "score",
		prefer: [],
		...rule,
	})),
	...rest,
});
const planOf = (rules: AutoRules, rest: Parameters<typeof routeRequestOf>[1] = {}, name = "auto") =>
	route(routeRequestOf(name, rest), viewOf(directory, { rules }));
const saying = (content: string) => ({ request: requestOf(content) });

describe("auto", () => {
	it("chooses among the pool, in its order where all else is equal, and among all when none of it serves", () => {
		const indifferent = { balanced: { ...alone, success: 1 } };
		const rules = (pool: string[]) => rulesOf([], { pool, weights: { ...rulesOf([]).weights, ...indifferent } });
		expect(order(planOf(rules(["b/*", "a/cheap"])))).toEqual(["b/strong", "b/unrated", "a/cheap"]);
		expect(order(planOf(rules(["no/such"])))).toEqual(["a/cheap", "a/middling", "b/strong", "b/unrated"]);
	});

	it("weighs what the request wants, else the alias, else the rule, else the rules as a whole", () => {
		const rules = rulesOf([{ optimize: "quality" }], { optimize: "cost" });
		expect(order(planOf(rules))[0]).toBe("b/strong");
		expect(order(planOf(rules, { optimize: "cost" }))[0]).toBe("a/cheap");
		expect(order(planOf(rules, {}, "two"))[0]).toBe("a/cheap");
		expect(order(planOf(rules, { optimize: "quality" }, "two"))[0]).toBe("a/middling");
		expect(order(planOf(rulesOf([], { optimize: "cost" })))[0]).toBe("a/cheap");
	});

	it("lets the first rule apply that holds, and names it", () => {
		const rules = rulesOf([{ when: { critical: true }, tier: 5 }, { when: { plain: true }, optimize: "cost" }, {}]);
		expect(planOf(rules)).toMatchObject({ strategy: "auto", rule: "rule 2" });
		expect(planOf(rules, { critical: true })).toMatchObject({ rule: "rule 1" });
		expect(order(planOf(rules, { critical: true }))[0]).toBe("b/strong");
		expect(planOf(rules, saying("Debug this."))).toMatchObject({ rule: "rule 3" });
		expect(planOf(rulesOf([]))).toMatchObject({ rule: null });
	});

	it("leaves models below the tier for when nobody else is left", () => {
		const plan = planOf(rulesOf([{ tier: 3, optimize: "cost" }]));
		expect(order(plan)).toEqual(["a/middling", "b/strong", "a/cheap", "b/unrated"]);
		expect(order(planOf(rulesOf([{ skill: "code", tier: 3, optimize: "cost" }])))[0]).toBe("b/strong");
		expect(order(planOf(rulesOf([{ skill: "tools", tier: 4, optimize: "cost" }])))[0]).toBe("a/cheap");
	});

	it("puts preferred models first, in their order, and the tier decides among the others", () => {
		const plan = planOf(rulesOf([{ prefer: ["b/unrated", "a/*"], tier: 4, optimize: "cost" }]));
		expect(order(plan)).toEqual(["b/unrated", "a/cheap", "a/middling", "b/strong"]);
	});

	it("may rank by one figure alone", () => {
		const health = healthOf({ "a/cheap": { successRate: 0.9 }, "a/middling": { successRate: 1 } });
		const by = (by: AutoRule["by"]) =>
			order(route(routeRequestOf("auto"), viewOf(directory, { rules: rulesOf([{ by }]), health })))[0];
		expect(by("steadiest")).toBe("a/middling");
		expect(by("cheapest")).toBe("a/cheap");
	});

	it("never takes one that cannot do what is asked", () => {
		const content = [{ type: "image_url" as const, image_url: { url: "https://example.com/a.png" } }];
		const request = requestOf("", { messages: [{ role: "user", content }] });
		expect(order(planOf(rulesOf([{ optimize: "quality" }]), { request }))).toEqual(["a/cheap"]);
	});

	it("is limited to a provider that is named beside it", () => {
		const preference = { model: "auto", provider: "a" };
		expect(order(planOf(rulesOf([]), { preference: preference })).every((target) => target.startsWith("a/"))).toBe(
			true,
		);
	});
});

describe("a condition", () => {
	const applies = (when: AutoRule["when"], rest: Parameters<typeof routeRequestOf>[1]) =>
		planOf(rulesOf([{ when }]), rest).rule !== null;

	it("holds within its bounds of the prompt", () => {
		const when = { input: { least: 10, most: 20 } };
		const at = (inputTokens: number) => applies(when, { inputTokens });
		expect([9, 10, 20, 21].map(at)).toEqual([false, true, true, false]);
	});

	it("holds when all its labels are the request's", () => {
		const labelled = (metadata: Record<string, string>) => ({ request: requestOf("Hello", { metadata }) });
		const when = { metadata: { team: "search", tier: "gold" } };
		expect(applies(when, labelled({ team: "search", tier: "gold", more: "x" }))).toBe(true);
		expect(applies(when, labelled({ team: "search" }))).toBe(false);
		expect(applies(when, {})).toBe(false);
	});

	it("holds when any of what it lists is asked for", () => {
		expect(applies({ asks: ["tools", "code"] }, saying("Write a unit test."))).toBe(true);
		expect(applies({ asks: ["tools", "images"] }, saying("Write a unit test."))).toBe(false);
	});
});

describe("what a request is seen to ask for", () => {
	const signals = (request: ChatRequest) => [...signalsOf(requirementsOf(request), request)].sort();
	const parts = (...content: Exclude<Extract<Message, { role: "user" }>["content"], string>) =>
		requestOf("", { messages: [{ role: "user", content }] });

	it.each<[string, ChatRequest, string[]]>([
		["an image", parts({ type: "image_url", image_url: { url: "x" } }), ["images"]],
		["a video", parts({ type: "video_url", video_url: { url: "x" } }), ["images"]],
		["a recording", parts({ type: "input_audio", input_audio: { data: "", format: "wav" } }), ["audio"]],
		["a file", parts({ type: "file", file: {} }), ["documents"]],
		["a spoken answer", requestOf("Hi", { modalities: ["text", "audio"] }), ["audio"]],
		["tools", requestOf("Hi", { tools: [{ type: "function", function: { name: "f" } }] }), ["tools"]],
		["no tools", requestOf("Hi", { tools: [] }), []],
		["a schema", requestOf("Hi", { response_format: { type: "json_schema", json_schema: { name: "a" } } }), ["schema"]],
		["JSON", requestOf("Hi", { response_format: { type: "json_object" } }), []],
		["thought", requestOf("Hi", { reasoning_effort: "low" }), ["reasoning"]],
		["no thought", requestOf("Hi", { reasoning_effort: "minimal" }), []],
		["a fence", requestOf("What does this do?\n```\nx = 1\n```"), ["code"]],
		["a function", requestOf("function add(a, b) {\n  return a + b;\n}"), ["code"]],
		["a word of the trade", requestOf("Please refactor the login page"), ["code"]],
		["代码", requestOf("帮我写一段代码"), ["code"]],
		["prose", requestOf("Import duties on class rings: from what value? Use simple words."), []],
		[
			"code long ago",
			requestOf("", {
				messages: [
					{ role: "user", content: "debug" },
					{ role: "user", content: "Hi" },
				],
			}),
			[],
		],
	])("%s", (_, request, expected) => {
		expect(signals(request)).toEqual(expected);
	});
});

describe("the rules", () => {
	it("are valid as they come with the gateway, and so are the tests'", () => {
		expect(v.parse(AutoRulesSchema, DEFAULT_RULES)).toEqual(DEFAULT_RULES);
		expect(v.parse(AutoRulesSchema, rulesOf([{}]))).toEqual(rulesOf([{}]));
	});

	it("are refused without a weight, a pool or with a field that nobody knows", () => {
		const broken = [
			{ ...DEFAULT_RULES, pool: [] },
			{ ...DEFAULT_RULES, weights: { ...DEFAULT_RULES.weights, cost: alone } },
			{ ...DEFAULT_RULES, rules: [{ ...DEFAULT_RULES.rules[0], tier: 6 }] },
			{ ...DEFAULT_RULES, rules: [{ ...DEFAULT_RULES.rules[0], when: { criticl: true } }] },
			{ ...DEFAULT_RULES, more: true },
		];
		for (const rules of broken) expect(v.safeParse(AutoRulesSchema, rules).success).toBe(false);
	});
});
