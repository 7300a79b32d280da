// Admin routes of tokens for the admin API: make, list, revoke.
import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import { newId, type TeamId, type TokenId } from "#core/ids";
import { ADMIN_TOKEN_PREFIX, lastFour, newKeyText } from "#http/auth/key-format";
import type { AdminCall, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { listResponse, PageQuery, pageOf } from "#http/request/page";
import { DateTime } from "#http/request/time-fields";
import { authorOf } from "#http/routes/admin/author";
import { decodeBody, Name, OwnerId } from "#http/routes/admin/fields/body";
import { RoleField, requireTeams, TeamsField } from "#http/routes/admin/fields/role-fields";
import { adminRoute, missing } from "#http/routes/admin/handler";
import { NewTokenView, renderToken, TokenView } from "#http/views/people/token";
import { pageView } from "#http/views/shown";
import { createToken, listTokens, revokeToken } from "#store/keys/admin-tokens";
import { digestKey } from "#store/keys/key-digest";

const NewToken = v.strictObject({
	name: Name,
	role: RoleField,
	teams: TeamsField,
	owner_id: v.optional(v.nullable(OwnerId), null),
	expires_at: v.optional(v.nullable(DateTime), null),
});

export const tokenRoutes: Route[] = [
	adminRoute("POST", "/admin/tokens", "gateway.change", create, {
		summary: "Make a token for the admin API",
		text: "Its text is in this answer and in no other.",
		body: NewToken,
		example: { name: "dashboards", role: "viewer", expires_at: "2027-06-30T00:00:00Z" },
		answer: NewTokenView,
		status: 201,
	}),
	adminRoute("GET", "/admin/tokens", "gateway.read", list, {
		summary: "List tokens for the admin API, newest first",
		query: PageQuery,
		answer: pageView(TokenView),
	}),
	adminRoute("DELETE", "/admin/tokens/:id", "gateway.change", revoke, {
		summary: "Revoke a token for the admin API for good",
		answer: TokenView,
		errors: ["token_not_found"],
	}),
];

async function create(call: AdminCall): Promise<Response> {
	const { request, env, config, receivedAt } = call;
	const { name, role, teams, owner_id: ownerId, expires_at: expiresAt } = decodeBody(NewToken, await readJson(request));
	if ((role === "member") !== (ownerId !== null)) {
		throw invalidRequest("`owner_id` says whose keys a member reaches, and no other role has one", "owner_id");
	}
	await requireTeams(env, role, teams);
	const text = newKeyText(ADMIN_TOKEN_PREFIX);
	const id = newId("tok", receivedAt, crypto.randomUUID()) as TokenId;
	const wanted = { id, last4: lastFour(text), name, role, teams: teams as TeamId[] | null, ownerId, expiresAt };
	const token = await createToken(env.DB, wanted, digestKey(text, config.keyPepper), authorOf(call));
	return Response.json({ ...renderToken(token, receivedAt), token: text }, { status: 201 });
}

async function list({ env, url, receivedAt }: AdminCall): Promise<Response> {
	const { tokens, more } = await listTokens(env.DB, pageOf(url));
	return listResponse(
		tokens.map((token) => renderToken(token, receivedAt)),
		more,
	);
}

/** Repeating it is harmless. */
async function revoke(call: AdminCall): Promise<Response> {
	const { env, params, receivedAt } = call;
	const id = params.id ?? "";
	const token = await revokeToken(env.DB, id as TokenId, authorOf(call));
	if (token === null) throw missing("token", id);
	return Response.json(renderToken(token, receivedAt));
}
