// By which rule and weights `auto` and `balanced` choose.
import type { Model } from "#catalog/model";
import { matches } from "#core/key/policy";
import type { Optimize } from "#core/routing/alias";
import type { AutoCondition, AutoRule, AutoRules, ScoreWeights, Signal, Skill } from "#core/routing/auto-rules";
import { targetOf } from "#router/models/model-access";
import type { RouteRequest } from "#router/route-request";
import { tierOf } from "./score";

/** By what a model is chosen under `balanced` and `auto`. */
export interface ScoringChoice {
	/** The rule's name; null without one. */
	readonly rule: string | null;
	readonly by: AutoRule["by"];
	readonly skill: Skill;
	readonly weights: ScoreWeights;
	/** Models in a lower group come first, whatever their score. */
	group(model: Model): number;
}

/** Under `balanced`: the score alone, in general skill. */
export function balancedChoice(rules: AutoRules, optimize: Optimize): ScoringChoice {
	return { rule: null, by: "score", skill: "general", weights: rules.weights[optimize], group: () => 0 };
}

/**
 * Under `auto`: as the first rule says whose condition holds. `requested` is the `optimize` value of the
 * request or of its alias.
 */
export function autoChoice(
	rules: AutoRules,
	requested: Optimize | null,
	routeRequest: RouteRequest,
	signals: ReadonlySet<Signal>,
): ScoringChoice {
	const rule = rules.rules.find(({ when }) => holds(when, routeRequest, signals));
	if (rule === undefined) return balancedChoice(rules, requested ?? rules.optimize);
	const { name, by, skill, tier, prefer, optimize } = rule;
	return {
		rule: name,
		by,
		skill,
		weights: rules.weights[requested ?? optimize ?? rules.optimize],
		group(model) {
			const preferred = prefer.findIndex((pattern) => matches([pattern], targetOf(model)));
			if (preferred !== -1) return preferred;
			return prefer.length + (tierOf(model, skill) >= tier ? 0 : 1);
		},
	};
}

function holds(
	{ critical, asks, plain, input, metadata }: AutoCondition,
	routeRequest: RouteRequest,
	signals: ReadonlySet<Signal>,
): boolean {
	if (critical === true && !routeRequest.critical) return false;
	if (asks !== undefined && !asks.some((signal) => signals.has(signal))) return false;
	if (plain === true && signals.size > 0) return false;
	if (input?.least !== undefined && routeRequest.inputTokens < input.least) return false;
	if (input?.most !== undefined && routeRequest.inputTokens > input.most) return false;
	const labels = routeRequest.request.metadata ?? {};
	return Object.entries(metadata ?? {}).every(([name, value]) => labels[name] === value);
}
