import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Env } from "#env";
import { forgetUsage } from "#store/usage/retention";
import { requestId, requestRecord } from "#test/support/usage-records";
import { KeyStub } from "#test/worker/money/key-stub";
import { writtenInD1 } from "#test/worker/money/rows-written";

const bindings = env as unknown as Env;
const DAY_MS = 86_400_000;

test("to forget a request writes one row, as D1 counts, and its hour one for all of its requests", async () => {
	const key = await KeyStub.make({});
	const { keyId, teamId } = key.registration;
	const now = Date.now();
	for (let n = 0; n < 12; n++) {
		const requests = Array.from({ length: 100 }, () =>
			requestRecord({ requestId: requestId(now), at: now, keyId, teamId }),
		);
		await key.stub.settle({ id: `batch ${n}`, sentAt: now, items: [], requests });
	}
	await key.stub.sweep();
	const later = now + 2 * DAY_MS;
	const rows = await writtenInD1(async () => {
		const gone = await forgetUsage(bindings.DB, { requests: later, hours: later, histories: 0 }, () => true);
		expect(gone).toBeGreaterThanOrEqual(1_201);
	});
	const left = await bindings.DB.prepare("SELECT count(*) AS left FROM request_log").first();
	expect(left).toEqual({ left: 0 });
	process.stdout.write(`forgetting ${JSON.stringify(rows)} rows for 1200 requests and their hour\n`);
	expect(rows.request_log).toBe(1_200);
	expect(rows.usage_hourly).toBeLessThanOrEqual(2);
});
