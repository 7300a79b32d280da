// A team as the admin API shows it.
import * as v from "valibot";
import { PAYLOAD_LEVELS } from "#core/key/payload-policy";
import type { StoredTeam } from "#store/keys/teams";
import { BudgetView, LimitsView, renderBudget, renderLimits } from "./budget";
import { instant } from "./instant";
import { Instant, Labels, type Shown } from "./shown";

export const PayloadPolicyView = v.object({ level: v.picklist(PAYLOAD_LEVELS), sample: v.number() });

export const TeamView = v.object({
	id: v.string(),
	object: v.literal("team"),
	name: v.string(),
	metadata: Labels,
	limits: LimitsView,
	budgets: v.array(BudgetView),
	payloads: v.nullable(PayloadPolicyView),
	created_at: Instant,
	updated_at: Instant,
});

export function renderTeam(team: StoredTeam): Shown<typeof TeamView> {
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
