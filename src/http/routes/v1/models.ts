// `GET /v1/models`: what a key may use.
import type { Model } from "#catalog/model";
import { ERROR_CATALOG } from "#core/error-catalog";
import { GatewayError } from "#core/errors";
import type { KeyPolicy } from "#core/key/policy";
import { renderChoice, renderModel } from "#faces/openai-chat/models";
import type { ServingProviders } from "#gateway/routing/provider-cache";
import type { KeyCall, Route } from "#http/call";
import { mayUse } from "#router/models/model-access";
import { poolOf } from "#router/models/model-pool";
import { AUTO, modelsNamed, resolveModel } from "#router/models/resolve-model";

export const modelRoutes: Route[] = [
	{ method: "GET", path: "/v1/models", access: "key", handle: listModels },
	{ method: "GET", path: "/v1/models/:id+", access: "key", handle: showModel },
];

/** What this key may use: the names that leave a choice, then models in the providers' order of preference. */
async function listModels(call: KeyCall): Promise<Response> {
	const providers = await call.isolate.providers.serving(call);
	const { policy } = call.principal;
	const choices = [AUTO, ...providers.directory.aliases.keys()].flatMap((name) => {
		const models = choiceOf(name, providers, policy);
		return models.length === 0 ? [] : [renderChoice(name, models)];
	});
	const models = [...providers.directory.providers.values()]
		.flatMap((provider) => provider.models)
		.filter((model) => mayUse(policy, model))
		.map((model) => renderModel(model, call.receivedAt));
	return Response.json({ object: "list", data: [...choices, ...models] });
}

async function showModel(call: KeyCall): Promise<Response> {
	const providers = await call.isolate.providers.serving(call);
	const { policy } = call.principal;
	const id = call.params.id ?? "";
	const choice = choiceOf(id, providers, policy);
	if (choice.length > 0) return Response.json(renderChoice(id.toLowerCase(), choice));
	try {
		const [first] = resolveModel({ model: id }, providers.directory, providers.rules, policy).targets;
		if (first === undefined) throw new RangeError("named without targets");
		return Response.json(renderModel(first.model, call.receivedAt));
	} catch (error) {
		// A model that the key may not use is as good as absent from its list.
		if (error instanceof GatewayError && error.details.code === "model_not_allowed") {
			throw error.with({ ...ERROR_CATALOG.model_not_found, code: "model_not_found" });
		}
		throw error;
	}
}

/** The models among which an alias or `auto` chooses for a key; none for any other name. */
function choiceOf(name: string, { directory, rules }: ServingProviders, policy: KeyPolicy): readonly Model[] {
	const key = name.toLowerCase();
	const targets = directory.aliases.get(key)?.targets ?? [];
	const models =
		key === AUTO ? poolOf(rules, directory) : targets.flatMap(({ model }) => modelsNamed(model, directory));
	return models.filter((model) => mayUse(policy, model));
}
