/** The balance as the clients of one-api and new-api ask for it, by the names of OpenAI's former billing API. */

import * as v from "valibot";
import type { KeyCall, Route } from "#http/call";
import { decodeQuery } from "#http/request/query";
import { Moment } from "#http/request/time-fields";
import { UNLIMITED_USD } from "#http/views/openrouter";
import { costsSince } from "./costs-since";
import { ownRoute } from "./own-route";
import { tightestBudget } from "./tightest-budget";

const Dates = v.object({ start_date: v.optional(Moment), end_date: v.optional(Moment) });
const SubscriptionView = v.object({
	object: v.literal("billing_subscription"),
	has_payment_method: v.boolean(),
	soft_limit_usd: v.number(),
	hard_limit_usd: v.number(),
	system_hard_limit_usd: v.number(),
	access_until: v.number(),
});
const BillingUsageView = v.object({ object: v.literal("list"), total_usage: v.number() });

export const billingRoutes: Route[] = [
	ownRoute("/v1/dashboard/billing/subscription", subscription, {
		summary: "Show the limit of the budget with the least left, for clients of one-api",
		answer: SubscriptionView,
		errors: ["budget_unavailable"],
	}),
	ownRoute("/v1/dashboard/billing/usage", usage, {
		summary: "Show what was used in cents, for clients of one-api",
		query: Dates,
		answer: BillingUsageView,
		errors: ["budget_unavailable"],
	}),
];

/** The limit of the budget that has the least left. */
async function subscription(call: KeyCall): Promise<Response> {
	const budget = await tightestBudget(call);
	const usd = budget === null ? UNLIMITED_USD : budget.budget.limit / 1e9;
	return Response.json({
		object: "billing_subscription",
		has_payment_method: true,
		soft_limit_usd: usd,
		hard_limit_usd: usd,
		system_hard_limit_usd: usd,
		access_until: Math.floor((call.principal.policy.expiresAt ?? 0) / 1000),
	});
}

/** In cents: over days as the books have them, else what counts against the budget of `subscription`. */
async function usage(call: KeyCall): Promise<Response> {
	const { start_date, end_date } = decodeQuery(Dates, call.url);
	const budget = start_date === undefined ? await tightestBudget(call) : null;
	const [cost = 0] =
		budget === null
			? await costsSince(call, [start_date ?? 0], end_date ?? call.receivedAt)
			: [budget.settled + budget.reserved + budget.unproven + budget.overrun];
	return Response.json({ object: "list", total_usage: cost / 1e7 });
}
