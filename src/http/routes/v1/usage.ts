// `GET /v1/usage` and `/v1/requests`: a key's own usage and requests.
import * as v from "valibot";
import { GatewayError } from "#core/errors";
import type { KeyCall, Route } from "#http/call";
import { requestFields, requestOf, requestsResponse, servedTariffs } from "#http/reports/request-list";
import { usageFields } from "#http/reports/usage-query-params";
import { usageResponse } from "#http/reports/usage-response";
import { decodeQuery } from "#http/request/query";
import { OwnRequestView, RequestView, renderWholeRequest } from "#http/views/request-report";
import { pageView } from "#http/views/shown";
import { UsageView } from "#http/views/usage-report";
import { ownRoute } from "./own-route";

const UsageQuery = v.strictObject({
	...usageFields,
	app: v.optional(v.string()),
	provider: v.optional(v.string()),
	model: v.optional(v.string()),
});
const RequestQuery = v.strictObject(requestFields);

/** What the holder of a key may know of its own requests. */
export const ownUsageRoutes: Route[] = [
	ownRoute("/v1/usage", usage, {
		summary: "Report what the key used",
		query: UsageQuery,
		answer: UsageView,
	}),
	ownRoute("/v1/requests", list, {
		summary: "List the key's requests, newest first, or export them",
		query: RequestQuery,
		answer: pageView(RequestView),
		also: ["text/csv", "application/jsonl"],
	}),
	ownRoute("/v1/requests/:id", show, {
		summary: "Show a request of the key's own",
		answer: OwnRequestView,
		errors: ["request_not_found"],
	}),
];

function usage(call: KeyCall): Promise<Response> {
	const { app, provider, model, ...fields } = decodeQuery(UsageQuery, call.url);
	return usageResponse(call, fields, {
		teamId: null,
		keyId: call.principal.keyId,
		app: app ?? null,
		provider: provider ?? null,
		model: model ?? null,
	});
}

function list(call: KeyCall): Promise<Response> {
	const fields = decodeQuery(RequestQuery, call.url);
	return requestsResponse(call, fields, { teamId: null, keyId: call.principal.keyId });
}

/** Another's request is as good as absent. */
async function show(call: KeyCall): Promise<Response> {
	const { env, params, principal } = call;
	const id = params.id ?? "";
	const request = await requestOf(env, id, principal.keyId);
	if (request === null) {
		throw GatewayError.of("request_not_found", `this key made no request \`${id}\``);
	}
	const { attempts, ...rest } = renderWholeRequest(request, await servedTariffs(call));
	// Which of its credentials the gateway used is its own affair.
	return Response.json({ ...rest, attempts: attempts.map(({ credential: _, ...attempt }) => attempt) });
}
