import type { TeamId } from "../core/ids";
import type { Env } from "../env";
import { askObject } from "../store/object-call";

type TeamStub = ReturnType<Env["TEAMS"]["getByName"]>;

/** Calls a team's object, under the rules of `askObject`. */
export function askTeamObject<T>(
	teams: Env["TEAMS"],
	teamId: TeamId,
	ms: number,
	ask: (stub: TeamStub) => Promise<T>,
): Promise<T> {
	return askObject("the team's object", ms, () => teams.getByName(teamId), ask);
}
