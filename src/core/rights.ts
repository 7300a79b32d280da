// Who may do what through the admin API: roles, what routes need, and whose things an actor reaches.
import type { KeyId, TeamId } from "#core/ids";

export const ROLES = ["admin", "viewer", "team_manager", "member"] as const;
export type Role = (typeof ROLES)[number];

/** The one table of rights: what a route of the admin API may need, and the roles that have it. */
const RIGHTS = {
	/** Reads what concerns the whole gateway; not for an actor of certain teams. */
	"gateway.read": ["admin", "viewer"],
	/** Changes what concerns the whole gateway, or what money a team has. */
	"gateway.change": ["admin"],
	/** Reads which models and aliases there are. */
	"catalog.read": ROLES,
	"team.read": ["admin", "viewer", "team_manager"],
	"key.read": ROLES,
	/** Makes keys, and changes what they may do and spend. */
	"key.change": ["admin", "team_manager"],
	/** Gives a key a new text or ends it, as its holder may. */
	"key.hold": ["admin", "team_manager", "member"],
	/** Asks for a key of its own. */
	"key.ask": ["member"],
	/** Sees and ends its own session. */
	"session.hold": ROLES,
	/** Reads what was used, and requests with what is kept of them. */
	"usage.read": ROLES,
} as const satisfies Record<string, readonly Role[]>;

export type Need = keyof typeof RIGHTS;

/** Whose things an actor reaches. Null does not narrow. */
export interface Scope {
	readonly teams: readonly TeamId[] | null;
	/** Of these teams only the keys of this person; or this key alone, whose holder signed in by it. */
	readonly ownerId: string | null;
}

/** All there is. */
export const EVERYTHING: Scope = { teams: null, ownerId: null };

/** Who acts through the admin API, however it was recognised. */
export interface Actor {
	/** As the audit names it. */
	readonly who: string;
	readonly role: Role;
	readonly scope: Scope;
}

/** Whether an actor's role has what a route needs. Whose things it then reaches is its scope's to say. */
export function hasRight({ role, scope }: Pick<Actor, "role" | "scope">, need: Need): boolean {
	const roles: readonly Role[] = RIGHTS[need];
	return roles.includes(role) && (scope.teams === null || !need.startsWith("gateway."));
}

/** A person may have several keys; the holder of one key, who signed in by it, has that one alone. */
export function isPerson(ownerId: string | null): ownerId is string {
	return ownerId !== null && !/^key_[0-9a-f]{32}$/.test(ownerId);
}

interface ReachedKey {
	readonly id: KeyId;
	readonly teamId: TeamId;
	/** The person whose key it is. */
	readonly ownerId: string | null;
}

export function reachesTeam({ teams }: Scope, id: TeamId): boolean {
	return teams === null || teams.includes(id);
}

export function reachesKey(scope: Scope, key: ReachedKey): boolean {
	const { ownerId } = scope;
	return reachesTeam(scope, key.teamId) && (ownerId === null || ownerId === key.ownerId || ownerId === key.id);
}
