/** What the built-in providers are called. */
import type { ProviderName } from "#core/ids";
import { BUILT_IN_TABLE, type BuiltInProvider } from "./built-in-providers";

/** In the order of preference for a model id that several of them serve. */
export const BUILT_IN_PROVIDERS = Object.keys(BUILT_IN_TABLE) as readonly BuiltInProvider[];

/** Other names that people use for them. */
export const PROVIDER_ALIASES: ReadonlyMap<string, BuiltInProvider> = new Map(
	BUILT_IN_PROVIDERS.flatMap((name) => BUILT_IN_TABLE[name].aliases.map((alias) => [alias, name] as const)),
);

export function isBuiltIn(name: string): name is BuiltInProvider {
	return Object.hasOwn(BUILT_IN_TABLE, name);
}

/** A provider's own name, from it or one of its aliases, in any case. It need not be configured. */
export function canonicalProvider(name: string): ProviderName {
	const lower = name.toLowerCase();
	return (PROVIDER_ALIASES.get(lower) ?? lower) as ProviderName;
}
