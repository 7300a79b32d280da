// Decides who could serve a request, and in which order: a pure function.
import type { Model } from "#catalog/model";
import type { Strategy } from "#core/routing/alias";
import type { Affinity, Family } from "#core/routing/routing-memory";
import type { Requirements } from "#operations/operation";
import type { CredentialShare } from "#providers/provider";
import { filtered } from "#router/filters/filter";
import { asLastResort, excludedByHealth, isWorthTrying } from "#router/filters/last-resort";
import { targetOf } from "#router/models/model-access";
import { modelsNamed } from "#router/models/named-models";
import { type ResolvedModel, type ResolvedTarget, resolveModel } from "#router/models/resolve-model";
import { settled } from "#router/ranking/affinity";
import { autoChoice, balancedChoice, type ScoringChoice } from "#router/ranking/auto-choice";
import { orderCredentials } from "#router/ranking/credential-order";
import {
	type CostInputs,
	DEFAULT_EXPECTED_OUTPUT_TOKENS,
	type ExpectedCost,
	expectedCost,
} from "#router/ranking/expected-cost";
import { type Ranked, ranked } from "#router/ranking/ranking";
import { ratings } from "#router/ranking/ratings";
import { seededRandom } from "#router/ranking/seeded-random";
import { allShut, mixed, noCandidate, stateNotAllowed } from "./errors";
import type { Candidate, RoutePlan } from "./plan";
import type { RouteRequest, RouteView } from "./route-request";
import type { EvaluatedTarget } from "./target";

/**
 * Which targets serve a request, in which order, and why: a pure function of the request and the view. It evaluates
 * only what can change the plan, so that a request which names one model at one provider costs next to nothing.
 *
 * Throws `GatewayError`: 400 when nothing is named or nothing that is named can do what the request asks, or when it
 * draws on what a vendor keeps and the key may not (`vendor_state_not_allowed`), or when its names mean models that
 * cannot stand in for each other (`no_candidate`), 403 `model_not_allowed`, 404
 * `model_not_found`, 503 `no_provider_available` when health alone leaves no target.
 */
export function route(routeRequest: RouteRequest, view: RouteView): RoutePlan {
	return plan(routeRequest, view, false);
}

/** The same plan with every figure computed, for a caller or an admin who wants to see the reasons. */
export function explain(routeRequest: RouteRequest, view: RouteView): RoutePlan {
	return plan(routeRequest, view, true);
}

/** What one decision rests on. */
interface Case {
	readonly routeRequest: RouteRequest;
	readonly view: RouteView;
	readonly called: ResolvedModel;
	readonly family: Family | null;
	readonly affinity: Affinity | null;
	readonly draw: () => number;
}

function plan(routeRequest: RouteRequest, view: RouteView, everything: boolean): RoutePlan {
	checkVendorState(routeRequest);
	const { preference, operation, policy } = routeRequest;
	const called = resolveModel(preference, view.directory, view.rules, policy, operation.routing.serves);
	checkKin(routeRequest, called, view);
	const isChoice = called.targets.length > 1;
	const requirements = isChoice ? routeRequest.operation.routing.requirements(routeRequest.request) : null;
	const left = filtered(called.targets, { requirements, routeRequest, now: view.now });
	const excluded = [...called.excluded, ...left.excluded];
	if (left.targets.length === 0) throw noCandidate(routeRequest.preference, excluded);
	const conversation = isChoice && isSticky(called, routeRequest) ? routeRequest.conversation : null;
	const on: Case = {
		routeRequest,
		view,
		called,
		family: !isChoice || routeRequest.family === null ? null : view.memory.family(routeRequest.family),
		affinity: conversation === null ? null : view.memory.affinity(conversation, view.now),
		draw: seededRandom(view.random),
	};
	const evaluated = evaluatedTargets(left.targets, on, everything || (isChoice && reckons(called.strategy)));
	const open = evaluated.filter(({ access }) => access.health.shut === null);
	const tried = open.length === 0 ? evaluated.filter((each) => isWorthTrying(each, view.now)) : open;
	for (const each of evaluated) if (!tried.includes(each)) excluded.push(excludedByHealth(each));
	if (tried.length === 0) throw allShut(excluded, view.now);
	const { strategy, alias } = called;
	if (open.length === 0) {
		const candidates = asLastResort(tried);
		return { strategy, alias, candidates, excluded, affinity: null, rule: null, recall: false };
	}
	const choice = requirements === null ? null : choiceOf(strategy, requirements, on);
	const { ranking, affinity } = settled(rankingOf(open, choice, on), on.affinity, choice?.by ?? strategy);
	return {
		strategy,
		alias,
		candidates: candidatesOf(withoutFallbacks(ranking, routeRequest)),
		excluded,
		affinity,
		rule: choice?.rule ?? null,
		recall:
			conversation !== null &&
			on.affinity === null &&
			open.length > 1 &&
			routeRequest.operation.routing.turns(routeRequest.request) > 0,
	};
}

function checkVendorState({ operation, request, policy }: RouteRequest): void {
	const field = policy.vendorState === true ? null : operation.routing.vendorState(request);
	if (field !== null) throw stateNotAllowed(field);
}

/**
 * Models whose answers cannot be compared with each other's do not serve under one name: a caller would not know whose
 * it got.
 */
