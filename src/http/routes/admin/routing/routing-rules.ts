// Admin routes of the rules that `auto` goes by, with their versions.

import { GatewayError } from "#core/errors";
import { type AutoRules, AutoRulesSchema } from "#core/routing/auto-rules";
import type { AdminCall, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { PageQuery } from "#http/request/page";
import { authorOf } from "#http/routes/admin/author";
import { decodeBody } from "#http/routes/admin/fields/body";
import { adminRoute, missing } from "#http/routes/admin/handler";
import { Rollback, unreadable, versionsResponse, wantedVersion } from "#http/routes/admin/versions";
import { RoutingRulesVersionView, RoutingRulesView, renderRules } from "#http/views/document";
import { pageView } from "#http/views/shown";
import { RULES_NAME, rulesOf } from "#store/config/document-kinds";
import { findDocument, type StoredDocument, writeDocument } from "#store/config/documents";

export const routingRulesRoutes: Route[] = [
	adminRoute("GET", "/admin/routing-rules", "gateway.read", show, {
		summary: "Show the rules by which `auto` chooses",
		answer: RoutingRulesView,
		errors: ["version_unreadable"],
	}),
	adminRoute("PUT", "/admin/routing-rules", "gateway.change", replace, {
		summary: "Replace the rules by which `auto` chooses",
		body: AutoRulesSchema,
		answer: RoutingRulesView,
		errors: ["routing_rules_changed"],
	}),
	adminRoute("DELETE", "/admin/routing-rules", "gateway.change", remove, {
		summary: "Go back to the rules that come with the gateway",
		answer: RoutingRulesView,
		errors: ["routing_rules_not_found", "routing_rules_changed"],
	}),
	adminRoute("GET", "/admin/routing-rules/versions", "gateway.read", versions, {
		summary: "List every version of the rules, newest first",
		query: PageQuery,
		answer: pageView(RoutingRulesVersionView),
		errors: ["version_unreadable"],
	}),
	adminRoute("POST", "/admin/routing-rules/rollback", "gateway.change", rollback, {
		summary: "Put back an earlier version of the rules",
		body: Rollback,
		example: { version: 1 },
		answer: RoutingRulesView,
		errors: ["version_not_found", "version_unreadable", "routing_rules_changed"],
	}),
];

async function show({ env }: AdminCall): Promise<Response> {
	return Response.json(shown(await latest(env.DB)));
}

async function replace(call: AdminCall): Promise<Response> {
	const rules = decodeBody(AutoRulesSchema, await readJson(call.request));
	return write(call, "update", await latest(call.env.DB), rules);
}

/** Back to the rules that come with the gateway. */
async function remove(call: AdminCall): Promise<Response> {
	const before = await latest(call.env.DB);
	if (before === null || before.body === null) throw missing("routing_rules", RULES_NAME);
	return write(call, "delete", before, null);
}

async function rollback(call: AdminCall): Promise<Response> {
	const rules = understood(await wantedVersion(call, "routing_rules", RULES_NAME));
	return write(call, "rollback", await latest(call.env.DB), rules);
}

function versions(call: AdminCall): Promise<Response> {
	return versionsResponse(call, "routing_rules", RULES_NAME, understood);
}

async function write(
	call: AdminCall,
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
