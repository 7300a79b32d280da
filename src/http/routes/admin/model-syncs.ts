// Admin routes of what is learnt of a provider's models from its own list: ask, accept, versions, rollback.

import * as v from "valibot";
import { GatewayError } from "#core/errors";
import type { ProviderName } from "#core/ids";
import type { Accepted } from "#gateway/models/apply";
import { DIFFERENCE_KINDS } from "#gateway/models/difference";
import { askForModels, daily, detailOf, learn, proposed, type SyncDetail } from "#gateway/models/sync";
import type { AdminCall, Route } from "#http/call";
import { readJson, readOptionalJson } from "#http/request/json-body";
import { PageQuery } from "#http/request/page";
import { decodeBody } from "#http/routes/admin/fields/body";
import { LearntVersionView } from "#http/views/document";
import {
	LastSyncView,
	LearntView,
	renderLearnt,
	renderSync,
	renderSyncSummary,
	SyncSettingsView,
	SyncView,
} from "#http/views/model-sync";
import { pageView, removedView } from "#http/views/shown";
import { canonicalProvider } from "#providers/names";
import type { Provider } from "#providers/provider";
import { type DocumentKind, findDocument, type StoredDocument, writeDocument } from "#store/config/documents";
import { findSync, type StoredSync } from "#store/config/model-syncs";
import { authorOf } from "./author";
import { adminRoute, missing } from "./handler";
import { Rollback, versionsResponse, wantedVersion } from "./versions";

const Ids = v.union([v.literal(true), v.array(v.string())], "must be true or a list of models' ids");
const Kinds = v.strictObject({
	new: v.exactOptional(Ids),
	gone: v.exactOptional(Ids),
	dearer: v.exactOptional(Ids),
	cheaper: v.exactOptional(Ids),
});
const SyncBody = v.strictObject({ proposal: v.exactOptional(v.string()), accept: v.exactOptional(Kinds) });
const SettingsBody = v.strictObject({ apply: v.array(v.picklist(DIFFERENCE_KINDS)) });

export const modelSyncRoutes: Route[] = [
	adminRoute("POST", "/admin/providers/:name/models/sync", "gateway.change", sync, {
		summary: "Ask a provider for its models, or accept what it said",
		body: SyncBody,
		bodyIsOptional: true,
		example: { accept: { new: true, dearer: ["openai/gpt-oss-120b"] } },
		answer: SyncView,
		errors: [
			"provider_not_found",
			"provider_unavailable",
			"models_not_listed",
			"proposal_superseded",
			"provider_changed",
		],
	}),
	adminRoute("GET", "/admin/providers/:name/models/sync", "gateway.read", show, {
		summary: "Show the last proposal of a provider's models",
		answer: LastSyncView,
		errors: ["provider_not_found"],
	}),
	adminRoute("PUT", "/admin/providers/:name/models/sync", "gateway.change", configure, {
		summary: "Say what the daily job applies by itself at a provider",
		body: SettingsBody,
		example: { apply: ["dearer", "cheaper"] },
		answer: SyncSettingsView,
		errors: ["provider_not_found", "provider_changed"],
	}),
	adminRoute("GET", "/admin/providers/:name/models/versions", "gateway.read", versions, {
		summary: "List versions of what was learnt of a provider's models",
		query: PageQuery,
		answer: pageView(LearntVersionView),
		errors: ["provider_not_found"],
	}),
	adminRoute("POST", "/admin/providers/:name/models/rollback", "gateway.change", rollback, {
		summary: "Put back an earlier version of what was learnt",
		body: Rollback,
		example: { version: 1 },
		answer: LearntView,
		errors: ["provider_not_found", "version_not_found", "provider_changed"],
	}),
	adminRoute("DELETE", "/admin/providers/:name/models", "gateway.change", forget, {
		summary: "Forget what was learnt of a provider's models",
		answer: removedView("learnt_models"),
		errors: ["provider_not_found", "learnt_models_not_found", "provider_changed"],
	}),
];

/** Asks the provider, or accepts what it said when it was asked last; either way, what is accepted is learnt. */
async function sync(call: AdminCall): Promise<Response> {
	const { proposal, accept = {} } = decodeBody(SyncBody, await readOptionalJson(call.request));
	if (proposal === undefined) {
		const { provider, registered } = await servingProvider(call);
		const { env, isolate, receivedAt } = call;
		const on = { db: env.DB, registered, clock: isolate.clock, now: receivedAt };
		const asked = await askForModels(provider, on);
		return Response.json(renderSync(asked, asked.detail, await learnt(call, asked, asked.detail, accept)));
	}
	const name = await providerName(call);
	const stored = await proposed(call.env.DB, name, proposal);
	const detail = detailOf(stored);
	if (detail === null) throw GatewayError.of("proposal_superseded", "it was written by another release; ask again");
	return Response.json(renderSync(stored, detail, await learnt(call, stored, detail, accept)));
}

