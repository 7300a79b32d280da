import * as v from "valibot";
import type { Call, Route } from "../../call";
import { decodeQuery } from "../../query";
import { usageFields } from "../../usage-question";
import { usageResponse } from "../../usage-response";
import { adminRoute } from "./route";

export const usageRoutes: Route[] = [adminRoute("GET", "/admin/usage", show)];

const Query = v.strictObject({
	...usageFields,
	team_id: v.optional(v.string()),
	key_id: v.optional(v.string()),
	app: v.optional(v.string()),
	provider: v.optional(v.string()),
	model: v.optional(v.string()),
});

function show(call: Call): Promise<Response> {
	const { team_id, key_id, app, provider, model, ...fields } = decodeQuery(Query, call.url);
	return usageResponse(call, fields, {
		teamId: team_id ?? null,
		keyId: key_id ?? null,
		app: app ?? null,
		provider: provider ?? null,
		model: model ?? null,
	});
}
