// Admin routes of circuits: read, reset, force.

import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import type { CellPattern } from "#core/health/circuits";
import type { CredentialId, ProviderName } from "#core/ids";
import { circuitsOf, forceCircuits, resetCircuits } from "#gateway/control/circuits";
import type { AdminCall, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { listResponse } from "#http/request/page";
import { decodeQuery } from "#http/request/query";
import { Moment } from "#http/request/time-fields";
import { decodeBody } from "#http/routes/admin/fields/body";
import { CircuitsView, renderCircuits, renderTransition, TransitionView } from "#http/views/circuit";
import { instant } from "#http/views/instant";
import { pageView } from "#http/views/shown";
import { DAY_MS } from "#lib/time";
import { canonicalProvider } from "#providers/names";
import { recordAudit } from "#store/d1/audit";
import { listTransitions } from "#store/usage/circuit-history";
import { authorOf } from "./author";
import { adminRoute, missing } from "./handler";

/** How many changes of circuits one answer tells. */
const MAX_TRANSITIONS = 1_000;
const MAX_TTL_SECONDS = 30 * 24 * 60 * 60;

/** Which cells are meant; without either, all of the provider. */
const cellFields = { model: v.optional(v.string()), credential: v.optional(v.string()) };

const ResetQuery = v.strictObject(cellFields);
const ForceBody = v.strictObject({
	...cellFields,
	state: v.picklist(["open", "closed", "observe"], "must be open, closed or observe"),
	ttl_seconds: v.pipe(
		v.number(),
		v.integer("must be a whole number"),
		v.minValue(1, "must be at least 1"),
		v.maxValue(MAX_TTL_SECONDS, `must be at most ${MAX_TTL_SECONDS}, which is 30 days`),
	),
	reason: v.pipe(
		v.string(),
		v.trim(),
		v.minLength(1, "must not be empty"),
		v.maxLength(500, "must have at most 500 characters"),
	),
});

const HistoryQuery = v.strictObject({ from: v.optional(Moment), to: v.optional(Moment) });

export const circuitRoutes: Route[] = [
	adminRoute("GET", "/admin/circuits", "gateway.read", list, {
		summary: "List the circuits of the serving providers",
		answer: pageView(CircuitsView),
	}),
	adminRoute("GET", "/admin/circuits/:provider/history", "gateway.read", history, {
		summary: "List what became of a provider's circuits, newest first",
		query: HistoryQuery,
		answer: pageView(TransitionView),
	}),
	adminRoute("POST", "/admin/circuits/:provider/reset", "gateway.change", reset, {
		summary: "Put circuits into their initial state",
		query: ResetQuery,
		answer: CircuitsView,
		errors: ["provider_not_found", "health_unavailable"],
	}),
	adminRoute("POST", "/admin/circuits/:provider/force", "gateway.change", force, {
		summary: "Decide about circuits, whatever happens",
		body: ForceBody,
		example: { state: "open", ttl_seconds: 3600, reason: "maintenance", model: "gpt-6-luna" },
		answer: CircuitsView,
		errors: ["provider_not_found", "health_unavailable"],
	}),
];

async function list(call: AdminCall): Promise<Response> {
	const { byName } = (await call.isolate.providers.current(call)).serving;
	const names = [...byName.values()].map(({ name }) => name);
	const all = await Promise.all(names.map(async (name) => renderCircuits(name, await circuitsOf(call.env, name))));
	return listResponse(all, false);
}

async function history({ env, params, url, receivedAt }: AdminCall): Promise<Response> {
	const { to = receivedAt + 1, from = to - DAY_MS } = decodeQuery(HistoryQuery, url);
	if (from >= to) throw invalidRequest("`from` must be before `to`", "from");
	const provider = canonicalProvider(params.provider ?? "");
	const { transitions, more } = await listTransitions(env.DB, provider, { from, to, limit: MAX_TRANSITIONS });
	return listResponse(transitions.map(renderTransition), more);
}

async function reset(call: AdminCall): Promise<Response> {
	const { env, params, url } = call;
	const query = decodeQuery(ResetQuery, url);
	const { provider, cells } = await meant(call, params.provider ?? "", query);
	await recordAudit(env.DB, authorOf(call), { kind: "circuit", id: provider, action: "reset", after: cells });
	return Response.json(renderCircuits(provider, await resetCircuits(call, provider, cells)));
}

async function force(call: AdminCall): Promise<Response> {
	const { env, params, request, receivedAt } = call;
	const { state, ttl_seconds, reason, ...which } = decodeBody(ForceBody, await readJson(request));
	const { provider, cells } = await meant(call, params.provider ?? "", which);
	const author = authorOf(call);
	const until = receivedAt + ttl_seconds * 1_000;
	const after = { ...cells, state, until: instant(until), reason };
	await recordAudit(env.DB, author, { kind: "circuit", id: provider, action: "force", after });
	const order = { cells, state, until, author: author.who, reason };
	return Response.json(renderCircuits(provider, await forceCircuits(call, provider, order)));
}

/**
 * Throws `GatewayError`: 404 for a provider that is not registered, 400 for a model or a credential that it lacks.
 */
async function meant(
	call: AdminCall,
	name: string,
	{ model, credential }: { model?: string | undefined; credential?: string | undefined },
): Promise<{ provider: ProviderName; cells: CellPattern }> {
	const provider = canonicalProvider(name);
	const { byName, directory } = (await call.isolate.providers.current(call)).serving;
	const serving = byName.get(provider);
	if (serving === undefined && !directory.unavailable.has(provider)) throw missing("provider", provider);
	if (model !== undefined && !(serving?.models.some(({ id }) => id === model) ?? true)) {
		throw invalidRequest(`\`model\` must be the id of a model of provider \`${provider}\``, "model");
	}
	if (credential !== undefined && !(serving?.credentials.some(({ id }) => id === credential) ?? true)) {
		throw invalidRequest(`\`credential\` must be the id of a credential of provider \`${provider}\``, "credential");
	}
	return { provider, cells: { credential: (credential ?? null) as CredentialId | null, model: model ?? null } };
}
