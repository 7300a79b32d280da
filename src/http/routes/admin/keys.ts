// Admin routes of keys: create, list, change, rotate, revoke.
import * as v from "valibot";
import type { BudgetSpec } from "#core/budget/budget";
import { GatewayError, invalidRequest } from "#core/errors";
import { type KeyId, newId, type TeamId } from "#core/ids";
import { reachesTeam } from "#core/rights";
import { enforceKey, publishKey } from "#gateway/control/key-change";
import type { AdminCall, Route } from "#http/call";
import { readJson, readOptionalJson } from "#http/request/json-body";
import { listResponse, pageFields, pageOf } from "#http/request/page";
import { decodeBody, Metadata, Name, OwnerId } from "#http/routes/admin/fields/body";
import { Budgets, revisedBudgets } from "#http/routes/admin/fields/budget-fields";
import { newPolicy, policyChanges, policyFields } from "#http/routes/admin/fields/key-fields";
import { Limits, limitChanges, newLimits } from "#http/routes/admin/fields/limit-fields";
import { KeyView, NewKeyView, renderKey } from "#http/views/key";
import { pageView } from "#http/views/shown";
import { createKey, findKey, listKeys, revokeKey, rotateKey, type StoredKey, updateKey } from "#store/keys/keys";
import { authorOf } from "./author";
import { adminRoute, missing } from "./handler";
import { newSecret } from "./new-secret";

const DAY_SECONDS = 24 * 60 * 60;

const NewKeyBody = v.strictObject({
	team_id: v.string(),
	name: Name,
	owner_id: v.exactOptional(v.nullable(OwnerId)),
	metadata: v.exactOptional(v.nullable(Metadata)),
	limits: v.exactOptional(Limits),
	budgets: v.exactOptional(Budgets),
	...policyFields,
});
const KeyChangeBody = v.strictObject({
	name: v.exactOptional(Name),
	owner_id: v.exactOptional(v.nullable(OwnerId)),
	metadata: v.exactOptional(v.nullable(Metadata)),
	limits: v.exactOptional(Limits),
	budgets: v.exactOptional(Budgets),
	...policyFields,
});
const ListQuery = v.object({ ...pageFields, team_id: v.optional(v.string()) });
const RotationBody = v.strictObject({
	grace_seconds: v.optional(
		v.pipe(
			v.number(),
			v.integer("must be a whole number"),
			v.minValue(0, "must not be negative"),
			v.maxValue(30 * DAY_SECONDS, "must be at most 30 days"),
		),
		DAY_SECONDS,
	),
});

export const keyRoutes: Route[] = [
	adminRoute("POST", "/admin/keys", "key.change", create, {
		summary: "Make an API key",
		text: "The key's text is in this answer and in no other.",
		body: NewKeyBody,
		example: { team_id: "team_019adf36c0009d1e5f3c2b7a48e0d6f1", name: "indexer", models: ["openai/*"] },
		answer: NewKeyView,
		status: 201,
	}),
	adminRoute("GET", "/admin/keys", "key.read", list, {
		summary: "List API keys, newest first",
		query: ListQuery,
		answer: pageView(KeyView),
	}),
	adminRoute("GET", "/admin/keys/:id", "key.read", show, {
		summary: "Show an API key",
		answer: KeyView,
		errors: ["key_not_found"],
	}),
	adminRoute("PATCH", "/admin/keys/:id", "key.change", update, {
		summary: "Change an API key",
		text: "Null takes a limit away. A change holds from the key's next request on.",
		body: KeyChangeBody,
		example: { limits: { requests_per_minute: 60 }, expires_at: "2027-06-30T00:00:00Z" },
		answer: KeyView,
		errors: ["key_not_found", "key_revoked", "key_change_unconfirmed"],
	}),
	adminRoute("DELETE", "/admin/keys/:id", "key.hold", revoke, {
		summary: "Revoke an API key for good",
		answer: KeyView,
		errors: ["key_not_found", "key_change_unconfirmed"],
	}),
	adminRoute("POST", "/admin/keys/:id/revoke", "key.hold", revoke, {
		summary: "Revoke an API key for good",
		answer: KeyView,
		errors: ["key_not_found", "key_change_unconfirmed"],
	}),
	adminRoute("POST", "/admin/keys/:id/rotate", "key.hold", rotate, {
		summary: "Give an API key a new text",
		text: "The old text stays valid for the grace period.",
		body: RotationBody,
		bodyIsOptional: true,
		example: { grace_seconds: 3600 },
		answer: NewKeyView,
		errors: ["key_not_found", "key_revoked", "key_change_unconfirmed"],
	}),
];

