// `POST /v1/route`: who would serve a request, and why, without asking anyone.
import { GatewayError } from "#core/errors";
import type { Principal } from "#core/key/principal";
import { anthropicMessages } from "#faces/anthropic-messages/index";
import type { Face } from "#faces/face";
import { openaiChat } from "#faces/openai-chat/index";
import { openaiEmbeddings } from "#faces/openai-embeddings/index";
import { openaiImages } from "#faces/openai-images/index";
import { openaiModerations } from "#faces/openai-moderations/index";
import { openaiResponses } from "#faces/openai-responses/index";
import { openaiSpeech } from "#faces/openai-speech/index";
import { openaiTranscriptions } from "#faces/openai-transcriptions/index";
import { openaiVideos } from "#faces/openai-videos/index";
import { rerank } from "#faces/rerank/index";
import { prepareAttempt } from "#gateway/attempts/prepared-attempt";
import type { Call, KeyCall, Route } from "#http/call";
import { decodeQuery } from "#http/request/query";
import { readRequest } from "#http/serve/read-request";
import { type Costed, renderRoute } from "#http/views/route";
import { targetOf } from "#router/models/model-access";
import type { Excluded } from "#router/plan";
import { dryRunDoc, RouteQuery } from "./face-docs";

export const dryRunRoutes: Route[] = [
	{ method: "POST", path: "/v1/route", access: "key", doc: dryRunDoc, handle: showRoute },
];

/** What a body may be written in, by the name of its face in the log of requests. */
const FACES: ReadonlyMap<string, Face> = new Map(
	[
		...[openaiChat, anthropicMessages, openaiResponses, openaiEmbeddings, openaiImages, openaiModerations, rerank],
		...[openaiSpeech, openaiTranscriptions, openaiVideos],
	].map((face: Face) => [face.name, face]),
);

/** The dry run of a request: which candidates would be asked, and why. Calls no provider, charges nothing. */
function showRoute(call: KeyCall): Promise<Response> {
	return routeResponse(call, call.principal);
}

/** Who would serve the request in the body if this key asked. Throws what reading and routing a request throw. */
export async function routeResponse(call: Call, principal: Principal): Promise<Response> {
	const face = FACES.get(decodeQuery(RouteQuery, call.url).face) ?? openaiChat;
	const { parsed, serving, routing } = await readRequest(face, call, principal);
	const plan = routing.explained(principal);
	const { request } = parsed;
	const job = {
		operation: face.operation,
		request,
		caller: call.request.signal,
		receivedAt: call.receivedAt,
		relayTo: null,
	};
	const costed: Costed[] = [];
	const refused: Excluded[] = [];
	for (const candidate of plan.candidates) {
		try {
			const { bound } = prepareAttempt(job, candidate, serving.byName, principal.policy);
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
