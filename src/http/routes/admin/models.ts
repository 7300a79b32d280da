// Admin routes of models: list, override, add, remove.
import { CATALOG, ModelSchema, type WrittenModel } from "#catalog/catalog";
import { GatewayError } from "#core/errors";
import type { ProviderName } from "#core/ids";
import type { Call, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { pageOf, pageResponse } from "#http/request/page";
import { decodeBody } from "#http/routes/admin/fields/body";
import { changedFields, checkNames, checkPrices } from "#http/routes/admin/fields/model-fields";
import { instant } from "#http/views/instant";
import { type KnownModel, renderKnownModel } from "#http/views/known-model";
import { canonicalProvider } from "#providers/names";
import { learntOf, overrideOf } from "#store/config/document-kinds";
import { findDocument, type StoredDocument, writeDocument } from "#store/config/documents";
import type { Registered } from "#store/config/registered";
import { authorOf } from "./author";
import { adminRoute, missing } from "./handler";
import { versionsResponse } from "./versions";

export const modelRoutes: Route[] = [
	adminRoute("GET", "/admin/models", list),
	adminRoute("GET", "/admin/models/:provider/:model+/history", history),
	adminRoute("GET", "/admin/models/:provider/:model+", show),
	adminRoute("PATCH", "/admin/models/:provider/:model+", update),
	adminRoute("DELETE", "/admin/models/:provider/:model+", remove),
];

async function list(call: Call): Promise<Response> {
	const { registered } = await call.isolate.providers.current(call);
	const at = call.url.searchParams.get("provider");
	const overrides = new Map(registered.overrides.map((document) => [document.name, document]));
	const models = knownModels(registered)
		.filter(({ provider }) => at === null || provider === canonicalProvider(at))
		.map((model) => renderKnownModel(model, overrides.get(model.name) ?? null));
	return pageResponse(models, pageOf(call.url));
}

async function show(call: Call): Promise<Response> {
	const model = await knownModel(call);
	return Response.json(renderKnownModel(model, await findDocument(call.env.DB, "model", model.name)));
}

/** Lays fields over the model's own; null takes one off again. */
async function update(call: Call): Promise<Response> {
	const body = await readJson(call.request);
	const model = await knownModel(call);
	const before = await findDocument(call.env.DB, "model", model.name);
	const override = changedFields(before === null ? {} : overrideOf(before), body);
	decodeBody(ModelSchema, { ...model.written, ...override });
	checkPrices(override, call.receivedAt);
	if ("aliases" in override || "family" in override) {
		const others = await modelsBeside(call, model);
		// The model comes last, so that a name that is taken is its fault.
		checkNames([...others, { ...model.written, ...override }], (_, field) => field);
	}
	const nothing = Object.keys(override).length === 0;
	if (nothing && (before === null || before.body === null)) return Response.json(renderKnownModel(model, before));
	return write(call, model, "update", before, nothing ? null : override);
}

async function remove(call: Call): Promise<Response> {
	const model = await knownModel(call);
	const before = await findDocument(call.env.DB, "model", model.name);
	if (before === null || before.body === null) throw missing("override", model.name);
	return write(call, model, "delete", before, null);
}

async function history(call: Call): Promise<Response> {
	const { name } = await knownModel(call);
	return versionsResponse(call, "model", name, (document) => ({ override: overrideOf(document) }));
}

async function write(
	call: Call,
	model: KnownModel,
	action: string,
	before: StoredDocument | null,
	body: WrittenModel | null,
): Promise<Response> {
	const { name } = model;
	const document = { name, version: (before?.version ?? 0) + 1, body, createdAt: call.receivedAt };
	if (!(await writeDocument(call.env.DB, "model", document, action, authorOf(call)))) {
		throw GatewayError.of("model_changed", `model \`${name}\` was changed by someone else meanwhile; look and repeat`);
	}
	call.isolate.providers.forget();
	return Response.json(renderKnownModel(model, document));
}

/** The model that the path names by its id or another id of it, in any case. Throws `GatewayError` 404. */
async function knownModel(call: Call): Promise<KnownModel> {
	const provider = canonicalProvider(call.params.provider ?? "");
	const wanted = (call.params.model ?? "").toLowerCase();
	const { registered } = await call.isolate.providers.current(call);
	const found = knownModels(registered).find(
		(model) => model.provider === provider && idsOf(model.written).some((id) => id.toLowerCase() === wanted),
	);
	if (found === undefined) throw missing("model", `${provider}/${call.params.model ?? ""}`);
	return found;
}

/** The other models of its provider, with what admins put in place of their fields. */
async function modelsBeside(call: Call, { name, provider }: KnownModel): Promise<WrittenModel[]> {
	const { registered } = await call.isolate.providers.current(call);
	const overrides = new Map(registered.overrides.map((document) => [document.name, document]));
	return knownModels(registered)
		.filter((other) => other.provider === provider && other.name !== name)
		.map((other) => {
			const document = overrides.get(other.name);
			return { ...other.written, ...(document !== undefined && overrideOf(document)) };
		});
}

function knownModels({ providers, learnt }: Registered): KnownModel[] {
	const builtIn = CATALOG.map(({ model, written, source, asOf }) => ({
		name: `${model.provider}/${model.id}`,
		provider: model.provider,
		written,
		source: { source, as_of: asOf },
	}));
	const added = providers.flatMap(({ name: provider, writtenModels }) =>
		writtenModels.map((written) => ({ name: `${provider}/${written.id}`, provider, written, source: null })),
	);
	const known = new Set([...builtIn, ...added].map(({ name }) => name));
	const beside = learnt
		.flatMap((document) => {
			const provider = document.name as ProviderName;
			return [...learntOf(document).models.values()].map((written) => ({
				name: `${provider}/${written.id}`,
				provider,
				written,
				source: { source: "the provider's own list", as_of: instant(document.createdAt) },
			}));
		})
		.filter(({ name, written }) => written.id !== undefined && !known.has(name));
	return [...builtIn, ...added, ...beside];
}

function idsOf({ id, aliases }: WrittenModel): string[] {
	return [id, ...(Array.isArray(aliases) ? aliases : [])].map(String);
}
