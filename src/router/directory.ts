import type { Model } from "../catalog/model";
import type { Alias } from "../core/alias";
import type { ServingProvider } from "../providers/provider";

/** All serving providers, in order of preference, indexed for look-ups by model id. */
export interface Directory {
	readonly providers: ReadonlyMap<string, ServingProvider>;
	/** Models by lower-case id or alias, in order of preference. */
	readonly byId: ReadonlyMap<string, readonly Model[]>;
	/** By name, which is in lower case. */
	readonly aliases: ReadonlyMap<string, Alias>;
	/** Provider names that are known but cannot serve now, for the error message. */
	readonly unavailable: ReadonlySet<string>;
}

export function buildDirectory(
	providers: readonly ServingProvider[],
	unavailable: Iterable<string>,
	aliases: readonly Alias[] = [],
): Directory {
	const byId = new Map<string, Model[]>();
	for (const provider of providers) {
		for (const model of provider.models) {
			for (const id of [model.id, ...model.aliases]) {
				const key = id.toLowerCase();
				const models = byId.get(key);
				if (models === undefined) byId.set(key, [model]);
				else models.push(model);
			}
		}
	}
	return {
		providers: new Map(providers.map((provider) => [provider.name as string, provider])),
		byId,
		aliases: new Map(aliases.map((alias) => [alias.name, alias])),
		unavailable: new Set(unavailable),
	};
}
