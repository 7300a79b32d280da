import { describe, expect, it } from "vitest";
import type { CredentialId, ProviderName } from "#core/ids";
import type { KeyPolicy } from "#core/key/policy";
import { explain, route } from "#router/route";
import { aliasOf, directoryOf, order, reasons, refusal, requestOf, routeRequestOf, viewOf } from "./world";

const directory = directoryOf(
	{
		"lab/owl": { input: 2, output: 8, model: { family: "owl", input: ["text", "image"], context: 1_000_000 } },
		"host/owl-fp8": { input: 1, output: 5, model: { family: "owl", tools: false, context: 8_000, maxOutput: 1_000 } },
		"shop/lab/owl": {
			input: 3,
			output: 9,
			model: { family: "owl", jsonSchema: false, reasoning: false, regions: ["eu"] },
		},
		"lab/emu": { input: 0.1, output: 0.4 },
	},
	[
		aliasOf("both", ["lab/emu", "owl"]),
		aliasOf("thrifty", ["lab/owl", "host/owl-fp8", "shop/lab/owl"], { strategy: "cheapest" }),
	],
);
const view = viewOf(directory);
const routed = (model: string, rest: Parameters<typeof routeRequestOf>[1] = {}) =>
	route(routeRequestOf(model, rest), view);

describe("a request that names files", () => {
	const accounts = directoryOf({ "lab/owl": {}, "host/owl": {} }, [aliasOf("any", ["lab/owl", "host/owl"])], {
		host: { first: 9, second: 1, third: 5 },
	});
	const account = { provider: "host" as ProviderName, credential: "second" as CredentialId };

	it.each(["any", "owl", "host/owl"])("called %s goes to the account that keeps them alone", (model) => {
		const plan = route(routeRequestOf(model, { preference: { model, account } }), viewOf(accounts));
		expect(plan.candidates.map(({ model: { provider }, credential }) => [provider, credential])).toEqual([
			["host", "second"],
		]);
		if (model !== "host/owl") expect(reasons(plan)).toMatchObject({ "lab/owl": "files_at:host" });
	});

	it("is refused where no model there is named", () => {
		const preference = { model: "lab/owl", account };
		expect(refusal(routeRequestOf("", { preference }), viewOf(accounts))).toMatchObject({ code: "no_candidate" });
	});
});

describe("naming", () => {
	it.each<[string, string[]]>([
		["lab/owl", ["lab/owl"]],
		["owl", ["lab/owl", "host/owl-fp8", "shop/lab/owl"]],
		["OWL", ["lab/owl", "host/owl-fp8", "shop/lab/owl"]],
		["owl-fp8", ["host/owl-fp8", "lab/owl", "shop/lab/owl"]],
		["host/owl", ["host/owl-fp8"]],
		["shop/lab/owl", ["shop/lab/owl"]],
		["emu", ["lab/emu"]],
		["owl:floor", ["host/owl-fp8", "lab/owl", "shop/lab/owl"]],
		["both", ["lab/emu", "lab/owl", "host/owl-fp8", "shop/lab/owl"]],
		["Both", ["lab/emu", "lab/owl", "host/owl-fp8", "shop/lab/owl"]],
	])("%s is %j", (model, expected) => {
		expect(order(routed(model))).toEqual(expected);
	});

	it("takes further models after the first, each once, and does not mix them", () => {
		const preference = { model: "emu", models: ["no-such", "owl", "lab/owl"], provider: { sort: "price" as const } };
		expect(order(routed("", { preference: preference }))).toEqual([
			"lab/emu",
			"host/owl-fp8",
			"lab/owl",
			"shop/lab/owl",
		]);
	});

	it("names the alias and its strategy", () => {
		const plan = routed("thrifty");
		expect(plan.alias?.name).toBe("thrifty");
		expect(plan.strategy).toBe("cheapest");
		expect(routed("owl:nitro").strategy).toBe("fastest");
		expect(routed("owl")).toMatchObject({ alias: null, strategy: "priority" });
	});

	it("limits an alias to a provider that is named beside it", () => {
		expect(order(routed("", { preference: { model: "both", provider: "host" } }))).toEqual(["host/owl-fp8"]);
	});
});

