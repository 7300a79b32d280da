import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builtInModels } from "#catalog/override";
import { GatewayError } from "#core/errors";
import type { ProviderName } from "#core/ids";
import type { KeyPolicy } from "#core/key/policy";
import { BUILT_IN_TABLE } from "#providers/built-in-providers";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { ONLY_CREDENTIAL } from "#providers/provider";
import { buildDirectory } from "#router/models/directory";
import { targetOf } from "#router/models/model-access";
import { resolveModel } from "#router/models/resolve-model";
import { DEFAULT_RULES } from "#router/ranking/default-rules";
import type { RoutePreference } from "#router/route-request";

function directoryWith(overrides: Record<string, Record<string, unknown>> = {}, without: readonly string[] = []) {
	const serving = BUILT_IN_PROVIDERS.filter((name) => !without.includes(name)).map((name) => {
		const catalog = builtInModels(name as string as ProviderName, new Map(Object.entries(overrides)));
		return {
			name: name as string as ProviderName,
			models: catalog.models,
			catalog,
			defaultModel: BUILT_IN_TABLE[name].defaultModel,
			credentials: [{ id: ONLY_CREDENTIAL, weight: 1 }],
		};
	});
	return buildDirectory(serving, without);
}
const directory = directoryWith();

function found(preference: RoutePreference, policy: KeyPolicy = {}, among = directory): string[] {
	return resolveModel(preference, among, DEFAULT_RULES, policy).targets.map(({ model }) => targetOf(model));
}

function refusal(preference: RoutePreference, policy: KeyPolicy = {}, among = directory): GatewayError["details"] {
	try {
		resolveModel(preference, among, DEFAULT_RULES, policy);
	} catch (error) {
		if (error instanceof GatewayError) return error.details;
		throw error;
	}
	throw new Error("was resolved");
}

describe("a name of which more is known than its model's id", () => {
	it.each<[string, string[]]>([
		["claude-sonnet-4-5", ["anthropic/claude-sonnet-4-5"]],
		["openrouter/anthropic/claude-sonnet-4.5", ["openrouter/anthropic/claude-sonnet-4.5"]],
		// Of its own provider before a reseller's id of that form.
		["anthropic/claude-sonnet-4.5", ["anthropic/claude-sonnet-4-5"]],
		["gpt-4o-mini-2024-07-18", ["openai/gpt-4o-mini-2024-07-18"]],
		["openai/gpt-4o-2024-11-20:floor", ["openai/gpt-4o-2024-11-20"]],
		["gemini-flash-latest", ["gemini/gemini-3.8-flash"]],
	])("%s is %j", (model, targets) => {
		expect(found({ model })).toEqual(targets);
	});

	it("goes to a reseller that knows it whole when its own provider does not serve", () => {
		expect(found({ model: "anthropic/claude-sonnet-4.5" }, {}, directoryWith({}, ["anthropic"]))).toEqual([
			"openrouter/anthropic/claude-sonnet-4.5",
		]);
	});

	it("costs what an admin set for its family, unless its own name has a price", () => {
		const prices = [{ input: 7, output: 8 }];
		const among = directoryWith({ "openai/gpt-4o": { prices }, "openai/gpt-4o-2024-11-20": { context: 5 } });
		const priceOf = (model: string) =>
			resolveModel({ model }, among, DEFAULT_RULES, {}).targets[0]?.model.prices[0]?.price.input;
		expect([priceOf("gpt-4o-2024-08-06"), priceOf("gpt-4o-2024-11-20")]).toEqual([7_000_000, 7_000_000]);
	});
});

describe("a name of which nothing is known", () => {
	it.each<[RoutePreference, string[]]>([
		[{ model: "openai/gpt-99" }, ["openai/gpt-99"]],
		[{ model: "openai/gpt-99:nitro" }, ["openai/gpt-99"]],
		[{ provider: "openai", model: "anything-at-all" }, ["openai/anything-at-all"]],
		[{ model: "claude-next-7" }, ["anthropic/claude-next-7"]],
		[{ model: "@cf/acme/new" }, ["workers-ai/@cf/acme/new"]],
		[{ models: ["openai/gpt-99", "openai/gpt-99", "gpt-4o"] }, ["openai/gpt-99", "openai/gpt-4o"]],
	])("%j is %j", (preference, targets) => {
		expect(found(preference)).toEqual(targets);
	});

	it("is 404 where several vendors could mean it, or none, with the nearest name", () => {
		expect(refusal({ model: "llama-9-maxi" }).status).toBe(404);
		expect(refusal({ model: "gtp-4o-mini" }).message).toContain("`gpt-4o-mini`");
		expect(refusal({ model: "claude-next-7" }, {}, directoryWith({}, ["anthropic"])).message).toContain(
			"provider `anthropic` is not configured here",
		);
		expect(refusal({ model: "workers-ai/openai/gpt-99" }).status).toBe(404);
	});

	it("is not served where an admin hid it, by whatever name", () => {
		const hidden = { "openai/gpt-5.6-sol": { hidden: true }, "openai/gpt-4-turbo": { hidden: true } };
		// OpenRouter has ids of that form of its own.
		const among = directoryWith(hidden, ["openrouter"]);
		for (const model of ["openai/gpt-5.6-sol", "openai/gpt-5.6", "gpt-4-turbo", "openai/GPT-4-turbo-2024-04-09"]) {
			expect(refusal({ model }, {}, among).status, model).toBe(404);
		}
	});

	it("is a model that an admin added, as it was written", () => {
		const among = directoryWith({
			"openai/gpt-99": { id: "gpt-99", prices: [{ input: 1, output: 2 }], aliases: ["g99"] },
		});
		const [target] = resolveModel({ model: "g99" }, among, DEFAULT_RULES, {}).targets;
		expect(target?.model).toMatchObject({ id: "gpt-99", supposed: true, prices: [{ price: { input: 1_000_000 } }] });
		expect(target?.model.unlisted).toBeUndefined();
	});

	it("holds nothing that a path could mistake, and keeps to the key's patterns, whatever it is", () => {
		const text = fc.oneof(fc.string({ maxLength: 30 }), fc.stringMatching(/^[a-z0-9./:@~ -]{1,40}$/));
		fc.assert(
			fc.property(text, (name) => {
				let targets: string[] = [];
				try {
					targets = found({ model: `openai/${name}` }, { models: ["openai/gpt-*"] });
				} catch (error) {
					expect(error).toBeInstanceOf(GatewayError);
				}
				for (const target of targets) {
					expect(target.startsWith("openai/gpt-")).toBe(true);
					expect(target).not.toMatch(/\.\.|[\s\\?#%]|\p{Cc}/u);
				}
			}),
		);
	});
});

describe("a model that belongs to the gateway's account", () => {
	const tuned = { model: "openai/ft:gpt-4o-2024-08-06:acme::1" };
	it.each<[string[] | undefined, boolean]>([
		[undefined, false],
		[["openai/*"], false],
		[["*"], false],
		[["openai/ft:gpt-4o*"], true],
		[["ft:gpt-4o-2024-08-06:acme*"], true],
		[["openai/ft:gpt-3*", "openai/*"], false],
	])("with the patterns %j: %s", (models, isAllowed) => {
		const policy = models === undefined ? {} : { models };
		if (isAllowed) expect(found(tuned, policy)).toEqual([tuned.model]);
		else expect(refusal(tuned, policy).code).toBe("model_not_allowed");
	});
});
