import { GatewayError } from "../../../core/errors";
import { renderModel } from "../../../faces/models";
import { servingProviders } from "../../../gateway/providers";
import { mayUse } from "../../../router/policy";
import { resolve } from "../../../router/resolve";
import type { KeyCall, Route } from "../../call";

export const modelRoutes: Route[] = [
	{ method: "GET", path: "/v1/models", access: "key", handle: listModels },
	{ method: "GET", path: "/v1/models/:id+", access: "key", handle: showModel },
];

/** What this key may use, in the providers' order of preference. */
async function listModels(call: KeyCall): Promise<Response> {
	const { directory } = await servingProviders(call);
	const models = [...directory.providers.values()]
		.flatMap((provider) => provider.models)
		.filter((model) => mayUse(call.principal.policy, model));
	return Response.json({ object: "list", data: models.map((model) => renderModel(model, call.receivedAt)) });
}

async function showModel(call: KeyCall): Promise<Response> {
	const { directory } = await servingProviders(call);
	const id = call.params.id ?? "";
	try {
		return Response.json(renderModel(resolve({ model: id }, directory, call.principal.policy), call.receivedAt));
	} catch (error) {
		// A model that the key may not use is as good as absent from its list.
		if (error instanceof GatewayError && error.details.code === "model_not_allowed") {
			throw new GatewayError({ ...error.details, status: 404, type: "invalid_request_error", code: "model_not_found" });
		}
		throw error;
	}
}
