// Routes of signing in to the console, and of who is signed in.
import * as v from "valibot";
import { GatewayError } from "#core/errors";
import { type KeyId, newId, type SessionId, type TeamId, type TokenId } from "#core/ids";
import { EVERYTHING, type Role } from "#core/rights";
import { isEnvironmentToken, storedToken } from "#http/auth/admin-actor";
import { authenticate } from "#http/auth/authenticate";
import { callerAddress } from "#http/auth/caller-address";
import { isWellFormedKey, newKeyText } from "#http/auth/key-format";
import { digestOfAdmins, presentedSession, SESSION_PREFIX } from "#http/auth/session-actor";
import { isSameOrigin, SESSION_S, sessionCookie } from "#http/auth/session-cookie";
import type { AdminCall, Call, Route } from "#http/call";
import { readJson } from "#http/request/json-body";
import { listResponse, PageQuery, pageOf } from "#http/request/page";
import { decodeBody, Name } from "#http/routes/admin/fields/body";
import { adminRoute, missing, orUnavailable } from "#http/routes/admin/handler";
import { BegunSessionView, renderSession, SessionView } from "#http/views/people/session";
import { pageView } from "#http/views/shown";
import { digestKey } from "#store/keys/key-digest";
import { createSession, endSession, listSessions, type StoredSession } from "#store/keys/sessions";
import { acceptedToken } from "./accept-invitation";

const MAX_AGENT_LENGTH = 200;

const Credential = v.union([
	v.strictObject({ token: v.pipe(v.string(), v.minLength(1), v.maxLength(512)) }),
	v.strictObject({ invitation: v.pipe(v.string(), v.minLength(1), v.maxLength(512)), name: Name }),
]);

export const sessionRoutes: Route[] = [
	{
		method: "POST",
		path: "/admin/session",
		access: "public",
		doc: {
			summary: "Sign in to the console",
			text: "By an admin token, by an API key, whose holder then sees its own things alone, or by an invitation. Sets a cookie.",
			body: Credential,
			example: { token: "tg_admin_…" },
			answer: BegunSessionView,
			status: 201,
			errors: ["invalid_admin_token", "invitation_not_found", "cross_site_refused", "registry_unavailable"],
		},
		handle: (call) => orUnavailable(signIn(call)),
	},
	adminRoute("GET", "/admin/session", "session.hold", current, {
		summary: "Tell who is signed in here",
		answer: SessionView,
		errors: ["session_not_found"],
	}),
	adminRoute("DELETE", "/admin/session", "session.hold", signOut, {
		summary: "Sign out",
		answer: SessionView,
		errors: ["session_not_found"],
	}),
	adminRoute("GET", "/admin/sessions", "gateway.read", list, {
		summary: "List who is signed in, newest first",
		query: PageQuery,
		answer: pageView(SessionView),
	}),
	adminRoute("DELETE", "/admin/sessions/:id", "gateway.change", end, {
		summary: "End a session",
		answer: v.object({ id: v.string(), object: v.literal("session"), ended: v.literal(true) }),
		errors: ["session_not_found"],
	}),
];

/** Who signs in, and what ends with them. */
interface Person {
	readonly name: string;
	readonly role: Role;
	readonly teams: readonly TeamId[] | null;
	readonly ownerId: string | null;
	readonly tokenId: TokenId | null;
	readonly keyId: KeyId | null;
	/** The text of a token that was made for them just now. */
	readonly newToken?: string;
}

async function signIn(call: Call): Promise<Response> {
	const { request, url, env, config, receivedAt: now } = call;
	if (!isSameOrigin(request, url)) {
		throw GatewayError.of("cross_site_refused", "people sign in from the console's own page");
	}
	const credential = decodeBody(Credential, await readJson(request));
	const { newToken, ...person } =
		"token" in credential ? await personOf(call, credential.token) : await acceptedToken(call, credential);
	const text = newKeyText(SESSION_PREFIX);
	const session: StoredSession = {
		...person,
		id: newId("ses", now, crypto.randomUUID()) as SessionId,
		agent: (request.headers.get("user-agent") ?? "").slice(0, MAX_AGENT_LENGTH),
		createdAt: now,
		lastUsedAt: now,
		expiresAt: now + SESSION_S * 1000,
	};
	const isAdmins = person.tokenId === null && person.keyId === null;
	await createSession(env.DB, session, isAdmins ? digestOfAdmins(text, config) : digestKey(text, config.keyPepper));
	return Response.json(
		{ ...renderSession(session, config.local), ...(newToken !== undefined && { token: newToken }) },
		{ status: 201, headers: { "set-cookie": sessionCookie(text, SESSION_S, url), "cache-control": "no-store" } },
	);
}

/** Whose a token or key is. Throws `GatewayError` 401 when it is not ours; 429 when too many were wrong. */
async function personOf(call: Call, text: string): Promise<Person> {
	const { request, env, config, isolate } = call;
	const address = callerAddress(request);
	isolate.failedLogins.check("admin token", address);
	if (await isEnvironmentToken(text, config.adminToken)) {
		const { teams, ownerId } = EVERYTHING;
		return { name: "admin", role: "admin", teams, ownerId, tokenId: null, keyId: null };
	}
	if (isWellFormedKey(text) || text === config.demoKey) return holderOf(call, text);
	const token = await storedToken(call, text);
	if (token === null) {
		await isolate.failedLogins.count(env, "admin token", address);
		throw GatewayError.of("invalid_admin_token", "this is no admin token and no API key that may be used here now");
	}
	const { id, name, role, teams, ownerId } = token;
	return { name, role, teams, ownerId, tokenId: id, keyId: null };
}

/** The holder of an API key, as the key's object admits it. */
async function holderOf(call: Call, text: string): Promise<Person> {
	const headers = new Headers({ ...Object.fromEntries(call.request.headers), authorization: `Bearer ${text}` });
	const { keyId, teamId, name } = await authenticate({ ...call, headers });
	return { name, role: "member", teams: [teamId], ownerId: keyId, tokenId: null, keyId };
}

async function current(call: AdminCall): Promise<Response> {
	return Response.json(renderSession(await ownSession(call), call.config.local));
}

async function signOut(call: AdminCall): Promise<Response> {
	const session = await ownSession(call);
	await endSession(call.env.DB, session.id, call.receivedAt);
	return Response.json(renderSession(session, call.config.local), {
		headers: { "set-cookie": sessionCookie("", 0, call.url) },
	});
}

/** Throws `GatewayError` 404 for who came by a token: there is no session then. */
async function ownSession(call: AdminCall): Promise<StoredSession> {
	const session = await presentedSession(call);
	if (session === null)
		throw GatewayError.of("session_not_found", "this request came with a token, not with a session");
	return session;
}

async function list({ env, url, config, receivedAt }: AdminCall): Promise<Response> {
	const { sessions, more } = await listSessions(env.DB, pageOf(url), receivedAt);
	return listResponse(
		sessions.map((session) => renderSession(session, config.local)),
		more,
	);
}

async function end({ env, params, receivedAt }: AdminCall): Promise<Response> {
	const id = params.id ?? "";
	if (!(await endSession(env.DB, id as SessionId, receivedAt))) throw missing("session", id);
	return Response.json({ id, object: "session", ended: true });
}
