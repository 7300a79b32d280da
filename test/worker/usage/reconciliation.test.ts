import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Env } from "#env";
import { runJobs } from "#jobs/jobs";
import { attemptRecord, requestId, requestRecord } from "#test/support/usage-records";
import { ADMIN_TOKEN, admin, read } from "#test/worker/admin/admin-client";
import { send } from "#test/worker/gateway";
import { budget, KeyStub } from "#test/worker/money/key-stub";

const bindings = env as unknown as Env;
/** Noon of the day of the test: on the minute that every job runs in. */
const NOON = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 43_200_000;
const TODAY = new Date(NOON).toISOString().slice(0, 10);
const TOMORROW = new Date(NOON + 86_400_000).toISOString().slice(0, 10);

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

/** A key that made requests, each of which cost so much and is in D1. */
async function spent(...costs: number[]): Promise<KeyStub> {
	const key = await KeyStub.make({ budgets: [budget()] });
	const { keyId, teamId } = key.registration;
	for (const cost of costs) {
		const id = requestId(NOON);
		const attemptId = `${id}.1`;
		const granted = await key.reserve(1_000, { attemptId });
		const requests = [
			requestRecord({ requestId: id, at: NOON, keyId, teamId, attempts: [attemptRecord({ attemptId })] }),
		];
		await key.stub.settle({ ...key.batch([granted], cost), requests });
	}
	await key.stub.sweep();
	return key;
}

async function looked(key: KeyStub): Promise<Record<string, unknown>[]> {
	const { body } = await admin("GET", `/reconciliation?object=key/${key.registration.keyId}`);
	return body.data as Record<string, unknown>[];
}

test("an object that agrees with D1 is written down as such, once an hour at most", async () => {
	const key = await spent(100, 250);
	await runJobs(bindings, NOON);
	await runJobs(bindings, NOON + 600_000);
	expect(await looked(key)).toMatchObject([
		{
			of: `key/${key.registration.keyId}`,
			at: new Date(NOON).toISOString(),
			differs: false,
			entries: { confirmed: 2, in_database: 2 },
			cost_usd: { confirmed: "0.00000035", in_database: "0.00000035", rolled_up: "0.00000035" },
			recent_cost_usd: { logged: "0.00000035", rolled_up: "0.00000035" },
			pending: 0,
		},
	]);
});

test.each([
	["a row that is gone", "DELETE FROM request_log WHERE key_id = ?"],
	["a roll-up that was changed", "UPDATE usage_daily SET cost = cost + 1 WHERE key_id = ?"],
	["an hour that was changed", "UPDATE usage_hourly SET cost = cost - 1 WHERE key_id = ?"],
	["a mark that was moved", "UPDATE outbox_marks SET seq = seq + 1 WHERE object = 'key/' || ?"],
])("%s is found, and only written down", async (_, harm) => {
	const key = await spent(100);
	await bindings.DB.prepare(harm).bind(key.registration.keyId).run();
	await runJobs(bindings, NOON);
	expect(await looked(key)).toMatchObject([{ differs: true }]);
	const all = await admin("GET", "/reconciliation?differs=true&limit=1");
	expect(all.body.data).toMatchObject([{ of: `key/${key.registration.keyId}` }]);
});

test("attempts whose reported usage cannot be true are counted, with what they may have cost more", async () => {
	const key = await KeyStub.make({ budgets: [budget()] });
	const { keyId, teamId } = key.registration;
	for (const beyond of [0, 299_990_000_000, 10_000_000]) {
		const id = requestId(NOON);
		const attemptId = `${id}.1`;
		const granted = await key.reserve(1_000, { attemptId });
		const claim = beyond === 0 ? {} : { claim: { input: 10, output: 99_999_999, beyond } };
		const attempts = [attemptRecord({ attemptId, ...claim })];
		await key.stub.settle({
			...key.batch([granted], 100),
			requests: [requestRecord({ requestId: id, at: NOON, keyId, teamId, attempts })],
		});
	}
	await key.stub.sweep();
	await runJobs(bindings, NOON);
	expect(await looked(key)).toMatchObject([{ differs: false, implausible: 2, possible_overrun_usd: "300" }]);
	const { body } = await admin("GET", `/usage?key_id=${keyId}&from=${TODAY}&to=${TOMORROW}`);
	expect(body.data).toMatchObject([{ attempts: 3, implausible: 2, possible_overrun: "300", cost: "0.0000003" }]);
	const listed = await admin("GET", `/requests?key_id=${keyId}&to=${TOMORROW}`);
	const [last] = listed.body.data as { id: string }[];
	expect((await admin("GET", `/requests/${last?.id}`)).body.attempts).toMatchObject([
		{ claim: { input_tokens: 10, output_tokens: 99_999_999, beyond: "0.01" } },
	]);
});

