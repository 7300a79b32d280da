// The errors that a caller gets when the key's object refuses a hold.
import type { Model } from "#catalog/model";
import type { BudgetSpec } from "#core/budget/budget";
import { LIMIT_KINDS, type LimitName } from "#core/budget/limits";
import { GatewayError } from "#core/errors";
import type { BudgetFigure } from "#core/key-object/reservation";
import { nanoUsd, usdString } from "#metering/money";

/** 402: a budget cannot cover the attempt, which may cost `least` nano-dollars at least. SDKs must not repeat it. */
export function budgetExhausted({ budget, remaining, resetsAt }: BudgetFigure, least: number): GatewayError {
	const state =
		remaining === 0
			? "is used up"
			: `cannot cover the $${usdString(nanoUsd(least))} that this request may cost: $${usdString(nanoUsd(remaining))} is neither spent nor held`;
	// A reset that would still not bring enough money for this request is not announced.
	const never = budget.window === "total" ? "it does not reset" : "no reset brings as much";
	const reset = resetsAt === null ? never : `it resets at ${new Date(resetsAt).toISOString()}`;
	return GatewayError.of("insufficient_quota", `${describe(budget)} ${state}; ${reset}`, {
		metadata: { budget_id: budget.id, resets_at: resetsAt === null ? null : new Date(resetsAt).toISOString() },
	});
}

/**
 * 402: what was held affords no answer that the provider gives, of which the shortest may cost `least` nano-dollars;
 * `tightest` is the state of the tightest budget with that money held.
 */
export function tooLittleHeld(tightest: BudgetFigure | null, least: number): GatewayError {
	if (tightest !== null) return budgetExhausted(tightest, least);
	return GatewayError.of(
		"insufficient_quota",
		"what a budget affords of this request is less than the shortest answer",
	);
}

/** 429: a limit of the key is reached. */
export function limitReached(limit: LimitName, most: number, retryAfterMs: number): GatewayError {
	return GatewayError.of("rate_limit_exceeded", `the API key is at its limit of ${most} ${LIMIT_KINDS[limit].words}`, {
		retryAfterMs,
	});
}

/** 400: what cannot be priced cannot be held against a budget. */
export function priceUnknown(
	{ provider, id, unlisted }: Pick<Model, "provider" | "id" | "unlisted">,
	budget: BudgetSpec,
): GatewayError {
	const prices = [{ input: 1, output: 2 }];
	const call = unlisted
		? `POST /admin/models/${provider} ${JSON.stringify({ id, prices })}`
		: `PATCH /admin/models/${provider}/${id} ${JSON.stringify({ prices })}`;
	return GatewayError.of(
		"model_price_unknown",
		`${describe(budget)} applies, and \`${provider}/${id}\` has no known price; use another model, or have an admin set its price, in USD per million tokens, such as: ${call}`,
		{ param: "model" },
	);
}

/** 400: without a limit on tokens there is no end to what a model of unknown size could come to. */
export function limitRequired(model: string): GatewayError {
	return GatewayError.of(
		"output_limit_required",
		`the price and the size of \`${model}\` are not known, so a budget can hold for it only what the request limits: name \`max_completion_tokens\``,
		{ param: "max_completion_tokens" },
	);
}

/** 503: whether there is money cannot be known just now; nothing is spent unaccounted. */
export function ledgerUnavailable(): GatewayError {
	return GatewayError.of(
		"ledger_unavailable",
		"the budget could not be checked just now, so nothing was sent; try again",
	);
}

/** The key's object did not answer, so money may be held or not. */
export function isLedgerUnavailable(error: unknown): boolean {
	return error instanceof GatewayError && error.details.code === "ledger_unavailable";
}

/** 503: so much usage waits for the database that no more can be accounted for. */
export function usageBacklogged(): GatewayError {
	return GatewayError.of(
		"usage_backlogged",
		"the API key's usage waits for the database to take it, so no more is spent now; try again later",
	);
}

/** Such as `the API key's daily budget "trial" of $5 for each end user (UTC)`. */
function describe({ owner, name, window, limit, timeZone, perEndUser }: BudgetSpec): string {
	const whose = owner === "key" ? "the API key's" : "the team's";
	const period =
		typeof window === "object"
			? `budget for ${window.rollingSeconds} seconds`
			: { day: "daily budget", week: "weekly budget", month: "monthly budget", total: "budget" }[window];
	const zone = window === "day" || window === "week" || window === "month" ? ` (${timeZone})` : "";
	const called = name === undefined ? "" : ` "${name}"`;
	const forWhom = perEndUser ? " for each end user" : "";
	return `${whose} ${period}${called} of $${usdString(nanoUsd(limit))}${forWhom}${zone}`;
}
