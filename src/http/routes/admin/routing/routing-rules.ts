// Admin routes of the rules that `auto` goes by, with their versions.
import { GatewayError } from "#core/errors";
import { type AutoRules, AutoRulesSchema } from "#core/routing/auto-rules";
import type { Call, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { authorOf } from "#http/routes/admin/author";
import { decodeBody } from "#http/routes/admin/fields/body";
import { adminRoute, missing } from "#http/routes/admin/handler";
import { unreadable, versionsResponse, wantedVersion } from "#http/routes/admin/versions";
import { renderRules } from "#http/views/document";
import { RULES_NAME, rulesOf } from "#store/config/document-kinds";
import { findDocument, type StoredDocument, writeDocument } from "#store/config/documents";

export const routingRulesRoutes: Route[] = [
	adminRoute("GET", "/admin/routing-rules", show),
	adminRoute("PUT", "/admin/routing-rules", replace),
	adminRoute("DELETE", "/admin/routing-rules", remove),
	adminRoute("GET", "/admin/routing-rules/versions", versions),
	adminRoute("POST", "/admin/routing-rules/rollback", rollback),
];

async function show({ env }: Call): Promise<Response> {
	return Response.json(shown(await latest(env.DB)));
}

async function replace(call: Call): Promise<Response> {
	const rules = decodeBody(AutoRulesSchema, await readJson(call.request));
	return write(call, "update", await latest(call.env.DB), rules);
}

/** Back to the rules that come with the gateway. */
async function remove(call: Call): Promise<Response> {
	const before = await latest(call.env.DB);
	if (before === null || before.body === null) throw missing("routing_rules", RULES_NAME);
	return write(call, "delete", before, null);
}

async function rollback(call: Call): Promise<Response> {
	const rules = understood(await wantedVersion(call, "routing_rules", RULES_NAME));
	return write(call, "rollback", await latest(call.env.DB), rules);
}

function versions(call: Call): Promise<Response> {
	return versionsResponse(call, "routing_rules", RULES_NAME, understood);
}

async function write(
	call: Call,
	action: string,
	before: StoredDocument | null,
	body: AutoRules | null,
): Promise<Response> {
	const { env, receivedAt } = call;
	const document = { name: RULES_NAME, version: (before?.version ?? 0) + 1, body, createdAt: receivedAt };
	if (!(await writeDocument(env.DB, "routing_rules", document, action, authorOf(call)))) {
		throw GatewayError.of("routing_rules_changed", "the rules were changed by someone else meanwhile; look and repeat");
	}
	call.isolate.providers.forget();
	return Response.json(shown(document));
}

function latest(db: D1Database): Promise<StoredDocument | null> {
	return findDocument(db, "routing_rules", RULES_NAME);
}

function understood(document: StoredDocument): AutoRules {
	return rulesOf(document) ?? unreadable(document);
}

/** Throws `GatewayError` 409 for rules that this release does not know. */
function shown(document: StoredDocument | null) {
	return renderRules(document, document === null || document.body === null ? null : understood(document));
}