function checkKin(
	{ operation: { routing }, preference }: RouteRequest,
	{ targets, alias }: ResolvedModel,
	{ directory }: RouteView,
): void {
	const downgraded = alias?.downgrade == null ? [] : modelsNamed(alias.downgrade.model, directory);
	const kinds = new Map<string | null, string>();
	for (const model of [...targets.map((target) => target.model), ...downgraded]) {
		if (routing.serves(model)) kinds.set(routing.kin(model), targetOf(model));
	}
	if (kinds.size > 1) throw mixed(preference, [...kinds.values()]);
}

/** Whether the conversation may stay where it was served: not where the request orders the providers itself. */
function isSticky({ alias }: ResolvedModel, { preference: { provider } }: RouteRequest): boolean {
	if (typeof provider === "object" && provider.order !== undefined) return false;
	return alias?.sticky ?? true;
}

function reckons(strategy: Strategy): boolean {
	return strategy !== "priority" && strategy !== "weighted" && strategy !== "steadiest";
}

function evaluatedTargets(targets: readonly ResolvedTarget[], on: Case, reckoned: boolean): readonly EvaluatedTarget[] {
	const { routeRequest, view, family, affinity, draw } = on;
	const { operation, request } = routeRequest;
	const inputs: CostInputs | null = reckoned
		? {
				operation,
				request,
				inputTokens: routeRequest.inputTokens,
				family,
				affinity,
				turns: operation.routing.turns(request),
				now: view.now,
			}
		: null;
	const evaluated: EvaluatedTarget[] = [];
	for (const { model, weight, rank } of targets) {
		const credentials = credentialsOf(model, routeRequest, view);
		const target = targetOf(model);
		const usual = affinity?.target === target ? affinity.credential : null;
		const [access, ...others] = orderCredentials(
			credentials,
			model,
			view.health(model.provider),
			usual,
			view.now,
			draw,
		);
		if (access === undefined) continue;
		const expected = inputs === null ? NOT_RECKONED : expectedCost(model, target, access.health, inputs);
		evaluated.push({ model, target, weight, rank, access, others, expectation: expected });
	}
	return evaluated;
}

/** Those under which a model may be asked: of one that needs files which an account keeps, that account. */
function credentialsOf(
	{ provider }: Model,
	{ preference: { account } }: RouteRequest,
	{ directory }: RouteView,
): readonly CredentialShare[] {
	const { credentials = [] } = directory.providers.get(provider) ?? {};
	return account === undefined ? credentials : credentials.filter(({ id }) => id === account.credential);
}

const NOT_RECKONED: ExpectedCost = { output: 0, cost: null, costPerTurn: null };

function choiceOf(
	strategy: Strategy,
	requirements: Requirements,
	{ routeRequest, view, called }: Case,
): ScoringChoice | null {
	const optimize = routeRequest.optimize ?? called.alias?.optimize ?? null;
	if (strategy === "auto")
		return autoChoice(
			view.rules,
			optimize,
			routeRequest,
			routeRequest.operation.routing.signals(requirements, routeRequest.request),
		);
	return strategy === "balanced" ? balancedChoice(view.rules, optimize ?? view.rules.optimize) : null;
}

function rankingOf(open: readonly EvaluatedTarget[], choice: ScoringChoice | null, on: Case): readonly Ranked[] {
	const { routeRequest, called, family, affinity, draw } = on;
	const { critical, operation, request } = routeRequest;
	if (open.length === 1) return ranked(open, [], choice, !critical, draw);
	const output =
		family?.output ??
		Math.min(DEFAULT_EXPECTED_OUTPUT_TOKENS, operation.outputLimit(request) ?? DEFAULT_EXPECTED_OUTPUT_TOKENS);
	const rated = ratings(called.strategy, open, {
		family,
		choice,
		tokens: choice === null ? 0 : routeRequest.inputTokens + output,
		mayExplore: !critical && affinity === null,
		draw,
	});
	return ranked(open, rated, choice, !critical, draw);
}

/** Of each model that the request names, the best provider alone, when it wants no other. */
function withoutFallbacks(ranking: readonly Ranked[], { preference: { provider } }: RouteRequest): readonly Ranked[] {
	if (typeof provider !== "object" || provider.allow_fallbacks !== false || provider.order !== undefined)
		return ranking;
	const ranks = new Set<number>();
	return ranking.filter(({ evaluated: { rank } }) => !ranks.has(rank) && ranks.add(rank));
}

/** One per target; after all of them, the further credentials of those that have some. */
function candidatesOf(ranking: readonly Ranked[]): readonly Candidate[] {
	const candidates = ranking.map((one) => candidateOf(one, one.evaluated.access));
	for (const one of ranking) {
		for (const access of one.evaluated.others) {
			if (access.health.shut === null) candidates.push(candidateOf(one, access));
		}
	}
	return candidates;
}

function candidateOf(
	{ evaluated: each, deferred, score, parts }: Ranked,
	{ credential, health }: EvaluatedTarget["access"],
): Candidate {
	return {
		model: each.model,
		credential,
		needsTrial: health.trial,
		deferred,
		shutUntil: null,
		score,
		parts,
		expectedCost: each.expectation.cost,
	};
}
