// Finds the models that a request's names mean.

import type { Model } from "#catalog/model";
import { isForChat } from "#catalog/purpose";
import { invalidRequest } from "#core/errors";
import type { KeyPolicy } from "#core/key/policy";
import type { Alias, Strategy } from "#core/routing/alias";
import type { AutoRules } from "#core/routing/auto-rules";
import { canonicalProvider } from "#providers/names";
import type { ServingProvider } from "#providers/provider";
import { noCandidate, notAllowed, notFound, providerMissing } from "#router/errors";
import type { Excluded } from "#router/plan";
import type { ProviderPreference, RoutePreference } from "#router/route-request";
import type { Directory } from "./directory";
import { mayUse, targetOf } from "./model-access";
import { poolFor } from "./model-pool";
import { knownModels, modelsNamed, unlistedModel } from "./named-models";

/** A model that a request's names may mean. */
export interface ResolvedTarget {
	readonly model: Model;
	/** Its part of the traffic under `weighted`, relative to the others. */
	readonly weight: number;
	/** Which of the request's names it came from, from 0: a later name serves only when the earlier ones cannot. */
	readonly rank: number;
}

/** What a request's names came to. */
export interface ResolvedModel {
	/** Those that the key may use and the request allows, most preferred first, each once; at least one. */
	readonly targets: readonly ResolvedTarget[];
	readonly excluded: readonly Excluded[];
	readonly alias: Alias | null;
	readonly strategy: Strategy;
}

/** The name that leaves the choice to the rules. */
export const AUTO = "auto";

/** What one name came to. */
interface NameMeaning {
	readonly models: readonly Model[];
	/** By model; without it all weigh the same. */
	readonly weights?: readonly number[];
	readonly alias?: Alias;
	readonly strategy?: Strategy;
}

const SORTS = { price: "cheapest", throughput: "fastest", latency: "fastest" } as const;
const SUFFIXES: readonly (readonly [string, Strategy])[] = [
	[":floor", "cheapest"],
	[":nitro", "fastest"],
];

/**
 * Finds the models that a request names. A plain `provider` limits the search to it; without a model it means that
 * provider's default. A name is, in this order:
 * 1. an alias, or `auto`;
 * 2. `provider/model`, split at the first slash, when the prefix names a provider that has it;
 * 3. a model id, an alias of one or a family, at every provider that serves it, in the providers' order of preference;
 * 4. one of these with `:floor` or `:nitro` behind it;
 * 5. `provider/anything` at a provider that serves, and a name that only one vendor could mean, as it is.
 *
 * `serves` tells which models are for what is asked, which `auto` chooses among.
 *
 * Throws `GatewayError`: 400 without model and provider, or when the request's own preferences leave no model; 403
 * `model_not_allowed`; 404 `model_not_found`.
 */
export function resolveModel(
	routePreference: RoutePreference,
	directory: Directory,
	rules: AutoRules,
	policy: KeyPolicy,
	serves: (model: Model) => boolean = isForChat,
): ResolvedModel {
	const { provider: at } = routePreference;
	const provider = typeof at === "string" ? providerAt(at, directory) : undefined;
	const preference = typeof at === "object" ? at : undefined;
	const names = namesOf(routePreference, provider);
	const pool = () => poolFor(rules, directory, serves);
	const targets: ResolvedTarget[] = [];
	const excluded: Excluded[] = [];
	const met = new Set<string>();
	let first: NameMeaning | undefined;
	for (let rank = 0; rank < names.length; rank++) {
		const meaning = meaningOf(names[rank] ?? "", directory, pool, provider);
		if (meaning === undefined) continue;
		first ??= meaning;
		for (const [index, model] of meaning.models.entries()) {
			if (provider !== undefined && model.provider !== provider.name) continue;
			const target = targetOf(model);
			if (met.has(target)) continue;
			met.add(target);
			if (!mayUse(policy, model)) excluded.push({ target, reason: "policy", until: null });
			else if (!permits(preference, model)) {
				excluded.push({ target, reason: "preference", until: null });
			} else targets.push({ model, weight: meaning.weights?.[index] ?? 1, rank });
		}
	}
	if (targets.length === 0) throw whyNone(routePreference, names[0] ?? "", excluded, directory, policy, provider);
	const strategy = strategyOf(preference, first);
	return { targets: ordered(targets, preference), excluded, alias: first?.alias ?? null, strategy };
}

