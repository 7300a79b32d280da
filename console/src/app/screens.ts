// Every screen: its address, the roles that see it, the key that goes there, and its place in the rail.
import { type Role, reachOf, type Session } from "~/api/session";

interface ScreenEntry {
	readonly path: string;
	/** The name of its word in `common`. */
	readonly word:
		| "overview"
		| "myKeys"
		| "requests"
		| "usage"
		| "keys"
		| "teams"
		| "people"
		| "models"
		| "providers"
		| "audit"
		| "settings";
	readonly roles: readonly Role[];
	/** Shows the whole gateway, so that it is not there for an actor of certain teams. */
	readonly wholeGateway?: true;
	/** Shows one team's where the address names one. */
	readonly byTeam?: true;
	/** After `g`. */
	readonly shortcut: string;
	readonly group: number;
}

const EVERYONE: readonly Role[] = ["admin", "viewer", "team_manager", "member"];
const READERS: readonly Role[] = ["admin", "viewer", "team_manager"];

export const SCREENS: readonly ScreenEntry[] = [
	{ path: "/", word: "overview", roles: READERS, byTeam: true, shortcut: "o", group: 0 },
	{ path: "/my-keys", word: "myKeys", roles: ["member"], shortcut: "k", group: 0 },
	{ path: "/requests", word: "requests", roles: EVERYONE, byTeam: true, shortcut: "r", group: 0 },
	{ path: "/usage", word: "usage", roles: EVERYONE, byTeam: true, shortcut: "u", group: 0 },
	{ path: "/keys", word: "keys", roles: READERS, byTeam: true, shortcut: "k", group: 1 },
	{ path: "/teams", word: "teams", roles: READERS, shortcut: "t", group: 1 },
	{ path: "/people", word: "people", roles: READERS, shortcut: "e", group: 1 },
	{ path: "/models", word: "models", roles: EVERYONE, shortcut: "m", group: 2 },
	{ path: "/providers", word: "providers", roles: READERS, wholeGateway: true, shortcut: "p", group: 2 },
	{ path: "/audit", word: "audit", roles: READERS, wholeGateway: true, shortcut: "a", group: 3 },
	{ path: "/settings", word: "settings", roles: EVERYONE, shortcut: "s", group: 3 },
];

export function screensOf(session: Pick<Session, "role" | "teams">): readonly ScreenEntry[] {
	const { gateway } = reachOf(session);
	return SCREENS.filter(({ roles, wholeGateway }) => roles.includes(session.role) && (gateway || !wholeGateway));
}
