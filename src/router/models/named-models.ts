// The models that a name means: those that are known by it, and what stands for one of which nothing is known.

import type { Model } from "#catalog/model";
import { vendorNamed } from "#catalog/model-names";
import { canonicalProvider } from "#providers/names";
import type { ServingProvider } from "#providers/provider";
import type { Directory } from "./directory";

/**
 * All models that a name may mean, most preferred first: known ones, else the one that it stands for at its provider.
 */
export function modelsNamed(name: string, directory: Directory): readonly Model[] {
	const known = knownModels(name, directory);
	if (known.length > 0) return known;
	const unlisted = unlistedModel(name, directory);
	return unlisted === null ? [] : [unlisted];
}

/** All models that are known by a name, most preferred first; of `at` alone where that is given. */
export function knownModels(name: string, directory: Directory, at?: ServingProvider): readonly Model[] {
	const { prefix, rest } = split(name);
	if (at !== undefined) {
		const inner = prefix === at.name ? rest : null;
		const model =
			modelAt(at, name, directory) ??
			(inner === null ? undefined : modelAt(at, inner, directory)) ??
			at.catalog?.listed(name) ??
			(inner === null ? undefined : at.catalog?.listed(inner));
		return model == null ? [] : [model];
	}
	const provider = directory.providers.get(prefix);
	const own = provider && modelAt(provider, rest, directory);
	if (own !== undefined) return [own];
	const whole = directory.byName.get(name.toLowerCase());
	if (whole !== undefined) return whole;
	const listed = provider?.catalog?.listed(rest);
	if (listed) return [listed];
	return [...directory.providers.values()].flatMap((each) => each.catalog?.listed(name) ?? []);
}

/**
 * What stands for a model that is not known: at the provider that the name begins with, or at the only one whose vendor
 * could mean it. Null where no provider that serves could.
 */
export function unlistedModel(name: string, directory: Directory, at?: ServingProvider): Model | null {
	const { prefix, rest } = split(name);
	if (at !== undefined) return at.catalog?.unlisted(prefix === at.name ? rest : name) ?? null;
	const provider = directory.providers.get(prefix);
	if (provider !== undefined) return provider.catalog?.unlisted(rest) ?? null;
	const vendor = vendorNamed(name);
	return (vendor === null ? undefined : directory.providers.get(vendor)?.catalog?.unlisted(name)) ?? null;
}

function modelAt(provider: ServingProvider, name: string, directory: Directory): Model | undefined {
	return directory.byName.get(name.toLowerCase())?.find((model) => model.provider === provider.name);
}

/** A provider's name before the first slash, empty without one, and what is behind it. */
function split(name: string): { readonly prefix: string; readonly rest: string } {
	const slash = name.indexOf("/");
	return { prefix: slash > 0 ? canonicalProvider(name.slice(0, slash)) : "", rest: name.slice(slash + 1) };
}
