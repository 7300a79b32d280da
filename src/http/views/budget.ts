// Budgets and limits as the API shows them.
import * as v from "valibot";
import type { BudgetSpec } from "#core/budget/budget";
import type { BudgetState, TeamBudgetState } from "#core/budget/budget-status";
import { type KeyLimits, LIMIT_KINDS, LIMIT_NAMES, type LimitFigure } from "#core/budget/limits";
import { OPERATION_NAMES } from "#core/operation-name";
import { signedUsdString } from "#metering/money";
import type { StoredBudgetChange } from "#store/keys/budget-changes";
import { instant } from "./instant";
import { Dollars, Instant, NanoDollars, type Shown } from "./shown";

export const BudgetView = v.object({
	id: v.string(),
	name: v.nullable(v.string()),
	limit_usd: Dollars,
	window: v.union([
		v.picklist(["day", "week", "month", "total"]),
		v.object({ rolling_seconds: v.pipe(v.number(), v.integer()) }),
	]),
	time_zone: v.nullable(v.string()),
	action: v.picklist(["block", "warn"]),
	models: v.nullable(v.array(v.string())),
	providers: v.nullable(v.array(v.string())),
	operations: v.nullable(v.array(v.picklist(OPERATION_NAMES))),
	per_end_user: v.boolean(),
});

const Amount = { usd: Dollars, nano: NanoDollars };

const Owner = v.picklist(["key", "team"]);

export const BudgetStateView = v.object({
	...BudgetView.entries,
	owner: Owner,
	limit_nano_usd: Amount.nano,
	settled_usd: Amount.usd,
	settled_nano_usd: Amount.nano,
	reserved_usd: Amount.usd,
	reserved_nano_usd: Amount.nano,
	lent_usd: Amount.usd,
	lent_nano_usd: Amount.nano,
	remaining_usd: Amount.usd,
	remaining_nano_usd: Amount.nano,
	overrun_usd: Amount.usd,
	overrun_nano_usd: Amount.nano,
	unproven_usd: Amount.usd,
	unproven_nano_usd: Amount.nano,
	resets_at: v.nullable(Instant),
});

const TeamBudgetStateView = v.object({
	...BudgetView.entries,
	owner: Owner,
	limit_nano_usd: Amount.nano,
	settled_usd: Amount.usd,
	settled_nano_usd: Amount.nano,
	lent_usd: Amount.usd,
	lent_nano_usd: Amount.nano,
	remaining_usd: Amount.usd,
	remaining_nano_usd: Amount.nano,
	overrun_usd: Amount.usd,
	overrun_nano_usd: Amount.nano,
	resets_at: v.nullable(Instant),
	as_of: v.nullable(Instant),
	keys: v.array(
		v.object({
			key_id: v.string(),
			lent_usd: Amount.usd,
			lent_nano_usd: Amount.nano,
			settled_usd: Amount.usd,
			settled_nano_usd: Amount.nano,
			as_of: Instant,
		}),
	),
});

/** Every limit by its name in the API; null where there is none. */
export const LimitsView = v.object(
	Object.fromEntries(
		LIMIT_NAMES.map((name) => [LIMIT_KINDS[name].wireName, v.nullable(v.pipe(v.number(), v.integer()))]),
	),
);

/** What is left of a limit; null where there is none. */
export const FigureView = v.nullable(v.object({ limit: v.number(), remaining: v.number(), reset_ms: v.number() }));

export const BudgetChangeView = v.object({
	id: v.string(),
	object: v.literal("budget_change"),
	budget_id: v.string(),
	end_user: v.nullable(v.string()),
	kind: v.picklist(["adjustment", "write-off"]),
	amount_usd: Amount.usd,
	amount_nano_usd: Amount.nano,
	reason: v.string(),
	who: v.string(),
	created_at: Instant,
	confirmed_at: v.nullable(Instant),
});

export const KeyBudgetView = v.object({
	object: v.literal("key_budget"),
	key_id: v.string(),
	budgets: v.array(BudgetStateView),
	limits: LimitsView,
	requests: FigureView,
	tokens: FigureView,
	changes: v.array(BudgetChangeView),
});

export const TeamBudgetView = v.object({
	object: v.literal("team_budget"),
	team_id: v.string(),
	budgets: v.array(TeamBudgetStateView),
	changes: v.array(BudgetChangeView),
});

/** What a budget is, as it is written; sending it back changes nothing. */
export function renderBudget(budget: BudgetSpec): Shown<typeof BudgetView> {
	const { id, name, limit, window, timeZone, action, perEndUser, models, providers, operations } = budget;
	return {
		id,
		name: name ?? null,
		limit_usd: signedUsdString(limit),
		window: typeof window === "string" ? window : { rolling_seconds: window.rollingSeconds },
		time_zone: typeof window === "string" && window !== "total" ? timeZone : null,
		action,
		models: models ?? null,
		providers: providers ?? null,
		operations: operations === undefined ? null : [...operations],
		per_end_user: perEndUser,
	};
}

/** The state of a key's budget. */
export function renderBudgetState(state: BudgetState): Shown<typeof BudgetStateView> {
	const { budget, settled, reserved, unproven, overrun, lent, remaining, resetsAt } = state;
	return {
		...renderBudget(budget),
		owner: budget.owner,
		...amounts({ limit: budget.limit, settled, reserved, lent, remaining, overrun, unproven }),
		resets_at: instant(resetsAt),
	};
}

/** The state of a team's budget, and which of its keys has what of it. */
export function renderTeamBudgetState(state: TeamBudgetState): Shown<typeof TeamBudgetStateView> {
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

export function renderLimits(limits: KeyLimits): Shown<typeof LimitsView> {
	return Object.fromEntries(LIMIT_NAMES.map((name) => [LIMIT_KINDS[name].wireName, limits[name] ?? null]));
}

/** Null where there is no limit. */
export function renderFigure(figure: LimitFigure | null): Shown<typeof FigureView> {
	return figure && { limit: figure.limit, remaining: figure.remaining, reset_ms: figure.resetMs };
}

/** A top-up or write-off by an admin; it is in force once its object has confirmed it. */
export function renderBudgetChange(change: StoredBudgetChange): Shown<typeof BudgetChangeView> {
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

type Amounts<Name extends string> = Record<`${Name}_usd`, string> & Record<`${Name}_nano_usd`, number>;

/** Each amount twice: in USD, and in nano-dollars. */
function amounts<Name extends string>(nano: Readonly<Record<Name, number>>): Amounts<Name> {
	return Object.fromEntries(
		Object.entries<number>(nano).flatMap(([name, amount]) => [
			[`${name}_usd`, signedUsdString(amount)],
			[`${name}_nano_usd`, amount],
		]),
	) as Amounts<Name>;
}
