// Admin routes of providers: add, change, remove, with versions.

import * as v from "valibot";
import { ModelSchema, type WrittenModel } from "#catalog/catalog";
import { GatewayError, invalidRequest } from "#core/errors";
import { newId, type ProviderName } from "#core/ids";
import { PROTOCOLS } from "#core/protocol";
import { startCircuitsAnew } from "#gateway/control/circuits";
import type { AdminCall, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { listResponse } from "#http/request/page";
import { Credential, decodeBody } from "#http/routes/admin/fields/body";
import { CredentialHeader } from "#http/routes/admin/fields/credential-header";
import { checkNames } from "#http/routes/admin/fields/model-fields";
import { upstreamUrl } from "#http/routes/admin/fields/upstream-url";
import {
	AddedProviderView,
	NewProviderView,
	PresetView,
	ProviderView,
	renderBuiltInProvider,
	renderPreset,
	renderProvider,
} from "#http/views/provider";
import { pageView, removedView } from "#http/views/shown";
import { isObject } from "#lib/json";
import { BUILT_IN_PROVIDERS, canonicalProvider, isBuiltIn } from "#providers/names";
import { PRESET_NAMES, type PresetName, presetOf } from "#providers/presets/presets";
import { ONLY_CREDENTIAL } from "#providers/provider";
import { AUTO } from "#router/models/resolve-model";
import { findDocument } from "#store/config/documents";
import {
	bindingOf,
	createProvider,
	credentialOf,
	deleteProvider,
	findProvider,
	replaceProvider,
	type StoredProvider,
} from "#store/config/providers";
import { SealError, seal } from "#store/d1/sealed";
import { authorOf } from "./author";
import { adminRoute, missing } from "./handler";
import { learnAtOnce } from "./model-syncs";

/** No slash, because `provider/model` is split at one. */
const ProviderNameField = v.pipe(
	v.string(),
	v.regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "must be made of lower-case letters, digits, `.`, `_` and `-`"),
);
const Models = v.pipe(v.array(ModelSchema), v.maxLength(1000, "must have at most 1000 entries"));

const NewProvider = v.strictObject({
	name: v.exactOptional(ProviderNameField),
	preset: v.optional(v.nullable(v.picklist(PRESET_NAMES, "must be one of GET /admin/provider-presets")), null),
	base_url: v.exactOptional(v.string()),
	protocol: v.optional(v.picklist(PROTOCOLS), "openai-chat"),
	credential_header: v.optional(v.nullable(CredentialHeader), null),
	credential: v.optional(v.nullable(Credential), null),
	models: v.exactOptional(Models),
	disabled: v.optional(v.boolean(), false),
});
const ProviderChange = v.strictObject({
	base_url: v.exactOptional(v.string()),
	protocol: v.exactOptional(v.picklist(PROTOCOLS)),
	credential_header: v.exactOptional(v.nullable(CredentialHeader)),
	credential: v.exactOptional(v.nullable(Credential)),
	models: v.exactOptional(Models),
	disabled: v.exactOptional(v.boolean()),
});

export const providerRoutes: Route[] = [
	adminRoute("GET", "/admin/provider-presets", "gateway.read", listPresets, {
		summary: "List providers that can be added by name",
		answer: pageView(PresetView),
	}),
	adminRoute("POST", "/admin/providers", "gateway.change", create, {
		summary: "Add a provider",
		body: NewProvider,
		example: { preset: "groq", credential: "gsk_0000" },
		answer: NewProviderView,
		status: 201,
		errors: ["provider_built_in", "provider_exists", "name_taken"],
	}),
	adminRoute("GET", "/admin/providers", "gateway.read", list, {
		summary: "List providers, built in and added",
		answer: pageView(ProviderView),
	}),
	adminRoute("GET", "/admin/providers/:name", "gateway.read", show, {
		summary: "Show a provider",
		answer: ProviderView,
		errors: ["provider_not_found"],
	}),
	adminRoute("PATCH", "/admin/providers/:name", "gateway.change", update, {
		summary: "Change an added provider",
		body: ProviderChange,
		example: { disabled: true },
		answer: AddedProviderView,
		errors: ["provider_not_found", "provider_built_in", "provider_changed", "credential_unreadable"],
	}),
	adminRoute("DELETE", "/admin/providers/:name", "gateway.change", remove, {
		summary: "Remove an added provider",
		answer: removedView("provider"),
		errors: ["provider_not_found", "provider_built_in"],
	}),
];

