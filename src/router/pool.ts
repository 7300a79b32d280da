import type { Model } from "../catalog/model";
import type { AutoRules } from "../core/auto-rules";
import { matches } from "../core/policy";
import type { Directory } from "./directory";
import { targetOf } from "./policy";

const pools = new WeakMap<Directory, { readonly rules: AutoRules; readonly models: readonly Model[] }>();

/** The models that `auto` chooses among, kept for as long as neither the rules nor the directory change. */
export function poolOf(rules: AutoRules, directory: Directory): readonly Model[] {
	const known = pools.get(directory);
	if (known?.rules === rules) return known.models;
	const all = [...directory.providers.values()].flatMap((provider) => provider.models);
	const chosen = all.filter((model) => matches(rules.pool, targetOf(model)));
	const models = chosen.length === 0 ? all : chosen;
	pools.set(directory, { rules, models });
	return models;
}
