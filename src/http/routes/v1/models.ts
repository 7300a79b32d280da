// Makes the routes on which a face's clients read which models a key may use.
import * as v from "valibot";
import type { Model } from "#catalog/model";
import type { KeyPolicy } from "#core/key/policy";
import type { Face, NamedModel } from "#faces/face";
import type { ServingProviders } from "#gateway/routing/provider-cache";
import type { KeyCall, Route } from "#http/call";
import type { RouteDoc } from "#http/route-doc";
import { notFound } from "#router/errors";
import { mayUse } from "#router/models/model-access";
import { poolOf } from "#router/models/model-pool";
import { knownModels, modelsNamed } from "#router/models/named-models";
import { AUTO } from "#router/models/resolve-model";
import { CAPABILITY_NAMES, modelFilter } from "./model-filter";
import { rendered, tagged, taggedOf } from "./model-list";

/** What lists and models look like in the words of the faces at a path. */
interface ModelViews {
	readonly list: v.GenericSchema;
	readonly one: v.GenericSchema;
}

const ListQuery = v.object({
	provider: v.optional(v.string()),
	q: v.optional(v.string()),
	capability: v.optional(v.picklist(CAPABILITY_NAMES)),
});

/** What the description says of a route that shows a model. */
export function showModelDoc(views: ModelViews): RouteDoc {
	return { summary: "Show a model", answer: views.one, errors: ["model_not_found"] };
}

/** What a key may use, in the words of the face that the headers ask for: all of it, and below each by its name. */
export function modelRoutes(path: string, faceFor: (headers: Headers) => Face, views: ModelViews): Route[] {
	const listDoc: RouteDoc = {
		summary: "List the models that the key may use",
		text: "In Anthropic's shape where an `anthropic-version` header came. `capability` may be given several times.",
		query: ListQuery,
		answer: views.list,
	};
	return [
		{ method: "GET", path, access: "key", face: faceFor, doc: listDoc, handle: listModels },
		{
			method: "GET",
			path: `${path}/:id+`,
			access: "key",
			face: faceFor,
			doc: showModelDoc(views),
			handle: showModelOf(faceFor),
		},
	];

	/** The names that leave a choice, then models in the providers' order of preference. */
	async function listModels(call: KeyCall): Promise<Response> {
		const providers = await call.isolate.providers.serving(call);
		const face = faceFor(call.request.headers);
		const { policy } = call.principal;
		const filter = modelFilter(call.url.searchParams);
		const render = () => {
			const named = allNamed(providers, policy);
			const chosen = filter === null ? named : named.filter(filter);
			return JSON.stringify(face.models.list(chosen, call.receivedAt));
		};
		const list =
			filter === null ? rendered(providers.directory, face, policy, call.receivedAt, render) : taggedOf(render());
		return tagged(list, call.request.headers);
	}
}

/** Shows the model that the path names, in the words of the face that the headers ask for. */
export function showModelOf(faceFor: (headers: Headers) => Face): (call: KeyCall) => Promise<Response> {
	return async (call) => {
		const providers = await call.isolate.providers.serving(call);
		const named = oneNamed(call.params.id ?? "", providers, call.principal.policy);
		const { models } = faceFor(call.request.headers);
		return tagged(taggedOf(JSON.stringify(models.one(named, call.receivedAt))), call.request.headers);
	};
}

function allNamed(providers: ServingProviders, policy: KeyPolicy): NamedModel[] {
	const { directory } = providers;
	const chosen = [AUTO, ...directory.aliases.keys()]
		.map((name) => ({ name, choices: choicesOf(name, providers, policy) }))
		.filter(({ choices }) => choices.length > 0);
	const models = [...directory.providers.values()]
		.flatMap(({ models, catalog }) => [...models, ...(catalog?.others() ?? [])])
		.filter((model) => mayUse(policy, model));
	return [...chosen, ...models.map((model) => ({ model }))];
}

/** Throws `GatewayError` 404 `model_not_found`, also for a name that would be passed on though it is not known. */
function oneNamed(id: string, providers: ServingProviders, policy: KeyPolicy): NamedModel {
	const choices = choicesOf(id, providers, policy);
	if (choices.length > 0) return { name: id.toLowerCase(), choices };
	const { directory } = providers;
	const model = knownModels(id, directory).find((each) => mayUse(policy, each));
	// A model that the key may not use is as good as absent from its list.
	if (model === undefined) throw notFound(id, directory, policy);
	return { model };
}

/** The models among which an alias or `auto` chooses for a key; none for any other name. */
function choicesOf(name: string, { directory, rules }: ServingProviders, policy: KeyPolicy): readonly Model[] {
	const key = name.toLowerCase();
	const targets = directory.aliases.get(key)?.targets ?? [];
	const models =
		key === AUTO ? poolOf(rules, directory) : targets.flatMap(({ model }) => modelsNamed(model, directory));
	return models.filter((model) => mayUse(policy, model));
}
