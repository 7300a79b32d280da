// A route plan as the dry run shows it.
import * as v from "valibot";
import { nanoUsd, usdString } from "#metering/money";
import type { Candidate, Excluded, RoutePlan } from "#router/plan";
import { instant } from "./instant";
import { Dollars, Instant, type Shown } from "./shown";

export const RouteView = v.object({
	object: v.literal("route"),
	alias: v.nullable(v.string()),
	strategy: v.string(),
	rule: v.nullable(v.string()),
	affinity: v.nullable(v.string()),
	candidates: v.array(
		v.object({
			provider: v.string(),
			model: v.string(),
			credential: v.string(),
			score: v.nullable(v.number()),
			parts: v.record(v.string(), v.number()),
			expected_cost_usd: v.nullable(Dollars),
			most_usd: v.nullable(Dollars),
			needs_trial: v.boolean(),
			deferred: v.nullable(v.string()),
			shut_until: v.nullable(Instant),
		}),
	),
	excluded: v.array(v.object({ target: v.string(), reason: v.string(), until: v.nullable(Instant) })),
});

/** A candidate, and the most that the request can cost there, in nano-dollars; null without a known price. */
export interface Costed {
	readonly candidate: Candidate;
	readonly most: number | null;
}

/** A plan as the dry run shows it: who would be asked, in this order, and why not the others. */
export function renderRoute(
	plan: RoutePlan,
	costed: readonly Costed[],
	excluded: readonly Excluded[],
): Shown<typeof RouteView> {
	return {
		object: "route",
		alias: plan.alias?.name ?? null,
		strategy: plan.strategy,
		rule: plan.rule,
		affinity: plan.affinity,
		candidates: costed.map(({ candidate, most }) => ({
			provider: candidate.model.provider,
			model: candidate.model.id,
			credential: candidate.credential,
			score: candidate.score,
			parts: candidate.parts,
			expected_cost_usd: usd(candidate.expectedCost),
			most_usd: usd(most),
			needs_trial: candidate.needsTrial,
			deferred: candidate.deferred,
			shut_until: instant(candidate.shutUntil),
		})),
		excluded: excluded.map(({ target, reason, until }) => ({ target, reason, until: instant(until) })),
	};
}

function usd(amount: number | null): string | null {
	return amount === null ? null : usdString(nanoUsd(amount));
}
