// Which session of its client's a request belongs to.
import type { HeaderReader } from "#lib/header-map";

/**
 * Headers in which clients name their session: Claude Code's, Codex', opencode's, Helicone's and this gateway's own,
 * the most telling first.
 */
const SESSION_HEADERS = [
	"x-tollgate-session",
	"x-claude-code-session-id",
	"session-id",
	"thread-id",
	"x-session-affinity",
	"x-session-id",
	"helicone-session-id",
];
/** A longer one is no id. */
const MAX_CHARACTERS = 200;

/** The session that a client says a request belongs to; null when it does not say. */
export function sessionOf(headers: HeaderReader): string | null {
	for (const name of SESSION_HEADERS) {
		const session = headers.get(name);
		if (session !== null && session !== "" && session.length <= MAX_CHARACTERS) return session;
	}
	return null;
}
