// A team as the admin API shows it.
import type { StoredTeam } from "#store/keys/teams";
import { renderBudget, renderLimits } from "./budget";
import { instant } from "./instant";

export function renderTeam(team: StoredTeam) {
	return {
		id: team.id,
		object: "team",
		name: team.name,
		metadata: team.metadata,
		limits: renderLimits(team.limits),
		budgets: team.budgets.map(renderBudget),
		payloads: team.payloads,
		created_at: instant(team.createdAt),
		updated_at: instant(team.updatedAt),
	};
}
