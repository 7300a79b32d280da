import type { Model } from "../catalog/model";
import { GatewayError, invalidRequest } from "../core/errors";
import { type KeyPolicy, matches } from "../core/policy";
import { canonicalProvider } from "../providers/names";
import type { ServingProvider } from "../providers/provider";
import type { Directory } from "./directory";
import { nearest } from "./nearest";

/** OpenRouter's `provider` object, as far as it says which providers may serve. */
export interface ProviderPreference {
	order?: string[];
	only?: string[];
	ignore?: string[];
}

/** What a request says about who should serve it. */
export interface Wanted {
	model?: string;
	/** Further models, in order, in case the ones before cannot be resolved. */
	models?: string[];
	provider?: string | ProviderPreference;
}

/**
 * Whether a key with this policy may use a model. A model pattern with a slash is over `provider/model`; one without is
 * over the id alone, at any provider. Never both: `deepseek/*` does not mean the ids of that form that a reseller has.
 */
export function mayUse(policy: KeyPolicy, model: Model): boolean {
	if (!matches(policy.providers, model.provider)) return false;
	if (policy.models === undefined) return true;
	return policy.models.some((pattern) =>
		matches([pattern], pattern.includes("/") ? `${model.provider}/${model.id}` : model.id),
	);
}

/**
 * The model that serves a request. Rules, in order:
 * 1. a plain `provider` limits the search to that provider; without a model it means that provider's default model;
 * 2. `provider/model`, split at the first slash, when the prefix names a provider;
 * 3. the whole text as a model id or alias of any provider, in the providers' order of preference.
 *
 * Throws `GatewayError`: 400 without model and provider, 403 `model_not_allowed`, 404 `model_not_found`.
 */
export function resolve(wanted: Wanted, directory: Directory, policy: KeyPolicy): Model {
	const { provider } = wanted;
	if (typeof provider === "string") return resolveAt(provider, wanted.model ?? wanted.models?.[0], directory, policy);
	const names = wanted.model === undefined ? (wanted.models ?? []) : [wanted.model, ...(wanted.models ?? [])];
	const [first] = names;
	if (first === undefined) {
		throw invalidRequest("[gateway] name a `model`, such as `openai/gpt-6-luna`, or a `provider`", "model");
	}
	let forbidden = false;
	for (const name of names) {
		const found = preferred(lookUp(name, directory), provider);
		const allowed = found.find((model) => mayUse(policy, model));
		if (allowed !== undefined) return allowed;
		forbidden ||= found.length > 0;
	}
	throw forbidden ? notAllowed(first) : notFound(first, directory, policy);
}

function resolveAt(name: string, model: string | undefined, directory: Directory, policy: KeyPolicy): Model {
	const canonical = canonicalProvider(name);
	const provider = directory.providers.get(canonical);
	if (provider === undefined) throw providerMissing(name, canonical, directory);
	const id = model ?? provider.defaultModel;
	if (id === null)
		throw invalidRequest(`[gateway] provider \`${canonical}\` has no default model: name a \`model\``, "model");
	const prefix = id.indexOf("/");
	const found =
		modelAt(provider, id, directory) ??
		(prefix > 0 && canonicalProvider(id.slice(0, prefix)) === canonical
			? modelAt(provider, id.slice(prefix + 1), directory)
			: undefined);
	if (found === undefined) throw notFound(id, directory, policy, provider);
	if (!mayUse(policy, found)) throw notAllowed(`${canonical}/${found.id}`);
	return found;
}

/** All models that a name may mean, most preferred first. */
function lookUp(name: string, directory: Directory): readonly Model[] {
	const slash = name.indexOf("/");
	if (slash > 0) {
		const provider = directory.providers.get(canonicalProvider(name.slice(0, slash)));
		const model = provider && modelAt(provider, name.slice(slash + 1), directory);
		if (model !== undefined) return [model];
	}
	return directory.byId.get(name.toLowerCase()) ?? [];
}

function modelAt(provider: ServingProvider, id: string, directory: Directory): Model | undefined {
	return directory.byId.get(id.toLowerCase())?.find((model) => model.provider === provider.name);
}

function preferred(models: readonly Model[], preference: ProviderPreference | undefined): readonly Model[] {
	if (preference === undefined) return models;
	const only = preference.only?.map(canonicalProvider);
	const ignore = preference.ignore?.map(canonicalProvider) ?? [];
	const order = preference.order?.map(canonicalProvider) ?? [];
	const rank = (model: Model) => {
		const at = order.indexOf(model.provider);
		return at === -1 ? order.length : at;
	};
	return models
		.filter((model) => (only?.includes(model.provider) ?? true) && !ignore.includes(model.provider))
		.toSorted((a, b) => rank(a) - rank(b));
}

function notAllowed(name: string): GatewayError {
	return new GatewayError({
		status: 403,
		type: "permission_error",
		code: "model_not_allowed",
		message: `[gateway] this API key may not use \`${name}\``,
		param: "model",
		shouldRetry: false,
	});
}

function notFound(name: string, directory: Directory, policy: KeyPolicy, at?: ServingProvider): GatewayError {
	const providers = at === undefined ? [...directory.providers.values()] : [at];
	const ids = providers.flatMap((provider) =>
		provider.models
			.filter((model) => mayUse(policy, model))
			.map((model) => (name.includes("/") && !at ? `${provider.name}/${model.id}` : model.id)),
	);
	const prefix = canonicalProvider(name.split("/", 1)[0] ?? "");
	const hint = directory.unavailable.has(prefix)
		? `; provider \`${prefix}\` is not configured here`
		: didYouMean(nearest(name, ids));
	return new GatewayError({
		status: 404,
		type: "invalid_request_error",
		code: "model_not_found",
		message: `[gateway] there is no model \`${name}\`${at === undefined ? "" : ` at provider \`${at.name}\``}${hint}`,
		param: "model",
		shouldRetry: false,
	});
}

function providerMissing(name: string, canonical: string, directory: Directory): GatewayError {
	return new GatewayError({
		status: 404,
		type: "invalid_request_error",
		code: "provider_not_found",
		message: directory.unavailable.has(canonical)
			? `[gateway] provider \`${canonical}\` is not configured here: it is disabled or has no credential`
			: `[gateway] there is no provider \`${name}\`${didYouMean(nearest(name, directory.providers.keys()))}`,
		param: "provider",
		shouldRetry: false,
	});
}

function didYouMean(suggestion: string | undefined): string {
	return suggestion === undefined ? "" : `; did you mean \`${suggestion}\`?`;
}
