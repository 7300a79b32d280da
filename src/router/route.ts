import { named } from "./named";
import type { Candidate, RoutePlan } from "./plan";
import type { RouteQuestion, RouteView } from "./question";

/**
 * Who shall serve a request, in which order, and why: a pure function of the question and the view.
 *
 * Throws `GatewayError`: 400 when nothing is named or nothing that is named can do what the request asks, 403
 * `model_not_allowed`, 404 `model_not_found`, 503 `no_provider_available` when health alone leaves nobody.
 */
export function route(question: RouteQuestion, view: RouteView): RoutePlan {
	const { targets, excluded, alias, strategy } = named(question.wanted, view.directory, view.rules, question.policy);
	const candidates = targets.flatMap(({ model }): Candidate[] => {
		const credential = view.directory.providers.get(model.provider)?.credentials[0];
		if (credential === undefined) return [];
		return [
			{
				model,
				credential: credential.id,
				needsTrial: false,
				deferred: null,
				shutUntil: null,
				score: null,
				parts: {},
				expectedCost: null,
			},
		];
	});
	return { strategy, alias, candidates, excluded, affinity: null, rule: null, recall: false };
}