test("pages through what was found, the newest first", async () => {
	const keys = [await spent(1), await spent(2), await spent(3)];
	await runJobs(bindings, NOON);
	const ofOurs = new Set(keys.map(({ registration }) => `key/${registration.keyId}`));
	const seen: string[] = [];
	let after: string | null = null;
	do {
		const page = await admin(
			"GET",
			`/reconciliation?limit=2${after === null ? "" : `&after=${encodeURIComponent(after)}`}`,
		);
		seen.push(...(page.body.data as { of: string }[]).map(({ of }) => of));
		after = page.body.next as string | null;
	} while (after !== null);
	expect(seen.filter((of) => ofOurs.has(of))).toHaveLength(3);
	expect(new Set(seen).size).toBe(seen.length);
});

async function imported(query: string, body: string, type: string) {
	return read(
		await send(`http://localhost/admin/reconciliation/imports?${query}`, {
			method: "POST",
			headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": type },
			body,
		}),
	);
}

test("a provider's export is compared with what was recorded, by day and model", async () => {
	await bindings.DB.prepare("DELETE FROM usage_daily").run();
	await spent(1_000, 500);
	const text = `start_time,amount_value,amount_currency,line_item\n${NOON / 1000},0.0000012,usd,"gpt-6-2026-09-01, input"`;
	const answer = await imported("provider=openai", text, "text/csv");
	expect(answer).toMatchObject({
		status: 201,
		body: {
			object: "cost_import",
			provider: "openai",
			format: "openai",
			exported_usd: "0.0000012",
			recorded_usd: "0.0000015",
			difference_usd: "-0.0000003",
			data: [{ day: TODAY, model: "gpt-6", difference_usd: "-0.0000003" }],
		},
	});
	// What is recorded later is in it, too.
	await spent(100);
	const shown = await admin("GET", `/reconciliation/imports/${answer.body.id}`);
	expect(shown.body).toMatchObject({ recorded_usd: "0.0000016" });
	const all = await admin("GET", "/reconciliation/imports");
	expect(all.body.data).toMatchObject([{ id: answer.body.id }]);
	const audit = await admin("GET", "/audit?kind=cost_import");
	expect(audit.body.data).toMatchObject([{ subject: answer.body.id, after: { provider: "openai", entries: 1 } }]);
});

test("what a test of a provider cost is beside its bill, though it is nobody's usage", async () => {
	await bindings.DB.prepare("DELETE FROM usage_daily").run();
	const { body } = await admin("POST", "/providers/openai/test", { model: "gpt-6-luna" });
	const bill = `day,model,cost_usd\n${TODAY},gpt-6-luna,${body.cost_usd}`;
	const answer = await imported("provider=openai&format=plain", bill, "text/csv");
	expect(answer.body).toMatchObject({ recorded_usd: body.cost_usd, difference_usd: "0" });
	expect((await admin("GET", `/usage?provider=openai&from=${TODAY}`)).body.data).toEqual([]);
});

test("exports that cannot be read are refused, and an import that never was is not found", async () => {
	expect((await imported("provider=openai", "", "text/csv")).status).toBe(400);
	expect((await imported("provider=openai", "{}", "application/json")).status).toBe(400);
	expect((await imported("provider=acme", '{"data": []}', "application/json")).status).toBe(400);
	expect((await imported("format=plain", "day,cost_usd", "text/csv")).status).toBe(400);
	const answer = await imported(
		"provider=acme",
		'{"data": [{"day": "2026-09-28", "cost_usd": "1"}]}',
		"application/json",
	);
	expect(answer).toMatchObject({ status: 201, body: { format: "plain", data: [{ model: null, exported_usd: "1" }] } });
	expect(await admin("GET", "/reconciliation/imports/imp_none")).toMatchObject({
		status: 404,
		body: { error: { code: "import_not_found" } },
	});
});
