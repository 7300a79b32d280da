/** How a request was served, for the response headers. */

import type { Retirement } from "#catalog/retirements";
import type { ProviderName } from "#core/ids";
import type { Strategy } from "#core/routing/alias";
import type { LimitSnapshot } from "#gateway/spending/reservation";
import type { Failover } from "./failover";

/** Who served a request, or failed it last, and how it went. */
export interface Served {
	readonly provider: ProviderName;
	readonly model: string;
	readonly strategy: Strategy;
	/** One entry per attempt, such as "openai:200" or "openai:timeout". */
	readonly attempts: readonly string[];
	readonly simulated: boolean;
	readonly dropped: readonly string[];
	/** From sending to the answer or its first content, in milliseconds, over all attempts. */
	readonly upstreamMs: number;
	readonly limits: LimitSnapshot;
	readonly warnings: readonly string[];
	/** The output limit that the budget affords; null when it affords what was asked for. */
	readonly clampedTo: number | null;
	/** The target that would have been asked first, had the budget not run low; null when it had not. */
	readonly insteadOf: string | null;
	/** The end of the model at its vendor; null for one that is not to end. */
	readonly retirement: Retirement | null;
}

/** How a run was served until `now`, in milliseconds since the epoch; null when it called no provider. */
export function servedBy({ attempts, plan, insteadOf }: Failover, now: number): Served | null {
	const last = attempts.at(-1);
	if (last === undefined || plan === null) return null;
	const { upstream, hold, clampedTo } = attempts.find(({ isCommitted }) => isCommitted) ?? last;
	return {
		provider: upstream.provider.name,
		model: upstream.model.id,
		strategy: plan.strategy,
		attempts: attempts.map(({ label }) => label),
		simulated: upstream.provider.simulated,
		dropped: upstream.call.dropped,
		upstreamMs: now - (attempts[0]?.startedAt ?? now),
		limits: hold.limits,
		warnings: hold.warnings,
		clampedTo,
		insteadOf,
		retirement: upstream.model.retirement ?? null,
	};
}
