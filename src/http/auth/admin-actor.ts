// Who acts through the admin API: by the admin token of the environment, one that an admin made, or a session.
import { GatewayError, invalidRequest } from "#core/errors";
import { type Actor, EVERYTHING } from "#core/rights";
import type { Call } from "#http/call";
import { DatabaseUnavailable } from "#store/d1/database";
import { findTokenBy, noteTokenUse, type StoredToken } from "#store/keys/admin-tokens";
import { digestKey } from "#store/keys/key-digest";
import { callerAddress } from "./caller-address";
import { bearerToken } from "./identify";
import { ADMIN_TOKEN_PREFIX, isWellFormedKey } from "./key-format";
import { actorOf, presentedSession } from "./session-actor";

const NAME = /^[\w.@+-]{1,64}$/;

/**
 * Who a request of the admin API comes from. Throws the same 401 `GatewayError` whether a token is missing, wrong,
 * expired or revoked; 429, without a look at what was sent, when too many were wrong; 503 when it cannot be looked up.
 */
export async function adminActor(call: Call): Promise<Actor> {
	const { request, env, config, isolate } = call;
	const address = callerAddress(request);
	isolate.failedLogins.check("admin token", address);
	const token = bearerToken(request.headers);
	const session = token === null ? await inRegistry(presentedSession(call)) : null;
	if (session !== null) return actorOf(session);
	if (token !== null && (await isEnvironmentToken(token, config.adminToken))) return environmentAdmin(request.headers);
	const stored = token === null ? null : await storedToken(call, token);
	if (stored === null) {
		if (token !== null) await isolate.failedLogins.count(env, "admin token", address);
		throw GatewayError.of("invalid_admin_token", "this needs an admin token, sent as `Authorization: Bearer <token>`", {
			headers: { "www-authenticate": "Bearer" },
		});
	}
	const { id, name, role, teams, ownerId } = stored;
	return { who: `${name} (${id})`, role, scope: { teams, ownerId } };
}

/** Digests have one length, so the comparison's time says nothing about the token. */
export async function isEnvironmentToken(token: string, expected: string): Promise<boolean> {
	const [presented, wanted] = await Promise.all([fingerprint(token), fingerprint(expected)]);
	return crypto.subtle.timingSafeEqual(presented, wanted);
}

/** Several admins may share this token, so which of them it was is their own word, in `x-tollgate-actor`. */
function environmentAdmin(headers: Headers): Actor {
	const actor = headers.get("x-tollgate-actor");
	if (actor !== null && !NAME.test(actor)) {
		throw invalidRequest(
			"`x-tollgate-actor` must be 1 to 64 letters, digits, `.`, `_`, `@`, `+` or `-`",
			"x-tollgate-actor",
		);
	}
	return { who: actor === null ? "admin" : `admin:${actor}`, role: "admin", scope: EVERYTHING };
}

/** The token that may be used now; null for any other. What is no token of ours costs no look-up. */
export async function storedToken(call: Call, text: string): Promise<StoredToken | null> {
	const { env, config, execution, receivedAt: now } = call;
	if (!isWellFormedKey(text, ADMIN_TOKEN_PREFIX)) return null;
	const token = await inRegistry(findTokenBy(env.DB, digestKey(text, config.keyPepper)));
	if (token === null || token.revokedAt !== null || (token.expiresAt !== null && token.expiresAt <= now)) return null;
	execution.waitUntil(noteTokenUse(env.DB, token, now).catch(() => undefined));
	return token;
}

async function inRegistry<Found>(lookUp: Promise<Found>): Promise<Found> {
	try {
		return await lookUp;
	} catch (error) {
		if (!(error instanceof DatabaseUnavailable)) throw error;
		throw GatewayError.of("registry_unavailable", "who this is could not be looked up just now; try again");
	}
}

function fingerprint(text: string): Promise<ArrayBuffer> {
	return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
