import { describe, expect, it } from "vitest";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import { GatewayError } from "#core/errors";
import type { ProviderName } from "#core/ids";
import type { KeyPolicy } from "#core/key/policy";
import { BUILT_IN_TABLE } from "#providers/built-in-providers";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { ONLY_CREDENTIAL } from "#providers/provider";
import { nearestModel } from "#router/errors";
import { buildDirectory } from "#router/models/directory";
import { resolveModel } from "#router/models/resolve-model";
import { DEFAULT_RULES } from "#router/ranking/default-rules";
import type { RoutePreference } from "#router/route-request";

const serving = BUILT_IN_PROVIDERS.filter((name) => name !== "anthropic").map((name) => ({
	name: name as string as ProviderName,
	models: BUILT_IN_MODELS.filter((model) => model.provider === name),
	defaultModel: BUILT_IN_TABLE[name].defaultModel,
	credentials: [{ id: ONLY_CREDENTIAL, weight: 1 }],
}));
const directory = buildDirectory(serving, ["anthropic"]);

function found(preference: RoutePreference, policy: KeyPolicy = {}): string {
	const [first] = resolveModel(preference, directory, DEFAULT_RULES, policy).targets;
	return `${first?.model.provider} ${first?.model.id}`;
}

function refusal(preference: RoutePreference, policy: KeyPolicy = {}): GatewayError["details"] {
	try {
		resolveModel(preference, directory, DEFAULT_RULES, policy);
	} catch (error) {
		if (error instanceof GatewayError) return error.details;
		throw error;
	}
	throw new Error("was resolved");
}

describe("the first of the models that a request names", () => {
	it.each<[RoutePreference, string]>([
		[{ provider: "openai" }, "openai gpt-6-luna"],
		[{ provider: "cloudflare" }, "workers-ai @cf/openai/gpt-oss-20b"],
		[{ provider: "Google" }, "gemini gemini-3.1-flash-lite"],
		[{ provider: "openai", model: "gpt-5.4" }, "openai gpt-5.4"],
		[{ provider: "openai", model: "openai/gpt-5.4" }, "openai gpt-5.4"],
		[{ provider: "siliconflow", model: "openai/gpt-oss-120b" }, "siliconflow openai/gpt-oss-120b"],
		[{ model: "openai/gpt-5.4" }, "openai gpt-5.4"],
		[{ model: "gpt-5.4" }, "openai gpt-5.4"],
		[{ model: "GPT-5.4" }, "openai gpt-5.4"],
		[{ model: "gpt-5.6" }, "openai gpt-5.6-sol"],
		[{ model: "google/gemini-3.5-flash" }, "gemini gemini-3.5-flash"],
		[{ model: "deepseek/deepseek-v4-pro" }, "deepseek deepseek-v4-pro"],
		[{ model: "openrouter/deepseek/deepseek-v4-pro" }, "openrouter deepseek/deepseek-v4-pro"],
		[{ model: "siliconflow/deepseek-ai/DeepSeek-V3.2" }, "siliconflow deepseek-ai/DeepSeek-V3.2"],
		[{ model: "deepseek-ai/deepseek-v3.2" }, "siliconflow deepseek-ai/DeepSeek-V3.2"],
		[{ model: "@cf/openai/gpt-oss-20b" }, "workers-ai @cf/openai/gpt-oss-20b"],
		[{ model: "workers-ai/@cf/openai/gpt-oss-20b" }, "workers-ai @cf/openai/gpt-oss-20b"],
		// The prefix names a provider that does not have it, so the whole text is an id: OpenRouter comes before
		// SiliconFlow.
		[{ model: "openai/gpt-oss-120b" }, "openrouter openai/gpt-oss-120b"],
		[{ model: "openai/gpt-oss-120b", provider: { order: ["siliconflow"] } }, "siliconflow openai/gpt-oss-120b"],
		[{ model: "openai/gpt-oss-120b", provider: { ignore: ["openrouter"] } }, "siliconflow openai/gpt-oss-120b"],
		[{ models: ["no-such-model", "gpt-5.4"] }, "openai gpt-5.4"],
	])("%j is %s", (preference, expected) => {
		expect(found(preference)).toBe(expected);
	});

	it("prefers a provider that the key may use", () => {
		expect(found({ model: "openai/gpt-oss-120b" }, { providers: ["siliconflow"] })).toBe(
			"siliconflow openai/gpt-oss-120b",
		);
		expect(found({ model: "gpt-5.4" }, { models: ["gpt-5*"] })).toBe("openai gpt-5.4");
		expect(found({ model: "gpt-5.4" }, { models: ["openai/*"] })).toBe("openai gpt-5.4");
	});

	it("refuses what the key may not use", () => {
		expect(refusal({ model: "gpt-5.4" }, { providers: ["deepseek"] })).toMatchObject({
			status: 403,
			code: "model_not_allowed",
		});
		expect(refusal({ provider: "openai" }, { models: ["deepseek/*"] })).toMatchObject({ status: 403 });
	});

	it("takes a pattern with a slash for a provider's models, never for like-named ids of a reseller", () => {
		expect(refusal({ model: "openrouter/deepseek/deepseek-v4-pro" }, { models: ["deepseek/*"] })).toMatchObject({
			status: 403,
		});
		expect(found({ model: "deepseek/deepseek-v4-pro" }, { models: ["deepseek/*"] })).toBe("deepseek deepseek-v4-pro");
		expect(found({ model: "openrouter/deepseek/deepseek-v4-pro" }, { models: ["openrouter/deepseek/*"] })).toBe(
			"openrouter deepseek/deepseek-v4-pro",
		);
	});

	it("suggests the nearest model for a misspelling, of those the key may use", () => {
		const details = refusal({ model: "gpt-5.4-mni" });
		expect(details).toMatchObject({ status: 404, code: "model_not_found", param: "model" });
		expect(details.message).toContain("did you mean `gpt-5.4-mini`?");
		expect(refusal({ model: "openai/gpt-5.4-mni" }).message).toContain("`openai/gpt-5.4-mini`");
		expect(refusal({ model: "gpt-5.4-mni" }, { providers: ["deepseek"] }).message).not.toContain("gpt-5.4-mini`?");
		expect(refusal({ model: "qqqqqqqqqqqq" }).message).not.toContain("did you mean");
	});

	it("suggests of a provider's models the nearest that the key may use, and none for a name like no other", () => {
		const unlisted = (id: string) => ({ provider: "openai" as ProviderName, id });
		expect(nearestModel(unlisted("gpt-6-lunna"), directory, {})).toBe("openai/gpt-6-luna");
		expect(nearestModel(unlisted("gpt-6-lunna"), directory, { models: ["gpt-5*"] })).not.toBe("openai/gpt-6-luna");
		expect(nearestModel(unlisted("gpt-6-lunna"), directory, { providers: ["deepseek"] })).toBeUndefined();
		expect(nearestModel(unlisted("ft:own-model:of-a-company::9xkQ"), directory, {})).toBeUndefined();
	});

	it("says when a provider is known but not configured", () => {
		expect(refusal({ provider: "anthropic" }).message).toContain("not configured");
		expect(refusal({ model: "anthropic/claude-haiku-5-5" }).message).toContain("not configured");
		expect(refusal({ provider: "opnai" })).toMatchObject({ status: 404, code: "provider_not_found" });
		expect(refusal({ provider: "opnai" }).message).toContain("`openai`");
	});

	it("asks for a model when none is named", () => {
		expect(refusal({})).toMatchObject({ status: 400, param: "model" });
	});
});
