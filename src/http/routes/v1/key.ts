// `GET /v1/key`: a key's own terms and the state of its budgets.
import { ownBudgets } from "#gateway/control/budgets";
import type { KeyCall, Route } from "#http/call";
import { renderBudgetState, renderFigure, renderLimits } from "#http/views/budget";
import { OwnKeyView, renderPolicy } from "#http/views/key";

export const keyRoutes: Route[] = [
	{
		method: "GET",
		path: "/v1/key",
		access: "key",
		doc: {
			summary: "Show the key's terms and how its budgets stand",
			answer: OwnKeyView,
			errors: ["budget_unavailable"],
		},
		handle: showOwn,
	},
];

/** What the holder of a key may know of it: its terms, and the state of its budgets. */
async function showOwn({ env, principal }: KeyCall): Promise<Response> {
	const { keyId, teamId, name, last4, policy } = principal;
	const { limits, figures, budgets } = await ownBudgets(env, keyId);
	return Response.json({
		id: keyId,
		object: "api_key",
		team_id: teamId,
		name,
		last4,
		...renderPolicy(policy),
		limits: renderLimits(limits),
		requests: renderFigure(figures.requests),
		tokens: renderFigure(figures.tokens),
		budgets: budgets.map(renderBudgetState),
	});
}
