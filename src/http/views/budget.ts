// Budgets and limits as the API shows them.
import type { BudgetSpec } from "#core/budget/budget";
import type { BudgetState, TeamBudgetState } from "#core/budget/budget-status";
import { type KeyLimits, LIMIT_KINDS, LIMIT_NAMES, type LimitFigure } from "#core/budget/limits";
import { signedUsdString } from "#metering/money";

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
		resets_at: time(resetsAt),
	};
}

/** The state of a team's budget, and which of its keys has what of it. */
export function renderTeamBudgetState(state: TeamBudgetState) {
	const { budget, settled, lent, overrun, remaining, resetsAt, asOf, keys } = state;
	return {
		...renderBudget(budget),
		owner: budget.owner,
		...amounts({ limit: budget.limit, settled, lent, remaining, overrun }),
		resets_at: time(resetsAt),
		as_of: time(asOf),
		keys: keys.map((key) => ({
			key_id: key.keyId,
			...amounts({ lent: key.lent, settled: key.settled }),
			as_of: time(key.asOf),
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

/** Each amount twice: in USD, and in nano-dollars. */
export function amounts(nano: Readonly<Record<string, number>>): Record<string, string | number> {
	return Object.fromEntries(
		Object.entries(nano).flatMap(([name, amount]) => [
			[`${name}_usd`, signedUsdString(amount)],
			[`${name}_nano_usd`, amount],
		]),
	);
}

function time(ms: number | null): string | null {
	return ms === null ? null : new Date(ms).toISOString();
}