async function create(call: AdminCall): Promise<Response> {
	const { request, env, config, receivedAt } = call;
	const written = await readJson(request);
	const body = decodeBody(NewProvider, written);
	const { preset } = body;
	const name = (body.name ?? preset ?? fieldMissing("name")) as ProviderName;
	refuseBuiltIn(name);
	if (name === AUTO) throw nameTaken("`auto` means the gateway's own choice");
	await refuseAlias(env.DB, name);
	checkNames(body.models ?? [], modelField);
	const facts = preset === null ? null : presetOf(preset);
	if (facts?.credential === "required" && body.credential === null && !config.local) throw credentialNeeded(facts);
	const provider = {
		name,
		id: newId("prov", receivedAt, crypto.randomUUID()),
		baseUrl: upstreamUrl(body.base_url ?? addressOf(preset, config.local), config.local),
		protocol: body.protocol,
		credentialHeader: body.credential_header ?? facts?.credentialHeader ?? null,
		preset,
		writtenModels: modelsAsWritten(written),
		disabled: body.disabled,
		version: 1,
		createdAt: receivedAt,
		updatedAt: receivedAt,
	};
	const credential = await sealed(body.credential, provider, config.credentialsSecret);
	if (!(await createProvider(env.DB, { ...provider, credential }, authorOf(call)))) {
		throw GatewayError.of("provider_exists", `there is a provider \`${name}\` already`, { param: "name" });
	}
	call.isolate.providers.forget();
	// Without models of the admin's own it is asked for its own at once.
	const asked = body.models === undefined && !body.disabled ? await learnAtOnce({ ...call, params: { name } }) : null;
	const rendered = renderProvider({ ...provider, credential });
	return Response.json({ ...rendered, ...(asked && { models_sync: asked }) }, { status: 201 });
}

async function list(call: AdminCall): Promise<Response> {
	const { serving, registered } = await call.isolate.providers.current(call);
	const builtIn = BUILT_IN_PROVIDERS.map((name) => renderBuiltInProvider(name, serving));
	return listResponse([...builtIn, ...registered.providers.map(renderProvider)], false);
}

async function listPresets(): Promise<Response> {
	return listResponse(PRESET_NAMES.map(renderPreset), false);
}

async function show(call: AdminCall): Promise<Response> {
	const name = providerName(call.params);
	if (isBuiltIn(name))
		return Response.json(renderBuiltInProvider(name, (await call.isolate.providers.current(call)).serving));
	return Response.json(renderProvider(await stored(call.env.DB, name)));
}

async function update(call: AdminCall): Promise<Response> {
	const { request, env, config, params, receivedAt } = call;
	const name = providerName(params);
	refuseBuiltIn(name);
	const written = await readJson(request);
	const body = decodeBody(ProviderChange, written);
	checkNames(body.models ?? [], modelField);
	const before = await stored(env.DB, name);
	const baseUrl = body.base_url === undefined ? before.baseUrl : upstreamUrl(body.base_url, config.local);
	const moved = new URL(baseUrl).origin !== new URL(before.baseUrl).origin;
	if (moved && before.credential !== null && body.credential === undefined) {
		throw invalidRequest(
			"the stored credential belongs to the present host; send `credential` with a `base_url` on another",
			"credential",
		);
	}
	const after = {
		...before,
		baseUrl,
		protocol: body.protocol ?? before.protocol,
		credentialHeader: body.credential_header === undefined ? before.credentialHeader : body.credential_header,
		writtenModels: body.models === undefined ? before.writtenModels : modelsAsWritten(written),
		disabled: body.disabled ?? before.disabled,
		version: before.version + 1,
		updatedAt: receivedAt,
	};
	const secret =
		body.credential === undefined ? await storedCredential(before, config.credentialsSecret) : body.credential;
	// Sealed anew even when unchanged: what was sealed for an earlier version must not open for this one.
	const credential = await sealed(secret, after, config.credentialsSecret);
	if (!(await replaceProvider(env.DB, { ...after, credential }, before.version, authorOf(call)))) {
		throw GatewayError.of(
			"provider_changed",
			`provider \`${name}\` was changed by someone else meanwhile; look and repeat`,
		);
	}
	call.isolate.providers.forget();
	if (body.base_url !== undefined || body.protocol !== undefined)
		await startCircuitsAnew(call, name, { credential: null, model: null });
	else if (body.credential !== undefined || body.credential_header !== undefined) {
		await startCircuitsAnew(call, name, { credential: ONLY_CREDENTIAL, model: null });
	}
	return Response.json(renderProvider({ ...after, credential }));
}

