// Which targets to try when health lets none through.
import { MAX_WAIT_FOR_TARGET_MS } from "#core/request-limits";
import type { Candidate, Excluded } from "#router/plan";
import type { EvaluatedTarget } from "#router/target";

/**
 * Whether to try a target that health does not let through, when it lets no target through: an attempt that may succeed
 * is better than a refusal that cannot. A target whose circuit is open may be tried, under a permit; a throttled one
 * only when it reopens soon, since its vendor refuses until then; one that an admin has shut, never.
 */
export function isWorthTrying({ access: { health } }: EvaluatedTarget, now: number): boolean {
	if (health.shut === "forced") return false;
	return health.shut !== "throttled" || (health.until ?? Number.POSITIVE_INFINITY) <= now + MAX_WAIT_FOR_TARGET_MS;
}

/** Those that are worth trying, the soonest to reopen first. */
export function asLastResort(targets: readonly EvaluatedTarget[]): readonly Candidate[] {
	return targets
		.toSorted((a, b) => reopening(a) - reopening(b))
		.map(
			({ model, access, expectation }): Candidate => ({
				model,
				credential: access.credential,
				needsTrial: access.health.shut === "open",
				deferred: "shut",
				shutUntil: access.health.until,
				score: null,
				parts: {},
				expectedCost: expectation.cost,
			}),
		);
}

function reopening({ access }: EvaluatedTarget): number {
	return access.health.until ?? Number.MAX_SAFE_INTEGER;
}

export function excludedByHealth({ target, access: { health } }: EvaluatedTarget): Excluded {
	return { target, reason: `health:${health.shut}`, until: health.until };
}
