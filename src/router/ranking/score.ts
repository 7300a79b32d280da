// The parts of the score: quality, cost, latency, success.
import type { Model } from "#catalog/model";
import type { ScoreWeights, Skill } from "#core/routing/auto-rules";
import type { Family } from "#core/routing/routing-memory";
import type { TargetHealth } from "#router/filters/target-health";

/** Each from 0 to 1, the greater the better. */
type ScoreParts = Readonly<Record<keyof ScoreWeights, number>>;

/** The tier of a model for which neither catalog nor admin states a quality. */
const UNKNOWN_TIER = 2;
const MAX_TIER = 5;

/** The success rate assumed for a target of which nothing is known. */
const DEFAULT_SUCCESS_RATE = 0.99;
/** How many attempts of a family of tasks the target's general success rate weighs as much as. */
const PRIOR_ATTEMPTS = 8;
/** The share of failed attempts, from 0 to 1, at which the part for success is 0. */
const MAX_FAILED_SHARE = 0.2;

/** Blended prices, in USD per million tokens, at which the part for cost is 1 and 0; between them by logarithm. */
const MIN_PRICE_USD = 0.03;
const MAX_PRICE_USD = 30;
/** Times to the whole answer, in milliseconds, at which the part for latency is 1 and 0; between them by logarithm. */
const MIN_ANSWER_MS = 500;
const MAX_ANSWER_MS = 60_000;
/** Where no speed is known, in tokens per second. */
const DEFAULT_TOKENS_PER_SECOND = 50;

/** From 1 to 5. */
export function tierOf({ quality }: Model, skill: Skill): number {
	return quality?.[skill] ?? UNKNOWN_TIER;
}

export function qualityPart(model: Model, skill: Skill): number {
	return (tierOf(model, skill) - 1) / (MAX_TIER - 1);
}

/**
 * `cost` in nano-dollars, `tokens` of prompt and answer together. 1,000 nano-dollars per token are 1 USD per million.
 */
export function costPart(cost: number | null, tokens: number): number {
	if (cost === null) return 0;
	return between(cost / Math.max(1, tokens) / 1_000, MIN_PRICE_USD, MAX_PRICE_USD);
}

/** How long the whole answer is expected to take, in milliseconds; null without recent figures. */
export function expectedMs({ latency }: TargetHealth, output: number): number | null {
	if (latency.ttftMs === null) return null;
	return latency.ttftMs + (output / (latency.tokensPerSecond ?? DEFAULT_TOKENS_PER_SECOND)) * 1_000;
}

export function latencyPart(ms: number): number {
	return between(ms, MIN_ANSWER_MS, MAX_ANSWER_MS);
}

/**
 * How likely an attempt is to succeed, from 0 to 1: the target's recent rate, corrected by this family's own attempts
 * there.
 */
export function successRate({ successRate: seen }: TargetHealth, target: string, family: Family | null): number {
	const rate = seen ?? DEFAULT_SUCCESS_RATE;
	const own = family?.targets.get(target);
	if (own === undefined) return rate;
	return (own.attempts - own.failures + PRIOR_ATTEMPTS * rate) / (own.attempts + PRIOR_ATTEMPTS);
}

export function successPart(rate: number): number {
	return Math.max(0, 1 - (1 - rate) / MAX_FAILED_SHARE);
}

export function weighted(parts: ScoreParts, weights: ScoreWeights): number {
	const { quality, cost, latency, success } = weights;
	const sum = quality + cost + latency + success;
	return (parts.quality * quality + parts.cost * cost + parts.latency * latency + parts.success * success) / sum;
}

/** 1 at `best` and better, 0 at `worst` and worse, by logarithm between them. */
function between(value: number, best: number, worst: number): number {
	if (value <= best) return 1;
	return Math.max(0, 1 - Math.log(value / best) / Math.log(worst / best));
}
