// Admin routes of models: list, override, add, remove.

import * as v from "valibot";
import { CATALOG, ModelSchema, type WrittenModel } from "#catalog/catalog";
import { type ListedModel, listedModel, modelsOf } from "#catalog/listed-models";
import { isWhole, namesOf } from "#catalog/override";
import { SUPPOSED } from "#catalog/product-lines";
import { GatewayError } from "#core/errors";
import type { ProviderName } from "#core/ids";
import type { AdminCall, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { PageQuery, pageFields, pageOf, pageResponse } from "#http/request/page";
import { decodeBody } from "#http/routes/admin/fields/body";
import { changedFields, checkNames, checkPrices, newModel } from "#http/routes/admin/fields/model-fields";
import { ModelVersionView } from "#http/views/document";
import { instant } from "#http/views/instant";
import { type KnownModel, KnownModelView, renderKnownModel } from "#http/views/known-model";
import { pageView } from "#http/views/shown";
import { BUILT_IN_PROVIDERS, canonicalProvider, isBuiltIn } from "#providers/names";
import { presetListing } from "#providers/presets/presets";
import { learntOf, overrideOf } from "#store/config/document-kinds";
import { findDocument, type StoredDocument, writeDocument } from "#store/config/documents";
import type { Registered } from "#store/config/registered";
import { authorOf } from "./author";
import { adminRoute, missing } from "./handler";
import { Rollback, versionsResponse, wantedVersion } from "./versions";

const ListQuery = v.object({ ...pageFields, provider: v.optional(v.string()) });
const RemovalQuery = v.object({ hide: v.optional(v.picklist(["true", "false"])) });
/** The fields of a model, of which an override has some; null takes one off. */
const { id: ModelId, ...modelFields } = ModelSchema.entries;
const OverrideBody = v.partial(v.strictObject(nullables(modelFields)));
const NewModelBody = v.strictObject({ id: ModelId, ...v.partial(v.object(modelFields)).entries });

export const modelRoutes: Route[] = [
	adminRoute("GET", "/admin/models", "catalog.read", list, {
		summary: "List every model of every provider, serving or not",
		query: ListQuery,
		answer: pageView(KnownModelView),
	}),
	adminRoute("POST", "/admin/models/:provider", "gateway.change", add, {
		summary: "Add a model at a provider",
		body: NewModelBody,
		example: { id: "acme-large", context: 131072, prices: [{ input: 0.5, output: 1.5 }] },
		answer: KnownModelView,
		status: 201,
		errors: ["provider_not_found", "model_exists", "model_changed"],
	}),
	adminRoute("GET", "/admin/models/:provider/:model+/history", "gateway.read", history, {
		summary: "List every version of what admins wrote of a model",
		query: PageQuery,
		answer: pageView(ModelVersionView),
		errors: ["model_not_found"],
	}),
	adminRoute("POST", "/admin/models/:provider/:model+/rollback", "gateway.change", rollback, {
		summary: "Put back what an earlier version wrote of a model",
		body: Rollback,
		example: { version: 1 },
		answer: KnownModelView,
		errors: ["model_not_found", "version_not_found", "model_changed"],
	}),
	adminRoute("GET", "/admin/models/:provider/:model+", "catalog.read", show, {
		summary: "Show a model with what an admin put in place of its fields",
		answer: KnownModelView,
		errors: ["model_not_found"],
	}),
	adminRoute("PATCH", "/admin/models/:provider/:model+", "gateway.change", update, {
		summary: "Put fields in place of a model's own",
		body: OverrideBody,
		example: { prices: [{ input: 0.15, output: 0.6 }], quality: { general: 3 } },
		answer: KnownModelView,
		errors: ["model_not_found", "model_changed"],
	}),
	adminRoute("DELETE", "/admin/models/:provider/:model+", "gateway.change", remove, {
		summary: "Take off what an admin wrote of a model, or hide it",
		query: RemovalQuery,
		answer: KnownModelView,
		errors: ["model_not_found", "override_not_found", "model_changed"],
	}),
];

function nullables(entries: v.ObjectEntries): v.ObjectEntries {
	return Object.fromEntries(Object.entries(entries).map(([field, schema]) => [field, v.nullable(schema)]));
}

async function list(call: AdminCall): Promise<Response> {
	const { registered } = await call.isolate.providers.current(call);
	const at = call.url.searchParams.get("provider");
	const overrides = new Map(registered.overrides.map((document) => [document.name, document]));
	const models = knownModels(registered)
		.filter(({ provider }) => at === null || provider === canonicalProvider(at))
		.map((model) => renderKnownModel(model, overrides.get(model.name) ?? null));
	return pageResponse(models, pageOf(call.url));
}

async function show(call: AdminCall): Promise<Response> {
	const model = await knownModel(call);
	return Response.json(renderKnownModel(model, await findDocument(call.env.DB, "model", model.name)));
}

/** Lays fields over the model's own; null takes one off again. */
async function update(call: AdminCall): Promise<Response> {
	const body = await readJson(call.request);
	const model = await knownModel(call);
	const before = await findDocument(call.env.DB, "model", model.name);
	const override = changedFields(before === null ? {} : overrideOf(before), body);
	await checkOverride(call, model, override);
	const nothing = Object.keys(override).length === 0;
	if (nothing && (before === null || before.body === null)) return Response.json(renderKnownModel(model, before));
	return write(call, model, "update", before, nothing ? null : override);
}

/** Puts back what an earlier version wrote; the versions since stay on record. */
async function rollback(call: AdminCall): Promise<Response> {
	const model = await knownModel(call);
	const override = overrideOf(await wantedVersion(call, "model", model.name));
	await checkOverride(call, model, override);
	return write(call, model, "rollback", await findDocument(call.env.DB, "model", model.name), override);
}

/** Throws `GatewayError` 400 for fields that the model cannot have, and names that another one has. */
async function checkOverride(call: AdminCall, model: KnownModel, override: WrittenModel): Promise<void> {
	decodeBody(ModelSchema, { ...model.written, ...override });
	checkPrices(override, call.receivedAt);
	if (!("aliases" in override || "family" in override)) return;
	const others = await modelsBeside(call, model);
	// The model comes last, so that a name that is taken is its fault.
	checkNames([...others, { ...model.written, ...override }], (_, field) => field);
}

/** A model that is not known here. Its price may follow; what it can do is supposed where the body does not say. */
async function add(call: AdminCall): Promise<Response> {
	const { registered } = await call.isolate.providers.current(call);
	const provider = canonicalProvider(call.params.provider ?? "");
	if (!isBuiltIn(provider) && !registered.providers.some(({ name }) => name === provider)) {
		throw missing("provider", provider);
	}
	const body = newModel(await readJson(call.request));
	decodeBody(ModelSchema, { ...SUPPOSED, ...body });
	checkPrices(body, call.receivedAt);
	checkNames([body], (_, field) => field);
	for (const name of namesOf(body)) {
		const known = modelNamed(registered, provider, name);
		if (known === undefined) continue;
		throw GatewayError.of(
			"model_exists",
			`\`${known.name}\` is known already: change it with PATCH /admin/models/${known.name}`,
			{ param: name === body.id ? "id" : "aliases" },
		);
	}
	const model = { name: `${provider}/${body.id}`, provider, written: { ...SUPPOSED, id: body.id }, source: null };
	const before = await findDocument(call.env.DB, "model", model.name);
	const added = await write(call, model, "create", before, body);
	return new Response(added.body, { status: 201, headers: added.headers });
}

/** Takes off what an admin wrote of a model, a whole model too; with `?hide=true` the model is served no longer. */
async function remove(call: AdminCall): Promise<Response> {
	const model = await knownModel(call);
	const before = await findDocument(call.env.DB, "model", model.name);
	const override = before === null ? {} : overrideOf(before);
	if (call.url.searchParams.get("hide") === "true") {
		if (override.hidden === true) return Response.json(renderKnownModel(model, before));
		return write(call, model, "hide", before, { ...override, hidden: true });
	}
	if (before === null || before.body === null) throw missing("override", model.name);
	return write(call, model, "delete", before, null);
}

async function history(call: AdminCall): Promise<Response> {
	const { name } = await knownModel(call);
	return versionsResponse(call, "model", name, (document) => ({ override: overrideOf(document) }));
}

async function write(
	call: AdminCall,
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
async function knownModel(call: AdminCall): Promise<KnownModel> {
	const provider = canonicalProvider(call.params.provider ?? "");
	const { registered } = await call.isolate.providers.current(call);
	const found = modelNamed(registered, provider, call.params.model ?? "");
	if (found === undefined) throw missing("model", `${provider}/${call.params.model ?? ""}`);
	return found;
}

function modelNamed(registered: Registered, provider: ProviderName, name: string): KnownModel | undefined {
	const wanted = name.toLowerCase();
	const known = knownModels(registered).find(
		(model) => model.provider === provider && namesOf(model.written).some((id) => id.toLowerCase() === wanted),
	);
	if (known !== undefined) return known;
	const vendor = vendorOf(registered, provider);
	const listed = vendor === null ? null : listedModel(vendor, name);
	return listed === null ? undefined : ofList(provider, listed);
}

/** The other models of its provider, with what admins put in place of their fields. */
async function modelsBeside(call: AdminCall, { name, provider }: KnownModel): Promise<WrittenModel[]> {
	const { registered } = await call.isolate.providers.current(call);
	const overrides = new Map(registered.overrides.map((document) => [document.name, document]));
	return knownModels(registered)
		.filter((other) => other.provider === provider && other.name !== name)
		.map((other) => {
			const document = overrides.get(other.name);
			return { ...other.written, ...(document !== undefined && overrideOf(document)) };
		});
}

/** Those of the catalog and of the price list, those of providers that admins added, and those added one by one. */
function knownModels(registered: Registered): KnownModel[] {
	const { providers, overrides, learnt } = registered;
	const catalogued = CATALOG.map(({ model, written, source, asOf }) => ({
		name: `${model.provider}/${model.id}`,
		provider: model.provider,
		written,
		source: { source, as_of: asOf },
	}));
	const listed = [...BUILT_IN_PROVIDERS, ...providers.map(({ name }) => name)].flatMap((name) => {
		const provider = name as string as ProviderName;
		return modelsOf(vendorOf(registered, provider) ?? "").map((model) => ofList(provider, model));
	});
	const theirs = providers.flatMap(({ name: provider, writtenModels }) =>
		writtenModels.map((written) => ({ name: `${provider}/${written.id}`, provider, written, source: null })),
	);
	const inFull = [...catalogued, ...theirs];
	const names = new Set(inFull.map(({ name }) => name));
	const known = [...inFull, ...listed.filter(({ name }) => !names.has(name))];
	for (const { name } of listed) names.add(name);
	const told = learnt
		.flatMap((document) => {
			const provider = document.name as ProviderName;
			return [...learntOf(document).models.values()].map((written) => ({
				name: `${provider}/${written.id}`,
				provider,
				written,
				source: { source: "the provider's own list", as_of: instant(document.createdAt) },
			}));
		})
		.filter(({ name, written }) => written.id !== undefined && !names.has(name));
	for (const { name } of told) names.add(name);
	const added = overrides.filter((document) => isWhole(overrideOf(document)) && !names.has(document.name));
	return [
		...known,
		...told,
		...added.map((document) => {
			const provider = document.name.split("/", 1)[0] as ProviderName;
			return { name: document.name, provider, written: { ...SUPPOSED, ...overrideOf(document) }, source: null };
		}),
	];
}

/** What the price list calls a provider; null for one that it does not have. */
function vendorOf({ providers }: Registered, provider: ProviderName): string | null {
	if (isBuiltIn(provider)) return provider;
	return presetListing(providers.find(({ name }) => name === provider)?.preset ?? null).vendor;
}

function ofList(provider: ProviderName, { written, source, asOf }: ListedModel): KnownModel {
	return { name: `${provider}/${written.id}`, provider, written, source: { source, as_of: asOf } };
}
