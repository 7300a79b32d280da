// A team as the admin API shows it.
import * as v from "valibot";
import { PAYLOAD_LEVELS } from "#core/key/payload-policy";
import { SELF_SERVICE_WINDOWS, type SelfService } from "#core/key/self-service";
import { signedUsdString } from "#metering/money";
import type { StoredTeam } from "#store/keys/teams";
import { BudgetView, LimitsView, renderBudget, renderLimits } from "./budget";
import { instant } from "./instant";
import { Dollars, Instant, Labels, type Shown } from "./shown";

export const PayloadPolicyView = v.object({ level: v.picklist(PAYLOAD_LEVELS), sample: v.number() });

/** Within what a team's members make keys by themselves. */
export const SelfServiceView = v.object({
	max_keys: v.pipe(v.number(), v.integer()),
	max_budget_usd: Dollars,
	window: v.picklist(SELF_SERVICE_WINDOWS),
	max_days: v.nullable(v.pipe(v.number(), v.integer())),
});

export const TeamView = v.object({
	id: v.string(),
	object: v.literal("team"),
	name: v.string(),
	metadata: Labels,
	limits: LimitsView,
	budgets: v.array(BudgetView),
	payloads: v.nullable(PayloadPolicyView),
	self_service: v.nullable(SelfServiceView),
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
		self_service: team.selfService && renderSelfService(team.selfService),
		created_at: instant(team.createdAt),
		updated_at: instant(team.updatedAt),
	};
}

export function renderSelfService({ maxKeys, maxBudget, window, maxDays }: SelfService): Shown<typeof SelfServiceView> {
	return { max_keys: maxKeys, max_budget_usd: signedUsdString(maxBudget), window, max_days: maxDays };
}
