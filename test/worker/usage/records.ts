// Watches what is written into the books, and what is settled.
import { vi } from "vitest";
import type { RequestRecord } from "#core/usage/request-record";
import { ApiKeyObject } from "#durable-objects/api-key/object";
import { admin } from "#test/worker/admin/admin-client";

/** Watches what is written into the books; returns how to wait for the record of one answer. */
export function watchRecords(): (answer: { headers: Headers }) => Promise<RequestRecord> {
	const records = new Map<string, RequestRecord>();
	const settle = ApiKeyObject.prototype.settle;
	vi.spyOn(ApiKeyObject.prototype, "settle").mockImplementation(function (this: ApiKeyObject, batch) {
		for (const request of batch.requests ?? []) records.set(request.requestId, request);
		return settle.call(this, batch);
	});
	return ({ headers }) =>
		vi.waitFor(() => {
			const record = records.get(headers.get("x-request-id") ?? "");
			if (record === undefined) throw new Error("not in the books yet");
			return record;
		});
}

/** What was charged to the one budget of a key, in nano-dollars, once nothing is held any more. */
export function settledOf(keyId: string): Promise<number> {
	return vi.waitFor(async () => {
		const { body } = await admin("GET", `/keys/${keyId}/budget`);
		const [budget] = body.budgets as { settled_nano_usd: number; reserved_nano_usd: number }[];
		if (budget === undefined || budget.reserved_nano_usd > 0) throw new Error("something is held");
		return budget.settled_nano_usd;
	});
}