async function learnt(call: AdminCall, { provider }: StoredSync, { found }: SyncDetail, accept: Accepted) {
	const result = await learn(call.env.DB, provider, found, accept, authorOf(call));
	if (result !== null) call.isolate.providers.forget();
	return result;
}

/** Asks a provider that was just added, and learns all that it lists. */
export async function learnAtOnce(call: AdminCall): Promise<object> {
	const { provider, registered } = await servingProvider(call);
	if (provider.adapter.models === undefined) return { status: "not_listed" };
	const { env, isolate, receivedAt } = call;
	const asked = await askForModels(provider, { db: env.DB, registered, clock: isolate.clock, now: receivedAt });
	return renderSyncSummary(asked, asked.detail, await learntIfKept(call, asked, asked.detail, { new: true }));
}

/** The same, but nothing where it is more than can be kept: the provider was added, and an admin may accept fewer. */
async function learntIfKept(...given: Parameters<typeof learnt>): Promise<Awaited<ReturnType<typeof learnt>>> {
	try {
		return await learnt(...given);
	} catch (error) {
		if (error instanceof GatewayError && error.details.code === "invalid_request") return null;
		throw error;
	}
}

async function show(call: AdminCall): Promise<Response> {
	const { DB } = call.env;
	const name = await providerName(call);
	const [stored, apply] = await Promise.all([findSync(DB, name), daily(DB, name)]);
	const detail = stored === null ? null : detailOf(stored);
	return Response.json({
		...(stored === null || detail === null
			? { id: null, object: "provider.models_sync", provider: name, status: "never" }
			: renderSync(stored, detail, null)),
		apply,
	});
}

async function configure(call: AdminCall): Promise<Response> {
	const body = decodeBody(SettingsBody, await readJson(call.request));
	const name = await providerName(call);
	await write(call, "model_sync", name, "update", body);
	return Response.json({ object: "provider.models_sync_settings", provider: name, ...body });
}

async function versions(call: AdminCall): Promise<Response> {
	return versionsResponse(call, "learnt_models", await providerName(call), renderLearnt);
}

async function rollback(call: AdminCall): Promise<Response> {
	const name = await providerName(call);
	const wanted = await wantedVersion(call, "learnt_models", name);
	const document = await write(call, "learnt_models", name, "rollback", wanted.body);
	return Response.json({
		object: "learnt_models",
		provider: name,
		version: document.version,
		...renderLearnt(document),
	});
}

/** Forgets all that was learnt; what is known otherwise is as it was. */
async function forget(call: AdminCall): Promise<Response> {
	const name = await providerName(call);
	const before = await findDocument(call.env.DB, "learnt_models", name);
	if (before === null || before.body === null) throw missing("learnt_models", name);
	await write(call, "learnt_models", name, "delete", null);
	return Response.json({ id: name, object: "learnt_models", deleted: true });
}

async function write(
	call: AdminCall,
	kind: DocumentKind,
	name: ProviderName,
	action: string,
	body: unknown,
): Promise<StoredDocument> {
	const before = await findDocument(call.env.DB, kind, name);
	const document = { name, version: (before?.version ?? 0) + 1, body, createdAt: call.receivedAt };
	if (!(await writeDocument(call.env.DB, kind, document, action, authorOf(call)))) {
		throw GatewayError.of(
			"provider_changed",
			`provider \`${name}\` was changed by someone else meanwhile; look and repeat`,
		);
	}
	call.isolate.providers.forget();
	return document;
}

/** Throws `GatewayError` 404 for no such provider. */
async function providerName(call: AdminCall): Promise<ProviderName> {
	const { serving } = await call.isolate.providers.current(call);
	const name = canonicalProvider(call.params.name ?? "");
	if (!serving.byName.has(name) && !serving.directory.unavailable.has(name)) throw missing("provider", name);
	return name;
}

/** Throws `GatewayError`: 404 for no such provider, 409 for one that cannot be asked. */
async function servingProvider(call: AdminCall) {
	const { serving, registered } = await call.isolate.providers.current(call);
	const name = canonicalProvider(call.params.name ?? "");
	const provider: Provider | undefined = serving.byName.get(name);
	if (provider !== undefined) return { provider, registered };
	if (!serving.directory.unavailable.has(name)) throw missing("provider", name);
	throw GatewayError.of("provider_unavailable", `provider \`${name}\` has no credential that can be used`);
}
