// Admin routes of the request log.
import * as v from "valibot";
import type { Call, Route } from "#http/call";
import { requestFields, requestOf, requestsResponse } from "#http/reports/request-list";
import { decodeQuery } from "#http/request/query";
import { renderWholeRequest } from "#http/views/request-report";
import { adminRoute, missing } from "./handler";

export const requestRoutes: Route[] = [
	adminRoute("GET", "/admin/requests", list),
	adminRoute("GET", "/admin/requests/:id", show),
];

const Query = v.strictObject({
	...requestFields,
	team_id: v.optional(v.string()),
	key_id: v.optional(v.string()),
});

function list(call: Call): Promise<Response> {
	const { team_id, key_id, ...fields } = decodeQuery(Query, call.url);
	return requestsResponse(call, fields, { teamId: team_id ?? null, keyId: key_id ?? null });
}

async function show({ env, params }: Call): Promise<Response> {
	const id = params.id ?? "";
	const request = await requestOf(env, id, null);
	if (request === null) throw missing("request", id);
	return Response.json(renderWholeRequest(request));
}
