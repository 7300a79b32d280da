// Admin routes of what holds for requests that do not say it themselves: the gateway's defaults, and those of a team.

import { GatewayError, invalidRequest } from "#core/errors";
import type { TeamId } from "#core/ids";
import type { AdminCall, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { PageQuery } from "#http/request/page";
import { authorOf } from "#http/routes/admin/author";
import { decodeBody } from "#http/routes/admin/fields/body";
import { adminRoute, missing } from "#http/routes/admin/handler";
import { versionsResponse } from "#http/routes/admin/versions";
import { DefaultsVersionView, DefaultsView, renderDefaults } from "#http/views/document";
import { pageView } from "#http/views/shown";
import { canonicalProvider } from "#providers/names";
import { GATEWAY_DEFAULTS, GatewayDefaultsSchema, TeamDefaultsSchema } from "#store/config/document-kinds";
import { findDocument, writeDocument } from "#store/config/documents";
import { findTeam } from "#store/keys/teams";

export const defaultsRoutes: Route[] = [
	adminRoute("GET", "/admin/defaults", "gateway.read", (call) => show(call, GATEWAY_DEFAULTS), {
		summary: "Show what holds for requests that do not say it themselves",
		answer: DefaultsView,
	}),
	adminRoute("PUT", "/admin/defaults", "gateway.change", (call) => replace(call, GATEWAY_DEFAULTS), {
		summary: "Replace what holds for requests that do not say it themselves",
		body: GatewayDefaultsSchema,
		example: { model: "openai/gpt-6-luna", unpriced: "ceiling", ceilings: { openrouter: { input: 5, output: 20 } } },
		answer: DefaultsView,
		errors: ["defaults_changed"],
	}),
	adminRoute("GET", "/admin/defaults/versions", "gateway.read", (call) => versions(call, GATEWAY_DEFAULTS), {
		summary: "List every version of the gateway's defaults, newest first",
		query: PageQuery,
		answer: pageView(DefaultsVersionView),
	}),
	adminRoute("GET", "/admin/teams/:id/defaults", "team.read", async (call) => show(call, await teamOf(call)), {
		summary: "Show a team's own defaults",
		answer: DefaultsView,
		errors: ["team_not_found"],
	}),
	adminRoute("PUT", "/admin/teams/:id/defaults", "gateway.change", async (call) => replace(call, await teamOf(call)), {
		summary: "Replace a team's own defaults",
		body: TeamDefaultsSchema,
		example: { model: "auto" },
		answer: DefaultsView,
		errors: ["team_not_found", "defaults_changed"],
	}),
	adminRoute(
		"GET",
		"/admin/teams/:id/defaults/versions",
		"team.read",
		async (call) => versions(call, await teamOf(call)),
		{
			summary: "List every version of a team's defaults, newest first",
			query: PageQuery,
			answer: pageView(DefaultsVersionView),
			errors: ["team_not_found"],
		},
	),
];

async function show({ env }: AdminCall, name: string): Promise<Response> {
	return Response.json(renderDefaults(name, await findDocument(env.DB, "defaults", name)));
}

function versions(call: AdminCall, name: string): Promise<Response> {
	return versionsResponse(call, "defaults", name, ({ body }) => Object(body));
}

/** All fields at once; one that is left out is as the gateway has it, or as it comes. */
async function replace(call: AdminCall, name: string): Promise<Response> {
	const { env, receivedAt, isolate } = call;
	const body: unknown = await readJson(call.request);
	const defaults = decodeBody(name === GATEWAY_DEFAULTS ? GatewayDefaultsSchema : TeamDefaultsSchema, body);
	await checkProviders(call, "ceilings" in defaults ? Object.keys(defaults.ceilings ?? {}) : []);
	const before = await findDocument(env.DB, "defaults", name);
	const version = (before?.version ?? 0) + 1;
	// As it was written: prices are read into other units each time.
	const document = { name, version, body, createdAt: receivedAt };
	if (!(await writeDocument(env.DB, "defaults", document, "update", authorOf(call)))) {
		throw GatewayError.of("defaults_changed", "the defaults were changed by someone else meanwhile; look and repeat");
	}
	isolate.providers.forget();
	return Response.json(renderDefaults(name, document));
}

async function checkProviders(call: AdminCall, names: readonly string[]): Promise<void> {
	const { serving } = await call.isolate.providers.current(call);
	const { providers, unavailable } = serving.directory;
	for (const name of names) {
		if (name !== canonicalProvider(name) || !(providers.has(name) || unavailable.has(name))) {
			throw invalidRequest(`\`${name}\` is not the name of a provider`, `ceilings.${name}`);
		}
	}
}

async function teamOf({ env, params }: AdminCall): Promise<string> {
	const team = await findTeam(env.DB, (params.id ?? "") as TeamId);
	if (team === null) throw missing("team", params.id ?? "");
	return team.id;
}
