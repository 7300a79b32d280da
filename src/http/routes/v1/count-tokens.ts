// `POST /v1/messages/count_tokens`, `/v1/responses/input_tokens`: about how many tokens a prompt has.
import { anthropicCount } from "#faces/anthropic-messages/index";
import type { Face } from "#faces/face";
import { openaiResponses } from "#faces/openai-responses/index";
import type { KeyCall, Route } from "#http/call";
import type { RouteDoc } from "#http/route-doc";
import { readRequest } from "#http/serve/read-request";
import { countDoc, inputTokensDoc } from "./face-docs";

export const countTokensRoutes: Route[] = [
	counted("/v1/messages/count_tokens", anthropicCount, countDoc, {}),
	counted("/v1/responses/input_tokens", openaiResponses, inputTokensDoc, { object: "response.input_tokens" }),
];

/** `beside` is what the face's clients read beside the count. */
function counted(path: string, face: Face, doc: RouteDoc, beside: Record<string, string>): Route {
	return { method: "POST", path, access: "key", face, doc, handle: (call) => countTokens(face, call, beside) };
}

/** The estimate that holds are made with. Throws what a request for the model would. */
async function countTokens(face: Face, call: KeyCall, beside: Record<string, string>): Promise<Response> {
	const { parsed, routing } = await readRequest(face, call, call.principal);
	routing.explained(call.principal);
	return Response.json({ ...beside, input_tokens: face.operation.estimateInput(parsed.request) });
}
