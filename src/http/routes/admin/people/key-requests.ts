// Admin routes of self-service: members ask for keys, and get them at once within their team's ceilings.
import * as v from "valibot";
import { GatewayError, invalidRequest } from "#core/errors";
import { type KeyId, type KeyRequestId, newId, type TeamId } from "#core/ids";
import { isWithin, termsOf } from "#core/key/self-service";
import { isPerson, reachesTeam } from "#core/rights";
import { publishKey } from "#gateway/control/key-change";
import type { AdminCall, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { listResponse, PageQuery, pageFields, pageOf } from "#http/request/page";
import { authorOf } from "#http/routes/admin/author";
import { decodeBody, Name } from "#http/routes/admin/fields/body";
import { LimitUsd } from "#http/routes/admin/fields/budget-fields";
import { SelfServiceWindowField } from "#http/routes/admin/fields/self-service-fields";
import { adminRoute, missing } from "#http/routes/admin/handler";
import { newSecret } from "#http/routes/admin/new-secret";
import { renderKey } from "#http/views/key";
import {
	AskedView,
	KeyRequestView,
	OwnTeamView,
	renderKeyRequest,
	renderOwnTeam,
} from "#http/views/people/key-request";
import { pageView } from "#http/views/shown";
import {
	approving,
	countKeysOf,
	fileKeyRequest,
	findKeyRequest,
	granting,
	KEY_REQUEST_STATUSES,
	listKeyRequests,
	type NewKeyRequest,
	refuseKeyRequest,
	type StoredKeyRequest,
} from "#store/keys/key-requests";
import { createKey, type StoredKey } from "#store/keys/keys";
import { findTeam, listTeams } from "#store/keys/teams";

const DAY_MS = 86_400_000;
/** How many requests of one person may wait. */
const MAX_WAITING = 10;

const Text = v.pipe(
	v.string(),
	v.trim(),
	v.minLength(1, "must not be empty"),
	v.maxLength(500, "must have at most 500 characters"),
);
const Asked = v.strictObject({
	team_id: v.string(),
	name: Name,
	budget_usd: v.optional(v.nullable(LimitUsd), null),
	window: SelfServiceWindowField,
	reason: v.optional(v.nullable(Text), null),
});
const Refusal = v.strictObject({ reason: Text });
const Status = v.picklist(KEY_REQUEST_STATUSES, `must be one of ${KEY_REQUEST_STATUSES.join(", ")}`);
const ListQuery = v.object({ ...pageFields, status: v.optional(Status) });

export const keyRequestRoutes: Route[] = [
	adminRoute("GET", "/admin/own-teams", "key.ask", ownTeams, {
		summary: "List a member's own teams, with what it may have of each without asking",
		query: PageQuery,
		answer: pageView(OwnTeamView),
	}),
	adminRoute("POST", "/admin/key-requests", "key.ask", ask, {
		summary: "Ask for a key of one's own",
		text: "Within the team's `self_service` the key is made at once, with its text in this answer and in no other. Else the request waits.",
		body: Asked,
		example: { team_id: "team_019adf36c0009d1e5f3c2b7a48e0d6f1", name: "my editor", budget_usd: "20" },
		answer: AskedView,
		status: 201,
		errors: ["key_requests_waiting"],
	}),
	adminRoute("GET", "/admin/key-requests", "key.read", list, {
		summary: "List requests for keys, newest first",
		text: "A member's own; those of the teams that the actor reaches otherwise.",
		query: ListQuery,
		answer: pageView(KeyRequestView),
	}),
	adminRoute("POST", "/admin/key-requests/:id/approve", "key.change", approve, {
		summary: "Approve a request for a key",
		text: "The key is made for the person who asked; that person gets its text by rotating it.",
		answer: KeyRequestView,
		errors: ["key_request_not_found", "key_request_decided"],
	}),
	adminRoute("POST", "/admin/key-requests/:id/refuse", "key.change", refuse, {
		summary: "Refuse a request for a key",
		body: Refusal,
		example: { reason: "use the team's indexer key" },
		answer: KeyRequestView,
		errors: ["key_request_not_found", "key_request_decided"],
	}),
];

async function ownTeams({ env, url, actor, receivedAt }: AdminCall): Promise<Response> {
	const { ownerId } = actor.scope;
	const { teams, more } = await listTeams(env.DB, pageOf(url), actor.scope);
	const shown = teams.map(async (team) => {
		const { selfService } = team;
		const counted = selfService && ownerId && (await countKeysOf(env.DB, team.id, ownerId, selfService, receivedAt));
		return renderOwnTeam(team, counted || 0);
	});
	return listResponse(await Promise.all(shown), more);
}

async function ask(call: AdminCall): Promise<Response> {
	const { request, env, actor, receivedAt: now } = call;
	const { ownerId } = actor.scope;
	const { team_id, name, budget_usd, window, reason } = decodeBody(Asked, await readJson(request));
	if (!isPerson(ownerId)) {
		throw GatewayError.of("role_not_allowed", "a person asks for keys, not the holder of one; sign in by a token");
	}
	const teamId = team_id as TeamId;
	const team = reachesTeam(actor.scope, teamId) ? await findTeam(env.DB, teamId) : null;
	if (team === null) throw invalidRequest(`there is no team \`${teamId}\``, "team_id");
	const terms = termsOf(budget_usd === null ? null : { limit: budget_usd, window }, team.selfService);
	const id = newId("ask", now, crypto.randomUUID()) as KeyRequestId;
	const wanted: NewKeyRequest = { id, teamId, ownerId, name, terms, reason };
	const author = authorOf(call);
	const { selfService } = team;
	if (selfService !== null && isWithin(terms, selfService)) {
		const made = await makeKey(call, wanted, (keyId) => granting(env.DB, wanted, keyId, selfService, author));
		const granted = await findKeyRequest(env.DB, id);
		if (made !== null && granted !== null) return answer(granted, { ...renderKey(made.key, now), key: made.text });
	}
	const filed = await fileKeyRequest(env.DB, wanted, MAX_WAITING, author);
	if (filed === null) {
		throw GatewayError.of("key_requests_waiting", `${MAX_WAITING} requests of yours wait already to be decided`);
	}
	return answer(filed, null);
}

function answer(request: StoredKeyRequest, key: object | null): Response {
	const shown = { request: renderKeyRequest(request), api_key: key };
	return Response.json(shown, { status: 201, headers: { "cache-control": "no-store" } });
}

async function list({ env, url, actor }: AdminCall): Promise<Response> {
	const asked = url.searchParams.get("status");
	const status = asked === null ? null : decodeBody(v.object({ status: Status }), { status: asked }).status;
	const { requests, more } = await listKeyRequests(env.DB, { status, ...pageOf(url) }, actor.scope);
	return listResponse(requests.map(renderKeyRequest), more);
}

async function approve(call: AdminCall): Promise<Response> {
	const { env } = call;
	const waiting = stillWaiting(await find(call));
	const made = await makeKey(call, waiting, (keyId) => approving(env.DB, waiting.id, keyId, authorOf(call)));
	const now = await find(call);
	return Response.json(renderKeyRequest(made === null ? stillWaiting(now) : now));
}

async function refuse(call: AdminCall): Promise<Response> {
	const { env, request } = call;
	const { reason } = decodeBody(Refusal, await readJson(request));
	const { id } = stillWaiting(await find(call));
	const author = authorOf(call);
	const refused = await refuseKeyRequest(env.DB, id, reason, author);
	if (refused === null) throw missing("key_request", id);
	return Response.json(renderKeyRequest(refused.status === "refused" ? refused : stillWaiting(refused)));
}

/** Makes the key that was asked for, its asker the owner, unless `saying` finds that it may not be made: null then. */
async function makeKey(
	call: AdminCall,
	{ teamId, ownerId, name, terms }: NewKeyRequest,
	saying: (id: KeyId) => D1PreparedStatement[],
): Promise<{ key: StoredKey; text: string } | null> {
	const { env, config, execution, receivedAt: now } = call;
	const { text, secret } = newSecret(config.keyPepper, now);
	const id = newId("key", now, crypto.randomUUID()) as KeyId;
	const { budget, days } = terms;
	const key = await createKey(
		env.DB,
		{
			id,
			teamId,
			name,
			ownerId,
			policy: days === null ? {} : { expiresAt: now + days * DAY_MS },
			limits: {},
			budgets:
				budget === null
					? []
					: [
							{
								id: newId("bud", now, crypto.randomUUID()),
								...budget,
								timeZone: "UTC",
								owner: "key",
								action: "block",
								perEndUser: false,
							},
						],
			metadata: {},
			secret,
		},
		authorOf(call),
		saying(id),
	);
	if (key === null) return null;
	publishKey(env, execution, key);
	return { key, text };
}

async function find({ env, params }: AdminCall): Promise<StoredKeyRequest> {
	const id = params.id ?? "";
	const request = await findKeyRequest(env.DB, id as KeyRequestId);
	if (request === null) throw missing("key_request", id);
	return request;
}

function stillWaiting(request: StoredKeyRequest): StoredKeyRequest {
	if (request.status !== "waiting") {
		throw GatewayError.of("key_request_decided", `request \`${request.id}\` was decided already: ${request.status}`);
	}
	return request;
}
