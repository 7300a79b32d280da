// Admin routes of kept payloads.

import { GatewayError } from "#core/errors";
import type { AdminCall, Route } from "#http/call";
import { PayloadView, renderPayload } from "#http/views/request-report";
import { removedView } from "#http/views/shown";
import { recordAudit } from "#store/d1/audit";
import { SealError } from "#store/d1/sealed";
import { deletePayload, readPayload } from "#store/usage/payloads";
import { authorOf } from "./author";
import { adminRoute, missing } from "./handler";

export const payloadRoutes: Route[] = [
	adminRoute("GET", "/admin/requests/:id/payload", "usage.read", show, {
		summary: "Show what a request said and was answered, as far as it was kept",
		answer: PayloadView,
		errors: ["payload_not_found", "payload_unreadable", "payloads_unavailable"],
	}),
	adminRoute("DELETE", "/admin/requests/:id/payload", "key.change", remove, {
		summary: "Remove what was kept of a request",
		answer: removedView("payload"),
		errors: ["payload_not_found", "payloads_unavailable"],
	}),
];

/** Which admin read a caller's payload is on record too. */
async function show(call: AdminCall): Promise<Response> {
	const { env, config, params } = call;
	const id = params.id ?? "";
	const payload = await bucket(env.PAYLOADS, id, (payloads) => readPayload(payloads, config.credentialsSecret, id));
	if (payload === null) throw missing("payload", id);
	await recordAudit(env.DB, authorOf(call), { kind: "payload", id, action: "read", after: null });
	return Response.json(renderPayload(payload));
}

async function remove(call: AdminCall): Promise<Response> {
	const { env, params } = call;
	const id = params.id ?? "";
	// Recorded first, so that nothing can be gone without a record of the admin who removed it.
	await recordAudit(env.DB, authorOf(call), { kind: "payload", id, action: "delete", after: null });
	if (!(await bucket(env.PAYLOADS, id, (payloads) => deletePayload(payloads, id)))) throw missing("payload", id);
	return Response.json({ id, object: "payload", deleted: true });
}

async function bucket<T>(
	payloads: R2Bucket | undefined,
	id: string,
	use: (payloads: R2Bucket) => Promise<T>,
): Promise<T> {
	if (payloads === undefined) throw missing("payload", id);
	try {
		return await use(payloads);
	} catch (error) {
		if (error instanceof SealError) {
			throw GatewayError.of(
				"payload_unreadable",
				"the payload was sealed with another secret and cannot be read any more",
			);
		}
		throw GatewayError.of("payloads_unavailable", "the store of payloads did not answer; try again");
	}
}
