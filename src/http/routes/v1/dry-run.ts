// `POST /v1/route`: who would serve a request, and why, without asking anyone.
import { GatewayError } from "#core/errors";
import { openaiChat } from "#faces/openai-chat/index";
import { prepareAttempt } from "#gateway/attempts/prepared-attempt";
import type { KeyCall, Route } from "#http/call";
import { readRequest } from "#http/serve/read-request";
import { type Costed, renderRoute } from "#http/views/route";
import { targetOf } from "#router/models/model-access";
import type { Excluded } from "#router/plan";
import { dryRunDoc } from "./face-docs";

export const dryRunRoutes: Route[] = [
	{ method: "POST", path: "/v1/route", access: "key", doc: dryRunDoc, handle: showRoute },
];

/** The dry run of a chat completion: which candidates would be asked, and why. Calls no provider, charges nothing. */
async function showRoute(call: KeyCall): Promise<Response> {
	const { parsed, serving, routing } = await readRequest(openaiChat, call, call.principal);
	const plan = routing.explained(call.principal);
	const { request } = parsed;
	const job = {
		operation: openaiChat.operation,
		request,
		caller: call.request.signal,
		receivedAt: call.receivedAt,
		relayTo: null,
	};
	const costed: Costed[] = [];
	const refused: Excluded[] = [];
	for (const candidate of plan.candidates) {
		try {
			const { bound } = prepareAttempt(job, candidate, serving.byName, call.principal.policy);
			costed.push({ candidate, most: bound?.amount ?? null });
		} catch (error) {
			if (!(error instanceof GatewayError)) throw error;
			const { code, param } = error.details;
			const reason = param === undefined ? code : `${code}:${param}`;
			refused.push({ target: targetOf(candidate.model), reason, until: null });
		}
	}
	return Response.json(renderRoute(plan, costed, [...plan.excluded, ...refused]));
}
