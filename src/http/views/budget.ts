// Budgets and limits as the API shows them.
import type { BudgetSpec } from "#core/budget/budget";
import type { BudgetState, TeamBudgetState } from "#core/budget/budget-status";
import { type KeyLimits, LIMIT_KINDS, LIMIT_NAMES, type LimitFigure } from "#core/budget/limits";
import { signedUsdString } from "#metering/money";
import type { StoredBudgetChange } from "#store/keys/budget-changes";
import { instant } from "./instant";

/** What a budget is, as it is written; sending it back changes nothing. */
export function renderBudget({ id, name, limit, window, timeZone, action, perEndUser, models, providers }: BudgetSpec) {
	return {
		id,
		name: name ?? null,
		limit_usd: signedUsdString(limit),
		window: typeof window === "string" ? window : { rolling_seconds: window.rollingSeconds },
		time_zone: typeof window === "string" && window !== "total" ? timeZone : null,
		action,
		models: models ?? null,
		providers: providers ?? null,
		per_end_user: perEndUser,
	};
}

/** The state of a key's budget. */
export function renderBudgetState(state: BudgetState) {
	const { budget, settled, reserved, unproven, overrun, lent, remaining, resetsAt } = state;
	return {
		...renderBudget(budget),
		owner: budget.owner,
		...amounts({ limit: budget.limit, settled, reserved, lent, remaining, overrun, unproven }),
		resets_at: instant(resetsAt),
	};
}

/** The state of a team's budget, and which of its keys has what of it. */
export function renderTeamBudgetState(state: TeamBudgetState) {
	const { budget, settled, lent, overrun, remaining, resetsAt, asOf, keys } = state;
	return {
		...renderBudget(budget),
		owner: budget.owner,
		...amounts({ limit: budget.limit, settled, lent, remaining, overrun }),
		resets_at: instant(resetsAt),
		as_of: instant(asOf),
		keys: keys.map((key) => ({
			key_id: key.keyId,
			...amounts({ lent: key.lent, settled: key.settled }),
			as_of: instant(key.asOf),
		})),
	};
}

export function renderLimits(limits: KeyLimits) {
	return Object.fromEntries(LIMIT_NAMES.map((name) => [LIMIT_KINDS[name].wireName, limits[name] ?? null]));
}

/** Null where there is no limit. */
export function renderFigure(figure: LimitFigure | null) {
	return figure && { limit: figure.limit, remaining: figure.remaining, reset_ms: figure.resetMs };
}

/** A top-up or write-off by an admin; it is in force once its object has confirmed it. */
export function renderBudgetChange(change: StoredBudgetChange) {
	return {
		id: change.id,
		object: "budget_change",
		budget_id: change.budgetId,
		end_user: change.endUser === "" ? null : change.endUser,
		kind: change.kind,
		...amounts({ amount: change.amount }),
		reason: change.reason,
		who: change.who,
		created_at: instant(change.at),
		confirmed_at: instant(change.confirmedAt),
	};
}

/** Each amount twice: in USD, and in nano-dollars. */
function amounts(nano: Readonly<Record<string, number>>): Record<string, string | number> {
	return Object.fromEntries(
		Object.entries(nano).flatMap(([name, amount]) => [
			[`${name}_usd`, signedUsdString(amount)],
			[`${name}_nano_usd`, amount],
		]),
	);
}
