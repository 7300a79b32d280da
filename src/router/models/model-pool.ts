// The models that `auto` chooses among.
import type { Model } from "#catalog/model";
import { matches } from "#core/key/policy";
import type { AutoRules } from "#core/routing/auto-rules";
import type { Directory } from "./directory";
import { targetOf } from "./model-access";
import { knownModels } from "./named-models";

const pools = new WeakMap<Directory, { readonly rules: AutoRules; readonly models: readonly Model[] }>();

/**
 * The models that `auto` chooses among, in the pool's order: all that serve what is asked for where none of the pool
 * does, as a pool of models that chat does not serve what draws.
 */
export function poolFor(rules: AutoRules, directory: Directory, serves: (model: Model) => boolean): readonly Model[] {
	const pool = poolOf(rules, directory);
	if (pool.some(serves)) return pool;
	const all = [...directory.providers.values()].flatMap(({ models }) => models).filter(serves);
	return all.length === 0 ? pool : all;
}

/** The pool; kept for as long as neither the rules nor the directory change. */
export function poolOf(rules: AutoRules, directory: Directory): readonly Model[] {
	const known = pools.get(directory);
	if (known?.rules === rules) return known.models;
	const all = [...directory.providers.values()].flatMap((provider) => provider.models);
	const chosen = rules.pool.flatMap((pattern) => {
		const models = all.filter((model) => matches([pattern], targetOf(model)));
		return models.length === 0 && !pattern.endsWith("*") ? knownModels(pattern, directory) : models;
	});
	const models = chosen.length === 0 ? all : [...new Set(chosen)];
	pools.set(directory, { rules, models });
	return models;
}
