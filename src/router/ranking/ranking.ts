// Puts targets in the order of a strategy.
import type { TargetHealth } from "#router/filters/target-health";
import type { Candidate } from "#router/plan";
import type { EvaluatedTarget } from "#router/target";
import type { ScoringChoice } from "./auto-choice";
import type { Rating } from "./ratings";

/** A target in its place. */
export interface Ranked extends Rating {
	readonly evaluated: EvaluatedTarget;
	readonly deferred: Candidate["deferred"];
	readonly group: number;
}

/** The share of requests that are offered to a half-open cell, from 0 to 1: each costs a call for a permit. */
const TRIAL_SHARE = 0.25;

/**
 * Puts targets in the order in which they are tried: those that health lets through for this request before those that
 * it does not; then by the request's own order of names; then by the group of the rule; then by value. Equal ones stay
 * as they are.
 */
export function ranked(
	targets: readonly EvaluatedTarget[],
	ratings: readonly Rating[],
	choice: ScoringChoice | null,
	mayTry: boolean,
	draw: () => number,
): readonly Ranked[] {
	return targets
		.map((evaluated, index): Ranked => {
			const rating = ratings[index] ?? { value: 0, score: null, parts: {} };
			const deferred = deferral(evaluated.access.health, mayTry, draw);
			return { ...rating, evaluated, deferred, group: choice?.group(evaluated.model) ?? 0 };
		})
		.sort(
			(a, b) =>
				Number(a.deferred !== null) - Number(b.deferred !== null) ||
				a.evaluated.rank - b.evaluated.rank ||
				a.group - b.group ||
				b.value - a.value ||
				0,
		);
}

/**
 * Why a request should rather go elsewhere. Drawn at random: a ramp and graded shedding concern a share of the
 * requests.
 */
function deferral({ trial, share, shed }: TargetHealth, mayTry: boolean, draw: () => number): Candidate["deferred"] {
	if (trial) return mayTry && draw() < TRIAL_SHARE ? null : "trial";
	if (share < 1 && draw() >= share) return "ramping";
	return shed > 0 && draw() < shed ? "shed" : null;
}
