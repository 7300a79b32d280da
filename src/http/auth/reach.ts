// Whether an actor has the right that a route needs, and reaches the team, key or request that its path names.
import type { ErrorCode } from "#core/error-catalog";
import { GatewayError } from "#core/errors";
import type { KeyId, KeyRequestId, TeamId } from "#core/ids";
import { type Actor, hasRight, type Need, reachesKey, reachesTeam } from "#core/rights";
import type { Call } from "#http/call";
import { requestOf } from "#http/reports/request-list";
import { findKeyRequest } from "#store/keys/key-requests";
import { findKey } from "#store/keys/keys";

/** What a path names, by where it begins. */
const SUBJECT = /^\/admin\/(teams|keys|requests|key-requests)\/:id/;

/**
 * Throws `GatewayError`: 403 for a role that has not what the route needs, 404 for what belongs to others, as though it
 * were not there.
 */
export async function requireReach(
	call: Call,
	actor: Actor,
	{ path, needs }: { path: string; needs: Need },
): Promise<void> {
	const { role, scope } = actor;
	if (!hasRight(actor, needs)) {
		throw GatewayError.of("role_not_allowed", `this needs the right \`${needs}\`, which a ${role} here does not have`);
	}
	const [, kind] = SUBJECT.exec(path) ?? [];
	if (kind === undefined || scope.teams === null) return;
	const id = call.params.id ?? "";
	if (kind === "teams") {
		if (!reachesTeam(scope, id as TeamId)) throw absent("team_not_found", id);
		return;
	}
	if (kind === "key-requests") {
		const request = await findKeyRequest(call.env.DB, id as KeyRequestId);
		if (request === null || !reachesTeam(scope, request.teamId)) throw absent("key_request_not_found", id);
		return;
	}
	const keyId = kind === "keys" ? (id as KeyId) : ((await requestOf(call.env, id, null))?.key_id as KeyId | undefined);
	const key = keyId === undefined ? null : await findKey(call.env.DB, keyId, call.receivedAt);
	if (key === null || !reachesKey(scope, key)) {
		throw absent(kind === "keys" ? "key_not_found" : "request_not_found", id);
	}
}

function absent(code: ErrorCode, id: string): GatewayError {
	return GatewayError.of(code, `there is no ${code.replace("_not_found", "").replace("_", " ")} \`${id}\``);
}
