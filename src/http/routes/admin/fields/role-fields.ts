// A role, and the teams that it reaches, in bodies of the admin API.
import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import type { TeamId } from "#core/ids";
import { ROLES, type Role } from "#core/rights";
import type { Env } from "#env";
import { findTeam } from "#store/keys/teams";

export const RoleField = v.picklist(ROLES, `must be one of ${ROLES.join(", ")}`);

export const TeamsField = v.optional(
	v.nullable(
		v.pipe(
			v.array(v.string()),
			v.minLength(1, "must not be empty; null means all teams"),
			v.maxLength(100, "must have at most 100 entries"),
		),
	),
	null,
);

/** Throws `GatewayError` 400 where a role would reach more teams than it is for, or fewer, or one that is not there. */
export async function requireTeams(env: Env, role: Role, teams: readonly string[] | null): Promise<void> {
	if (role === "admin" && teams !== null) throw invalidRequest("`teams` must be null: an admin has all", "teams");
	if ((role === "team_manager" || role === "member") && teams === null) {
		throw invalidRequest(`\`teams\` is required for a ${role}`, "teams");
	}
	for (const team of teams ?? []) {
		if ((await findTeam(env.DB, team as TeamId)) === null)
			throw invalidRequest(`there is no team \`${team}\``, "teams");
	}
}