describe("the provider object", () => {
	const preferring = (provider: object) => routed("", { preference: { model: "owl", provider } });

	it("orders, picks and ignores providers", () => {
		expect(order(preferring({ order: ["shop"] }))).toEqual(["shop/lab/owl", "lab/owl", "host/owl-fp8"]);
		expect(order(preferring({ only: ["shop", "host"] }))).toEqual(["host/owl-fp8", "shop/lab/owl"]);
		const plan = preferring({ ignore: ["lab"] });
		expect(order(plan)).toEqual(["host/owl-fp8", "shop/lab/owl"]);
		expect(reasons(plan)).toEqual({ "lab/owl": "preference" });
	});

	it("sorts by price or speed", () => {
		expect(preferring({ sort: "price" }).strategy).toBe("cheapest");
		expect(order(preferring({ sort: "price" }))[0]).toBe("host/owl-fp8");
		expect(preferring({ sort: "throughput" }).strategy).toBe("fastest");
	});

	it("has no fallbacks where it forbids them: those in order, else the best of each model", () => {
		expect(order(preferring({ order: ["shop", "host"], allow_fallbacks: false }))).toEqual([
			"shop/lab/owl",
			"host/owl-fp8",
		]);
		expect(order(preferring({ sort: "price", allow_fallbacks: false }))).toEqual(["host/owl-fp8"]);
		const preference = { models: ["owl", "emu"], provider: { allow_fallbacks: false } };
		expect(order(routed("", { preference: preference }))).toEqual(["lab/owl", "lab/emu"]);
	});

	it("holds its price ceiling and its regions, even against a model that is named alone", () => {
		const plan = preferring({ max_price: { prompt: 2, completion: 8 } });
		expect(order(plan)).toEqual(["lab/owl", "host/owl-fp8"]);
		expect(reasons(plan)).toEqual({ "shop/lab/owl": "price" });
		expect(order(preferring({ regions: ["eu", "ch"] }))).toEqual(["shop/lab/owl"]);
		for (const provider of [{ max_price: { prompt: 1.99 } }, { regions: ["eu"] }]) {
			const preference = { model: "lab/owl", provider };
			expect(refusal(routeRequestOf("", { preference: preference }), view)).toMatchObject({
				status: 400,
				code: "no_candidate",
			});
		}
	});
});

describe("the filters", () => {
	const asking = (rest: Parameters<typeof requestOf>[1], inputTokens = 1_000) =>
		routed("owl", { request: requestOf("Hello", rest), inputTokens });
	const schema = { type: "json_schema" as const, json_schema: { name: "answer" } };
	const image = { type: "image_url" as const, image_url: { url: "https://example.com/owl.png" } };
	const tools = [{ type: "function" as const, function: { name: "hoot" } }];

	it("leave out who cannot do what is asked", () => {
		expect(reasons(asking({ tools }))).toEqual({ "host/owl-fp8": "capability:tools" });
		expect(reasons(asking({ response_format: schema }))).toEqual({ "shop/lab/owl": "capability:json_schema" });
		expect(reasons(asking({ messages: [{ role: "user", content: [image] }] }))).toEqual({
			"host/owl-fp8": "capability:image",
			"shop/lab/owl": "capability:image",
		});
		expect(reasons(asking({ reasoning_effort: "high" }))).toEqual({ "shop/lab/owl": "capability:reasoning" });
		expect(reasons(asking({ reasoning_effort: "none" }))).toEqual({});
	});

	it("leave out whose room is too small, while another's is not", () => {
		expect(reasons(asking({}, 7_900))).toEqual({ "host/owl-fp8": "context" });
		expect(reasons(asking({ max_completion_tokens: 1_001 }))).toEqual({ "host/owl-fp8": "output" });
		const preference = { model: "owl", provider: { only: ["host"] } };
		expect(order(routed("", { preference: preference, inputTokens: 7_900 }))).toEqual(["host/owl-fp8"]);
		const alone = directoryOf({ "a/x": { model: { context: 10 } }, "b/x": { model: { context: 10 } } });
		expect(order(route(routeRequestOf("x"), viewOf(alone)))).toEqual(["a/x", "b/x"]);
	});

	it("do not second-guess a model that is named alone", () => {
		const request = requestOf("Hello", { tools });
		expect(order(routed("host/owl-fp8", { request }))).toEqual(["host/owl-fp8"]);
	});

	it("refuse with the reasons when nobody is left", () => {
		const request = requestOf("", { messages: [{ role: "user", content: [image] }], tools });
		const preference = { model: "owl", provider: { ignore: ["lab"] } };
		const details = refusal(routeRequestOf("", { preference: preference, request }), view);
		expect(details).toMatchObject({ status: 400, code: "no_candidate", param: "model", shouldRetry: false });
		expect(details.message).toContain("shop/lab/owl (capability:image)");
	});

	it("hold the key's policy", () => {
		expect(order(routed("owl", { policy: { regions: ["eu", "ch"] } }))).toEqual(["shop/lab/owl"]);
		expect(refusal(routeRequestOf("lab/owl", { policy: { regions: ["eu"] } }), view).code).toBe("model_not_allowed");
		const policy: KeyPolicy = { models: ["host/*", "shop/*"] };
		expect(reasons(routed("owl", { policy }))).toEqual({ "lab/owl": "policy" });
		expect(refusal(routeRequestOf("lab/owl", { policy }), view)).toMatchObject({
			status: 403,
			code: "model_not_allowed",
		});
		expect(refusal(routeRequestOf("both", { policy: { providers: ["none"] } }), view).status).toBe(403);
	});
});

describe("an explanation", () => {
	it("is the same plan with every figure", () => {
		const routeRequest = routeRequestOf("owl");
		expect(route(routeRequest, view).candidates.map(({ expectedCost }) => expectedCost)).toEqual([null, null, null]);
		const plan = explain(routeRequest, view);
		expect(order(plan)).toEqual(order(route(routeRequest, view)));
		// 1,000 tokens in and the usual 500 out.
		expect(plan.candidates.map(({ expectedCost }) => expectedCost)).toEqual([6_000_000, 3_500_000, 7_500_000]);
		expect(explain(routeRequestOf("lab/emu"), view).candidates[0]?.expectedCost).toBe(300_000);
	});
});
