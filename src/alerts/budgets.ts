// Gathers the state of budgets, for the rules that watch them.
import type { AlertCondition } from "#core/alert";
import type { BudgetState, TeamBudgetState } from "#core/budget/budget-status";
import type { TeamId } from "#core/ids";
import type { Env } from "#env";
import { ownBudgets, teamBudgets } from "#gateway/control/budgets";
import { mapConcurrent } from "#lib/map-concurrent";
import { type BudgetSpender, budgetSpenders } from "#store/alerts/figures";
import { findTeam } from "#store/keys/teams";
import type { BudgetUse } from "./conditions";

type Objects = Pick<Env, "DB" | "API_KEYS" | "TEAMS">;

/**
 * How the budgets stand that were spent from since an hour began, as their objects say: those that a rule on budgets
 * looks at. An object that does not answer is asked again by the next run.
 */
export async function budgetFigures(
	env: Objects,
	{ teamId, keyId }: Pick<Extract<AlertCondition, { type: "budget" }>, "teamId" | "keyId">,
	since: number,
): Promise<BudgetUse[]> {
	const spenders = await budgetSpenders(env.DB, since, { teamId, keyId });
	const keys = await mapConcurrent(spenders, (spender) => keyFigures(env, spender).catch(() => null));
	/** Teams whose budgets are asked for, and of those the budgets for which keys were refused something. */
	const teams = new Map<TeamId, Set<string>>();
	for (const [index, { teamId, teamHasBudgets }] of spenders.entries()) {
		if (!teamHasBudgets || keyId !== null) continue;
		const refusing = teams.get(teamId) ?? new Set();
		teams.set(teamId, refusing);
		const tightest = keys[index]?.refusing;
		if (tightest?.owner === "team") refusing.add(tightest.id);
	}
	const ofTeams = await mapConcurrent([...teams], ([id, refusing]) => teamFigures(env, id, refusing).catch(() => []));
	return [...keys.flatMap((key) => key?.figures ?? []), ...ofTeams.flat()];
}

async function keyFigures(env: Objects, { keyId, refusals }: BudgetSpender) {
	const { budgets } = await ownBudgets(env, keyId);
	const refusing = refusals > 0 ? tightest(budgets) : null;
	const figures = budgets
		.filter(({ budget }) => budget.owner === "key")
		.map((state) => {
			const { budget, settled, reserved, unproven, overrun, resetsAt } = state;
			const used = settled + reserved + unproven + overrun;
			return {
				owner: keyId,
				budget,
				limit: budget.limit,
				used,
				overrun,
				resetsAt,
				refusing: refusing?.id === budget.id,
			};
		});
	return { figures, refusing };
}

async function teamFigures(env: Objects, teamId: TeamId, refusing: ReadonlySet<string>): Promise<BudgetUse[]> {
	const team = await findTeam(env.DB, teamId);
	if (team === null) return [];
	const { budgets } = await teamBudgets(env, team, false);
	return budgets.map(({ budget, settled, overrun, resetsAt }: TeamBudgetState) => ({
		owner: teamId,
		budget,
		limit: budget.limit,
		used: settled + overrun,
		overrun,
		resetsAt,
		refusing: refusing.has(budget.id),
	}));
}

/** Where the smallest share of the limit is left: what could not be covered was most likely refused there. */
function tightest(budgets: readonly BudgetState[]): BudgetState["budget"] | null {
	const blocking = budgets.filter(({ budget }) => budget.action === "block");
	const share = ({ remaining, budget }: BudgetState) => (budget.limit === 0 ? 0 : remaining / budget.limit);
	return blocking.toSorted((a, b) => share(a) - share(b))[0]?.budget ?? null;
}
