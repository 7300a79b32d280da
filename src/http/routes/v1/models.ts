// Makes the routes on which a face's clients read which models a key may use.
import type { Model } from "#catalog/model";
import { ERROR_CATALOG } from "#core/error-catalog";
import { GatewayError } from "#core/errors";
import type { KeyPolicy } from "#core/key/policy";
import type { Face, NamedModel } from "#faces/face";
import type { ServingProviders } from "#gateway/routing/provider-cache";
import type { KeyCall, Route } from "#http/call";
import { mayUse } from "#router/models/model-access";
import { poolOf } from "#router/models/model-pool";
import { AUTO, modelsNamed, resolveModel } from "#router/models/resolve-model";

/** What a key may use, in the words of a face: at `path` all of it, and below each by its name. */
export function modelRoutes(path: string, face: Face): Route[] {
	return [
		{ method: "GET", path, access: "key", face, handle: listModels },
		{ method: "GET", path: `${path}/:id+`, access: "key", face, handle: showModel },
	];

	/** The names that leave a choice, then models in the providers' order of preference. */
	async function listModels(call: KeyCall): Promise<Response> {
		const providers = await call.isolate.providers.serving(call);
		return Response.json(face.models.list(allNamed(providers, call.principal.policy), call.receivedAt));
	}

	async function showModel(call: KeyCall): Promise<Response> {
		const providers = await call.isolate.providers.serving(call);
		const named = oneNamed(call.params.id ?? "", providers, call.principal.policy);
		return Response.json(face.models.one(named, call.receivedAt));
	}
}

function allNamed(providers: ServingProviders, policy: KeyPolicy): NamedModel[] {
	const { directory } = providers;
	const chosen = [AUTO, ...directory.aliases.keys()]
		.map((name) => ({ name, choices: choicesOf(name, providers, policy) }))
		.filter(({ choices }) => choices.length > 0);
	const models = [...directory.providers.values()]
		.flatMap((provider) => provider.models)
		.filter((model) => mayUse(policy, model));
	return [...chosen, ...models.map((model) => ({ model }))];
}

/** Throws `GatewayError` 404 `model_not_found`. */
function oneNamed(id: string, providers: ServingProviders, policy: KeyPolicy): NamedModel {
	const choices = choicesOf(id, providers, policy);
	if (choices.length > 0) return { name: id.toLowerCase(), choices };
	try {
		const [first] = resolveModel({ model: id }, providers.directory, providers.rules, policy).targets;
		if (first === undefined) throw new RangeError("named without targets");
		return { model: first.model };
	} catch (error) {
		// A model that the key may not use is as good as absent from its list.
		if (error instanceof GatewayError && error.details.code === "model_not_allowed") {
			throw error.with({ ...ERROR_CATALOG.model_not_found, code: "model_not_found" });
		}
		throw error;
	}
}

/** The models among which an alias or `auto` chooses for a key; none for any other name. */
function choicesOf(name: string, { directory, rules }: ServingProviders, policy: KeyPolicy): readonly Model[] {
	const key = name.toLowerCase();
	const targets = directory.aliases.get(key)?.targets ?? [];
	const models =
		key === AUTO ? poolOf(rules, directory) : targets.flatMap(({ model }) => modelsNamed(model, directory));
	return models.filter((model) => mayUse(policy, model));
}
