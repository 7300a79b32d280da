// How each strategy values a target.
import type { Strategy } from "#core/routing/alias";
import type { Family } from "#core/routing/routing-memory";
import type { EvaluatedTarget } from "#router/target";
import type { ScoringChoice } from "./auto-choice";
import { costPart, expectedMs, latencyPart, qualityPart, successPart, successRate, weighted } from "./score";

/** How a strategy values a target. */
export interface Rating {
	/** Orders the targets, the greater the earlier; targets that are equal keep the order in which they were named. */
	readonly value: number;
	/** Null under strategies that make none. */
	readonly score: number | null;
	/** What the value is made of, by part. */
	readonly parts: Readonly<Record<string, number>>;
}

/** What strategies look at beside the targets. */
interface RatingView {
	readonly family: Family | null;
	/** Under `balanced` and `auto`. */
	readonly choice: ScoringChoice | null;
	/** Tokens of prompt and answer, as far as they do not hang on the target. */
	readonly tokens: number;
	/** Whether a target of which no latency is known may be tried for the sake of knowing it. */
	readonly mayExplore: boolean;
	readonly draw: () => number;
}

/** How often a target of which no latency is known is taken for the fastest, to know it. */
const EXPLORED_SHARE = 0.02;
/** Success rates that differ by less are the same. */
const MIN_SUCCESS_STEP = 0.01;

const UNRATED: Rating = { value: 0, score: null, parts: {} };

/** Rates targets, in their order. */
export function ratings(strategy: Strategy, targets: readonly EvaluatedTarget[], view: RatingView): readonly Rating[] {
	switch (strategy) {
		case "priority":
			return targets.map(() => UNRATED);
		case "weighted":
			return targets.map(({ weight }) => byWeight(weight, view.draw()));
		case "cheapest":
			return targets.map(byCost);
		case "fastest":
			return latencies(targets, view).map(byTime);
		case "steadiest":
			return targets.map((target) => bySuccess(target, view.family));
		case "balanced":
		case "auto":
			return byChoice(targets, view);
	}
}

/** Efraimidis and Spirakis' key: the greatest of them is a fair draw by weight, and so are the ones that follow. */
function byWeight(weight: number, draw: number): Rating {
	return { value: weight > 0 ? (1 - draw) ** (1 / weight) : 0, score: null, parts: { weight } };
}

function byCost({ expectation: { costPerTurn } }: EvaluatedTarget): Rating {
	if (costPerTurn === null) return { value: Number.NEGATIVE_INFINITY, score: null, parts: {} };
	return { value: -costPerTurn, score: null, parts: { cost_per_turn: costPerTurn } };
}

function byTime(ms: number): Rating {
	return { value: -ms, score: null, parts: { expected_ms: ms } };
}

function bySuccess({ access, target }: EvaluatedTarget, family: Family | null): Rating {
	const rate = successRate(access.health, target, family);
	return { value: Math.round(rate / MIN_SUCCESS_STEP), score: null, parts: { success_rate: rate } };
}

function byChoice(targets: readonly EvaluatedTarget[], view: RatingView): readonly Rating[] {
	const { choice, family, tokens } = view;
	if (choice === null) return targets.map(() => UNRATED);
	if (choice.by !== "score") return ratings(choice.by, targets, view);
	const times = latencies(targets, view);
	return targets.map(({ model, target, access, expectation }, index) => {
		const parts = {
			quality: qualityPart(model, choice.skill),
			cost: costPart(expectation.costPerTurn, tokens),
			latency: latencyPart(times[index] ?? 0),
			success: successPart(successRate(access.health, target, family)),
		};
		const score = weighted(parts, choice.weights);
		return { value: score, score, parts };
	});
}

/**
 * Expected time of each target, in milliseconds. A target without recent figures counts as the median of those that
 * have some; now and then one of them counts as the fastest, because the router learns the speed of a target only by
 * sending requests there.
 */
function latencies(targets: readonly EvaluatedTarget[], { mayExplore, draw }: RatingView): readonly number[] {
	const seen = targets.map(({ access, expectation }) => expectedMs(access.health, expectation.output));
	const known = seen.filter((ms) => ms !== null).sort((a, b) => a - b);
	const median = known[known.length >> 1] ?? 0;
	const times = seen.map((ms) => ms ?? median);
	const explored = mayExplore && known.length < seen.length && draw() < EXPLORED_SHARE;
	if (explored) {
		const unknown = seen.flatMap((ms, index) => (ms === null ? [index] : []));
		times[unknown[Math.floor(draw() * unknown.length)] ?? 0] = 0;
	}
	return times;
}
