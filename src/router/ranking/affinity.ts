// Keeps a conversation where its prompt is cached, as long as that pays.
import type { Strategy } from "#core/routing/alias";
import type { AutoRule } from "#core/routing/auto-rules";
import type { Affinity } from "#core/routing/routing-memory";
import type { Ranked } from "./ranking";

/** By how much another target must score better, from 0 to 1: smaller differences come and go with every request. */
const MIN_SCORE_GAIN = 0.05;
/** How many times faster another target must be under the fastest strategy. */
const MIN_SPEED_UP = 2;
/** How many steps of `MIN_SUCCESS_STEP` more often another target must succeed under the steadiest strategy. */
const MIN_SUCCESS_STEPS = 5;

/** A ranking after the conversation's affinity was applied. */
export interface Settled {
	readonly ranking: readonly Ranked[];
	/** Null when the conversation is new, or was at a target that is not named any more. */
	readonly affinity: "kept" | "left" | null;
}

/**
 * Leaves a conversation where it was served last, whose vendor has its prompt cached, unless health puts that target
 * behind others or another one is better by more than chance. The price of a cold cache is part of the values already.
 */
export function settled(ranking: readonly Ranked[], affinity: Affinity | null, by: Strategy | AutoRule["by"]): Settled {
	const own = ranking.find(({ evaluated }) => evaluated.target === affinity?.target);
	const [best] = ranking;
	if (affinity === null || own === undefined || best === undefined) return { ranking, affinity: null };
	if (own === best) return { ranking, affinity: "kept" };
	if (own.deferred !== null || !stays(own, best, by)) return { ranking, affinity: "left" };
	return { ranking: [own, ...ranking.filter((one) => one !== own)], affinity: "kept" };
}

function stays(own: Ranked, best: Ranked, by: Strategy | AutoRule["by"]): boolean {
	switch (by) {
		case "priority":
		case "weighted":
			return true;
		case "cheapest":
			return own.value >= best.value;
		case "fastest":
			return -own.value <= -best.value * MIN_SPEED_UP;
		case "steadiest":
			return own.value + MIN_SUCCESS_STEPS >= best.value;
		case "score":
		case "balanced":
		case "auto":
			return own.value + MIN_SCORE_GAIN >= best.value;
	}
}
