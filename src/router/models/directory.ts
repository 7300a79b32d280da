// Every model of every serving provider, indexed by its names.
import type { Model } from "#catalog/model";
import type { Alias } from "#core/routing/alias";
import type { ServingProvider } from "#providers/provider";

/** All serving providers, in order of preference, indexed for look-ups by model id. */
export interface Directory {
	readonly providers: ReadonlyMap<string, ServingProvider>;
	/** Models by the vendor's id or alias, in lower case, in order of preference. */
	readonly byId: ReadonlyMap<string, readonly Model[]>;
	/**
	 * By any name that may mean several: those with that very id first, then all others of their family. In lower case.
	 */
	readonly byName: ReadonlyMap<string, readonly Model[]>;
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
	const models = providers.flatMap((provider) => provider.models);
	const byId = grouped(models, (model) => [model.id, ...model.aliases]);
	const byFamily = grouped(models, (model) => (model.family === null ? [] : [model.family]));
	const byName = new Map<string, readonly Model[]>(byFamily);
	for (const [id, own] of byId) {
		const relatives = [id, ...own.map((model) => model.family?.toLowerCase() ?? "")].flatMap(
			(family) => byFamily.get(family) ?? [],
		);
		byName.set(id, [...new Set([...own, ...relatives])]);
	}
	return {
		providers: new Map(providers.map((provider) => [provider.name as string, provider])),
		byId,
		byName,
		aliases: new Map(aliases.map((alias) => [alias.name, alias])),
		unavailable: new Set(unavailable),
	};
}

function grouped(models: readonly Model[], keys: (model: Model) => readonly string[]): Map<string, Model[]> {
	const groups = new Map<string, Model[]>();
	for (const model of models) {
		for (const key of keys(model)) {
			const group = groups.get(key.toLowerCase());
			if (group === undefined) groups.set(key.toLowerCase(), [model]);
			else group.push(model);
		}
	}
	return groups;
}