function namesOf({ model, models = [] }: RoutePreference, provider: ServingProvider | undefined): readonly string[] {
	if (model !== undefined) return models.length === 0 ? [model] : [model, ...models];
	if (models.length > 0) return models;
	if (provider === undefined) {
		throw invalidRequest("name a `model`, such as `openai/gpt-6-luna`, or a `provider`", "model");
	}
	if (provider.defaultModel === null) {
		throw invalidRequest(`provider \`${provider.name}\` has no default model: name a \`model\``, "model");
	}
	return [provider.defaultModel];
}

function providerAt(name: string, directory: Directory): ServingProvider {
	const canonical = canonicalProvider(name);
	const provider = directory.providers.get(canonical);
	if (provider === undefined) throw providerMissing(name, canonical, directory);
	return provider;
}

/** Undefined for a name that means nothing here. */
function meaningOf(
	name: string,
	directory: Directory,
	pool: () => readonly Model[],
	at: ServingProvider | undefined,
): NameMeaning | undefined {
	const known = knownMeaning(name, directory, pool, at);
	if (known !== undefined) return known;
	const suffix = SUFFIXES.find(([ending]) => name.endsWith(ending));
	if (suffix === undefined) return passed(name, directory, at);
	const [ending, strategy] = suffix;
	const plain = name.slice(0, -ending.length);
	const meaning = knownMeaning(plain, directory, pool, at) ?? passed(plain, directory, at);
	return meaning && { ...meaning, strategy };
}

function knownMeaning(
	name: string,
	directory: Directory,
	pool: () => readonly Model[],
	at: ServingProvider | undefined,
): NameMeaning | undefined {
	const alias = directory.aliases.get(name.toLowerCase());
	if (alias !== undefined) return meaningOfAlias(alias, directory);
	if (name.toLowerCase() === AUTO) return { models: pool(), strategy: "auto" };
	const models = knownModels(name, directory, at);
	return models.length === 0 ? undefined : { models };
}

function passed(name: string, directory: Directory, at: ServingProvider | undefined): NameMeaning | undefined {
	const model = unlistedModel(name, directory, at);
	return model === null ? undefined : { models: [model] };
}

/** A target that several providers serve has its weight spread over them. */
function meaningOfAlias(alias: Alias, directory: Directory): NameMeaning {
	const models: Model[] = [];
	const weights: number[] = [];
	for (const { model, weight } of alias.targets) {
		const found = modelsNamed(model, directory);
		for (const one of found) {
			models.push(one);
			weights.push(weight / found.length);
		}
	}
	return { models, weights, alias, strategy: alias.strategy };
}

function permits(preference: ProviderPreference | undefined, { provider }: Model): boolean {
	if (preference === undefined) return true;
	const { only, ignore, order, allow_fallbacks: fallbacks } = preference;
	if (only !== undefined && !lists(only, provider)) return false;
	if (ignore !== undefined && lists(ignore, provider)) return false;
	return fallbacks !== false || order === undefined || lists(order, provider);
}

function lists(names: readonly string[], provider: string): boolean {
	return names.some((name) => canonicalProvider(name) === provider);
}

function strategyOf(preference: ProviderPreference | undefined, meaning: NameMeaning | undefined): Strategy {
	if (preference?.sort !== undefined) return SORTS[preference.sort];
	if (preference?.order !== undefined) return "priority";
	return meaning?.strategy ?? "priority";
}

function ordered(
	targets: readonly ResolvedTarget[],
	preference: ProviderPreference | undefined,
): readonly ResolvedTarget[] {
	const order = preference?.order?.map(canonicalProvider);
	if (order === undefined) return targets;
	const place = ({ model }: ResolvedTarget) => {
		const at = order.indexOf(model.provider);
		return at === -1 ? order.length : at;
	};
	return targets.toSorted((a, b) => a.rank - b.rank || place(a) - place(b));
}

function whyNone(
	preference: RoutePreference,
	name: string,
	excluded: readonly Excluded[],
	directory: Directory,
	policy: KeyPolicy,
	at: ServingProvider | undefined,
) {
	if (excluded.length === 0) return notFound(name, directory, policy, at);
	if (excluded.every(({ reason }) => reason === "policy")) {
		return notAllowed(at === undefined ? name : (excluded[0]?.target ?? name));
	}
	return noCandidate(preference, excluded);
}
