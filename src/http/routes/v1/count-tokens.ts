// `POST /v1/messages/count_tokens`: about how many tokens a prompt has, without asking anyone.
import { anthropicCount } from "#faces/anthropic-messages/index";
import type { Face } from "#faces/face";
import type { KeyCall, Route } from "#http/call";
import { readRequest } from "#http/serve/read-request";
import { countDoc } from "./face-docs";

export const countTokensRoutes: Route[] = [
	{
		method: "POST",
		path: "/v1/messages/count_tokens",
		access: "key",
		face: anthropicCount,
		doc: countDoc,
		handle: countTokens,
	},
];

/** The estimate that holds are made with. Throws what a request for the model would. */
async function countTokens(call: KeyCall): Promise<Response> {
	const { parsed, routing } = await readRequest(anthropicCount, call, call.principal);
	const { estimateInput }: Face["operation"] = anthropicCount.operation;
	routing.explained(call.principal);
	return Response.json({ input_tokens: estimateInput(parsed.request) });
}
