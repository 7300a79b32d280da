// Admin routes of the request log.

import * as v from "valibot";
import type { AdminCall, Route } from "#http/call";
import { requestFields, requestOf, requestsResponse, servedTariffs } from "#http/reports/request-list";
import { decodeQuery } from "#http/request/query";
import { RequestView, renderWholeRequest, WholeRequestView } from "#http/views/request-report";
import { pageView } from "#http/views/shown";
import { adminRoute, missing } from "./handler";

const Query = v.strictObject({
	...requestFields,
	team_id: v.optional(v.string()),
	key_id: v.optional(v.string()),
});

export const requestRoutes: Route[] = [
	adminRoute("GET", "/admin/requests", "usage.read", list, {
		summary: "List requests, newest first, or export them",
		query: Query,
		answer: pageView(RequestView),
		also: ["text/csv", "application/jsonl"],
	}),
	adminRoute("GET", "/admin/requests/:id", "usage.read", show, {
		summary: "Show a request with its candidates and attempts",
		answer: WholeRequestView,
		errors: ["request_not_found"],
	}),
];

function list(call: AdminCall): Promise<Response> {
	const { team_id, key_id, ...fields } = decodeQuery(Query, call.url);
	return requestsResponse(call, fields, { teamId: team_id ?? null, keyId: key_id ?? null, within: call.actor.scope });
}

async function show(call: AdminCall): Promise<Response> {
	const id = call.params.id ?? "";
	const request = await requestOf(call.env, id, null);
	if (request === null) throw missing("request", id);
	return Response.json(renderWholeRequest(request, await servedTariffs(call)));
}
