import type { ProviderName } from "../core/ids";

/** The providers that come with the gateway, in the order of preference for a model id that several of them serve. */
export const BUILT_IN_PROVIDERS = [
	"openai",
	"anthropic",
	"gemini",
	"deepseek",
	"openrouter",
	"siliconflow",
	"workers-ai",
] as const;

export type BuiltInProvider = (typeof BUILT_IN_PROVIDERS)[number];

/** Other names that people use for them. */
export const PROVIDER_ALIASES: Readonly<Record<string, BuiltInProvider>> = {
	google: "gemini",
	cloudflare: "workers-ai",
};

/** The model that `provider` without `model` means. */
export const DEFAULT_MODELS: Readonly<Record<BuiltInProvider, string>> = {
	openai: "gpt-6-luna",
	anthropic: "claude-haiku-5-5",
	gemini: "gemini-3.1-flash-lite",
	deepseek: "deepseek-flash",
	openrouter: "openai/gpt-oss-120b",
	siliconflow: "deepseek-ai/DeepSeek-V4-Flash",
	"workers-ai": "@cf/openai/gpt-oss-20b",
};

export function isBuiltIn(name: string): name is BuiltInProvider {
	return (BUILT_IN_PROVIDERS as readonly string[]).includes(name);
}

/** A provider's own name, from it or one of its aliases, in any case. It need not be configured. */
export function canonicalProvider(name: string): ProviderName {
	const lower = name.toLowerCase();
	const alias = Object.hasOwn(PROVIDER_ALIASES, lower) ? PROVIDER_ALIASES[lower] : undefined;
	return (alias ?? lower) as ProviderName;
}
