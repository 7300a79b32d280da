// Admin routes of usage.

import * as v from "valibot";
import type { AdminCall, Route } from "#http/call";
import { usageFields } from "#http/reports/usage-query-params";
import { usageResponse } from "#http/reports/usage-response";
import { decodeQuery } from "#http/request/query";
import { UsageView } from "#http/views/usage-report";
import { adminRoute } from "./handler";

const Query = v.strictObject({
	...usageFields,
	team_id: v.optional(v.string()),
	key_id: v.optional(v.string()),
	app: v.optional(v.string()),
	provider: v.optional(v.string()),
	model: v.optional(v.string()),
});

export const usageRoutes: Route[] = [
	adminRoute("GET", "/admin/usage", "usage.read", show, {
		summary: "Report what was used",
		query: Query,
		answer: UsageView,
	}),
];

function show(call: AdminCall): Promise<Response> {
	const { team_id, key_id, app, provider, model, ...fields } = decodeQuery(Query, call.url);
	return usageResponse(call, fields, {
		within: call.actor.scope,
		teamId: team_id ?? null,
		keyId: key_id ?? null,
		app: app ?? null,
		provider: provider ?? null,
		model: model ?? null,
	});
}