async function create(call: AdminCall): Promise<Response> {
	const { request, env, config, execution, receivedAt } = call;
	const body = decodeBody(NewKeyBody, await readJson(request));
	const noTeam = invalidRequest(`there is no team \`${body.team_id}\``, "team_id");
	if (!reachesTeam(call.actor.scope, body.team_id as TeamId)) throw noTeam;
	const { text, secret } = newSecret(config.keyPepper, receivedAt);
	const key = await createKey(
		env.DB,
		{
			id: newId("key", receivedAt, crypto.randomUUID()) as KeyId,
			teamId: body.team_id as TeamId,
			name: body.name,
			ownerId: body.owner_id ?? null,
			policy: newPolicy(body),
			limits: newLimits(body.limits),
			budgets: revisedBudgets(body.budgets ?? null, "key", [], receivedAt),
			metadata: body.metadata ?? {},
			secret,
		},
		authorOf(call),
	);
	if (key === null) throw noTeam;
	// Its object is left to the first request: an object lives where it was first called from.
	publishKey(env, execution, key);
	return Response.json({ ...renderKey(key, receivedAt), key: text }, { status: 201 });
}

async function list({ env, url, actor, receivedAt }: AdminCall): Promise<Response> {
	const teamId = url.searchParams.get("team_id") as TeamId | null;
	const { keys, more } = await listKeys(env.DB, { teamId, ...pageOf(url) }, actor.scope, receivedAt);
	return listResponse(
		keys.map((key) => renderKey(key, receivedAt)),
		more,
	);
}

async function show({ env, params, receivedAt }: AdminCall): Promise<Response> {
	return Response.json(renderKey(present(await findKey(env.DB, keyId(params), receivedAt), params), receivedAt));
}

async function update(call: AdminCall): Promise<Response> {
	const { request, env, params, execution, receivedAt } = call;
	const body = decodeBody(KeyChangeBody, await readJson(request));
	const { name, owner_id: ownerId, metadata, limits, budgets } = body;
	const changes = {
		...(name !== undefined && { name }),
		...(ownerId !== undefined && { ownerId }),
		...(metadata !== undefined && { metadata: metadata ?? {} }),
		policy: policyChanges(body),
		limits: limitChanges(limits),
		...(budgets !== undefined && {
			budgets: (before: readonly BudgetSpec[]) => revisedBudgets(budgets, "key", before, receivedAt),
		}),
	};
	const key = notRevoked(await updateKey(env.DB, keyId(params), changes, authorOf(call)), params);
	await enforceKey(env, execution, key);
	return Response.json(renderKey(key, receivedAt));
}

/** Repeating it is harmless, and brings the object up to date if it missed the first time. */
async function revoke(call: AdminCall): Promise<Response> {
	const { env, params, execution, receivedAt } = call;
	const key = present(await revokeKey(env.DB, keyId(params), authorOf(call)), params);
	await enforceKey(env, execution, key);
	return Response.json(renderKey(key, receivedAt));
}

async function rotate(call: AdminCall): Promise<Response> {
	const { request, env, config, params, execution, receivedAt } = call;
	const graceMs = decodeBody(RotationBody, await readOptionalJson(request)).grace_seconds * 1000;
	const { text, secret } = newSecret(config.keyPepper, receivedAt);
	const rotated = await rotateKey(env.DB, keyId(params), secret, receivedAt + graceMs, authorOf(call));
	const key = notRevoked(rotated, params);
	await enforceKey(env, execution, key);
	return Response.json({ ...renderKey(key, receivedAt), key: text });
}

function keyId(params: AdminCall["params"]): KeyId {
	return (params.id ?? "") as KeyId;
}

function present(key: StoredKey | null, params: AdminCall["params"]): StoredKey {
	if (key === null) throw missing("key", keyId(params));
	return key;
}

function notRevoked(key: StoredKey | null, params: AdminCall["params"]): StoredKey {
	const found = present(key, params);
	if (found.revokedAt !== null) {
		throw GatewayError.of("key_revoked", `key \`${found.id}\` is revoked and cannot change any more; create a new one`);
	}
	return found;
}
