// Who is signed in by a session's cookie.
import { GatewayError } from "#core/errors";
import type { Actor } from "#core/rights";
import type { Call } from "#http/call";
import { digestKey } from "#store/keys/key-digest";
import { findSessionBy, noteSessionUse, type StoredSession } from "#store/keys/sessions";
import { isWellFormedKey } from "./key-format";
import { isSameOrigin, sessionText } from "./session-cookie";

export const SESSION_PREFIX = "tg_session_";

/**
 * The session that a request's cookie names and that holds now; null for none. Throws `GatewayError` 403 where another
 * site's page made the request, and `DatabaseUnavailable`.
 */
export async function presentedSession({
	request,
	url,
	env,
	config,
	execution,
	receivedAt: now,
}: Call): Promise<StoredSession | null> {
	const text = sessionText(request.headers, url);
	if (text === null || !isWellFormedKey(text, SESSION_PREFIX)) return null;
	if (!isSameOrigin(request, url)) {
		throw GatewayError.of(
			"cross_site_refused",
			"a change that comes with the console's cookie must come from the console",
		);
	}
	const digests = [digestKey(text, config.keyPepper), digestOfAdmins(text, config)];
	const session = await findSessionBy(env.DB, digests, now);
	if (session !== null) execution.waitUntil(noteSessionUse(env.DB, session, now).catch(() => undefined));
	return session;
}

/** The digest of a session that was begun with the environment's token: it ends when that token changes. */
export function digestOfAdmins(text: string, { adminToken, keyPepper }: Call["config"]): string {
	return digestKey(`${text} ${adminToken}`, keyPepper);
}

export function actorOf({ id, name, role, teams, ownerId }: StoredSession): Actor {
	return { who: `${name} (${id})`, role, scope: { teams, ownerId } };
}
