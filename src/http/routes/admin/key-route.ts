// `POST /admin/keys/{id}/route`: the dry run of a request, asked by a person who has not the key's text.
import type { KeyId } from "#core/ids";
import type { AdminCall, Route } from "#http/call";
import { routeResponse } from "#http/routes/v1/dry-run";
import { dryRunDoc } from "#http/routes/v1/face-docs";
import { findKey } from "#store/keys/keys";
import { adminRoute, missing } from "./handler";

export const keyRouteRoutes: Route[] = [
	adminRoute("POST", "/admin/keys/:id/route", "key.read", show, {
		...dryRunDoc,
		summary: "Say who would serve a request of an API key and why, without asking a provider",
		errors: [...(dryRunDoc.errors ?? []), "key_not_found"],
	}),
];

/** From whatever address: it is not the key's holder who asks. */
async function show(call: AdminCall): Promise<Response> {
	const id = (call.params.id ?? "") as KeyId;
	const key = await findKey(call.env.DB, id, call.receivedAt);
	if (key === null || key.revokedAt !== null) throw missing("key", id);
	const { teamId, name, policy, secrets } = key;
	return routeResponse(call, { keyId: id, teamId, name, last4: secrets[0]?.last4 ?? "", policy });
}
