// Admin routes of aliases, with their versions.

import * as v from "valibot";
import { GatewayError } from "#core/errors";
import type { Alias } from "#core/routing/alias";
import type { AdminCall, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { listResponse, PageQuery, pageOf } from "#http/request/page";
import { authorOf } from "#http/routes/admin/author";
import { AliasName, definitionFields, definitionOf } from "#http/routes/admin/fields/alias-fields";
import { checkTargets, refuseShadowing } from "#http/routes/admin/fields/alias-targets";
import { decodeBody } from "#http/routes/admin/fields/body";
import { adminRoute, missing } from "#http/routes/admin/handler";
import { Rollback, unreadable, versionsResponse, wantedVersion } from "#http/routes/admin/versions";
import { AliasVersionView, AliasView, renderAlias, renderDefinition } from "#http/views/document";
import { pageView, removedView } from "#http/views/shown";
import { type AliasDefinition, aliasOf } from "#store/config/document-kinds";
import { findDocument, listDocuments, type StoredDocument, writeDocument } from "#store/config/documents";

const NewAlias = v.strictObject({ name: AliasName, ...definitionFields });
const AliasChange = v.strictObject(definitionFields);

export const aliasRoutes: Route[] = [
	adminRoute("POST", "/admin/aliases", "gateway.change", create, {
		summary: "Make an alias",
		body: NewAlias,
		example: { name: "fast", models: ["openai/gpt-4o-mini", { model: "deepseek/deepseek-flash", weight: 2 }] },
		answer: AliasView,
		status: 201,
		errors: ["alias_exists", "name_taken", "model_not_found"],
	}),
	adminRoute("GET", "/admin/aliases", "catalog.read", list, {
		summary: "List aliases",
		query: PageQuery,
		answer: pageView(AliasView),
	}),
	adminRoute("GET", "/admin/aliases/:name", "catalog.read", show, {
		summary: "Show an alias",
		answer: AliasView,
		errors: ["alias_not_found", "version_unreadable"],
	}),
	adminRoute("PUT", "/admin/aliases/:name", "gateway.change", replace, {
		summary: "Replace an alias",
		body: AliasChange,
		example: { models: ["openai/gpt-4o-mini"], strategy: "priority" },
		answer: AliasView,
		errors: ["alias_not_found", "alias_changed", "name_taken", "model_not_found"],
	}),
	adminRoute("DELETE", "/admin/aliases/:name", "gateway.change", remove, {
		summary: "Remove an alias",
		answer: removedView("alias"),
		errors: ["alias_not_found", "alias_changed"],
	}),
	adminRoute("GET", "/admin/aliases/:name/versions", "gateway.read", versions, {
		summary: "List every version of an alias, newest first",
		query: PageQuery,
		answer: pageView(AliasVersionView),
		errors: ["alias_not_found", "version_unreadable"],
	}),
	adminRoute("POST", "/admin/aliases/:name/rollback", "gateway.change", rollback, {
		summary: "Put back an earlier version of an alias",
		body: Rollback,
		example: { version: 1 },
		answer: AliasView,
		errors: ["version_not_found", "version_unreadable", "alias_changed", "name_taken", "model_not_found"],
	}),
];

async function create(call: AdminCall): Promise<Response> {
	const { name, ...body } = decodeBody(NewAlias, await readJson(call.request));
	const latest = await findDocument(call.env.DB, "alias", name);
	const exists = () => GatewayError.of("alias_exists", `there is an alias \`${name}\` already`, { param: "name" });
	if (latest !== null && latest.body !== null) throw exists();
	const { directory } = (await call.isolate.providers.current(call)).serving;
	refuseShadowing(name, directory);
	const definition = definitionOf(body);
	checkTargets(definition, directory);
	const created = await write(call, name, "create", latest, definition);
	if (created === null) throw exists();
	return Response.json(shown(created), { status: 201 });
}

async function list({ env, url }: AdminCall): Promise<Response> {
	const { documents, more } = await listDocuments(env.DB, "alias", pageOf(url));
	return listResponse(documents.map(shown), more);
}

async function show({ env, params }: AdminCall): Promise<Response> {
	return Response.json(shown(await inForce(env.DB, nameOf(params))));
}

async function replace(call: AdminCall): Promise<Response> {
	const name = nameOf(call.params);
	const definition = definitionOf(decodeBody(AliasChange, await readJson(call.request)));
	return changed(call, name, "update", await inForce(call.env.DB, name), definition);
}

async function rollback(call: AdminCall): Promise<Response> {
	const name = nameOf(call.params);
	const alias = understood(await wantedVersion(call, "alias", name));
	return changed(call, name, "rollback", await findDocument(call.env.DB, "alias", name), alias);
}

async function remove(call: AdminCall): Promise<Response> {
	const name = nameOf(call.params);
	const before = await inForce(call.env.DB, name);
	if ((await write(call, name, "delete", before, null)) === null) throw overtaken(name);
	return Response.json({ id: name, object: "alias", deleted: true });
}

async function versions(call: AdminCall): Promise<Response> {
	const name = nameOf(call.params);
	if ((await findDocument(call.env.DB, "alias", name)) === null) throw missing("alias", name);
	return versionsResponse(call, "alias", name, (document) => renderDefinition(understood(document)));
}

/** Puts a definition in place of what is in force, or of a removal. */
async function changed(
	call: AdminCall,
	name: string,
	action: string,
	before: StoredDocument | null,
	definition: AliasDefinition,
): Promise<Response> {
	const { directory } = (await call.isolate.providers.current(call)).serving;
	refuseShadowing(name, directory);
	checkTargets(definition, directory);
	const after = await write(call, name, action, before, definition);
	if (after === null) throw overtaken(name);
	return Response.json(shown(after));
}

/** Null when someone else wrote the next version first. */
async function write(
	call: AdminCall,
	name: string,
	action: string,
	before: StoredDocument | null,
	definition: AliasDefinition | null,
): Promise<StoredDocument | null> {
	const document = { name, version: (before?.version ?? 0) + 1, body: definition, createdAt: call.receivedAt };
	if (!(await writeDocument(call.env.DB, "alias", document, action, authorOf(call)))) return null;
	call.isolate.providers.forget();
	return document;
}

async function inForce(db: D1Database, name: string): Promise<StoredDocument> {
	const document = await findDocument(db, "alias", name);
	if (document === null || document.body === null) throw missing("alias", name);
	return document;
}

function understood(document: StoredDocument): Alias {
	return aliasOf(document) ?? unreadable(document);
}

/** Throws `GatewayError` 409 for a definition that this release does not know. */
function shown(document: StoredDocument) {
	return renderAlias(document, understood(document));
}

function overtaken(name: string) {
	return GatewayError.of("alias_changed", `alias \`${name}\` was changed by someone else meanwhile; look and repeat`);
}

function nameOf(params: AdminCall["params"]): string {
	return (params.name ?? "").toLowerCase();
}