async function remove(call: AdminCall): Promise<Response> {
	const { env, params } = call;
	const name = providerName(params);
	refuseBuiltIn(name);
	if (!(await deleteProvider(env.DB, name, authorOf(call)))) throw missing("provider", name);
	call.isolate.providers.forget();
	await startCircuitsAnew(call, name, { credential: null, model: null });
	return Response.json({ id: name, object: "provider", deleted: true });
}

function fieldMissing(field: string): never {
	throw invalidRequest(`\`${field}\` is required`, field);
}

/** Where a preset's provider is unless the admin says so. Throws `GatewayError` 400 where only the admin can say. */
function addressOf(preset: PresetName | null, local: boolean): string {
	if (preset === null) return fieldMissing("base_url");
	const { baseUrl, example } = presetOf(preset);
	if (baseUrl !== null) return baseUrl;
	// The simulator plays one that has no address of its own yet.
	if (local && example !== undefined) return example;
	throw invalidRequest(`\`base_url\` is required, such as ${example}`, "base_url");
}

function credentialNeeded({ title }: { readonly title: string }): GatewayError {
	return invalidRequest(`${title} asks for a key: send it as \`credential\``, "credential");
}

function providerName(params: AdminCall["params"]): ProviderName {
	return canonicalProvider(params.name ?? "");
}

async function stored(db: D1Database, name: ProviderName): Promise<StoredProvider> {
	const provider = await findProvider(db, name);
	if (provider === null) throw missing("provider", name);
	return provider;
}

function refuseBuiltIn(name: string): void {
	const canonical = canonicalProvider(name);
	if (isBuiltIn(canonical)) {
		throw GatewayError.of(
			"provider_built_in",
			`\`${name}\` means the built-in provider \`${canonical}\`, which is configured by the environment`,
			{ param: "name" },
		);
	}
}

async function refuseAlias(db: D1Database, name: string): Promise<void> {
	const alias = await findDocument(db, "alias", name);
	if (alias !== null && alias.body !== null) throw nameTaken(`there is an alias \`${name}\``);
}

function nameTaken(why: string): GatewayError {
	return GatewayError.of("name_taken", why, { param: "name" });
}

function modelField(index: number, field: string): string {
	return `models[${index}].${field}`;
}

/** The checked models in the form they came in: prices are stored as their writer gave them. */
function modelsAsWritten(body: unknown): WrittenModel[] {
	return isObject(body) && Array.isArray(body.models) ? body.models.filter(isObject) : [];
}

async function sealed(
	secret: string | null,
	provider: Omit<StoredProvider, "credential">,
	gatewaySecret: string,
): Promise<string | null> {
	return secret === null ? null : seal(gatewaySecret, secret, bindingOf(provider));
}

async function storedCredential(provider: StoredProvider, gatewaySecret: string): Promise<string | null> {
	try {
		return await credentialOf(provider, gatewaySecret);
	} catch (error) {
		if (!(error instanceof SealError)) throw error;
		throw GatewayError.of(
			"credential_unreadable",
			"the stored credential was sealed with another secret and cannot be read; send `credential` again",
			{ param: "credential" },
		);
	}
}
