import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { ApiKeyObject } from "#durable-objects/api-key/object";
import type { Env } from "#env";
import { serve } from "#http/app";
import { isolate } from "#simulator/isolate";
import { requestId, requestRecord } from "#test/support/usage-records";
import { admin, issueKey } from "#test/worker/admin/admin-client";
import { user } from "#test/worker/gateway";
import { budget, KeyStub } from "./key-stub";

const bindings = env as unknown as Env;

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
	isolate.renew();
});

test("what ends beside a request that is cut off settles nevertheless, with what that request had to settle", async () => {
	const key = await KeyStub.make({ budgets: [budget({ limit: 1_000 })] });
	const { items } = key.batch([await key.reserve(400), await key.reserve(500)], 100);
	const [ofLost, ofOther] = items;
	if (ofLost === undefined || ofOther === undefined) throw new Error("nothing was held");
	const { keyId } = key.registration;

	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
	isolate.state.settlements.settle({ env: bindings, execution: createExecutionContext() }, keyId, ofLost);
	// The runtime drops the timers of a request that it cuts off.
	expect(vi.getTimerCount()).toBe(1);
	vi.clearAllTimers();
	vi.useRealTimers();
	const execution = createExecutionContext();
	isolate.state.settlements.settle({ env: bindings, execution }, keyId, ofOther);
	await waitOnExecutionContext(execution);

	expect(await key.budgetState()).toMatchObject({ settled: 200, reserved: 0, remaining: 800 });
});

test("a record that is too large for a row loses its labels, and takes no charge out of the books", async () => {
	vi.spyOn(console, "error").mockImplementation(() => {});
	const key = await KeyStub.make({ budgets: [budget({ limit: 1_000_000 })] });
	const { keyId, teamId } = key.registration;
	const record = (metadata: Record<string, string>) =>
		requestRecord({ requestId: requestId(Date.now()), at: Date.now(), keyId, teamId, endUser: "ann", metadata });
	const records = [record({ n: "1" }), record({ far: "x".repeat(2_200_000) }), record({ n: "3" })];
	const execution = createExecutionContext();
	const on = { env: bindings, execution };
	for (const one of records) {
		const reservation = await key.reserve(1_000, { attemptId: `${one.requestId}.1` });
		for (const item of key.batch([reservation], 100).items) isolate.state.settlements.settle(on, keyId, item);
		isolate.state.settlements.record(on, keyId, one);
	}
	// Nobody heard the answer, so only the object knows what was held for it.
	await key.reserve(1_000, { attemptId: "unheard.1" });
	isolate.state.settlements.settle(on, keyId, {
		attemptId: "unheard.1",
		token: null,
		actual: 0,
		estimated: false,
		void: true,
		tokens: 0,
	});
	await waitOnExecutionContext(execution);
	expect(await key.budgetState()).toMatchObject({ settled: 300, reserved: 0, unproven: 0, remaining: 999_700 });

	await key.stub.sweep();
	const query = "SELECT id, cost, status, end_user, metadata FROM request_log WHERE key_id = ? ORDER BY id";
	const { results } = await bindings.DB.prepare(query).bind(keyId).all<{ id: string }>();
	const expected = records.map(({ requestId: id }, at) => ({
		id,
		cost: 100,
		status: 200,
		...(at === 1 ? { end_user: null, metadata: "{}" } : { end_user: "ann", metadata: `{"n":"${at + 1}"}` }),
	}));
	expect(results).toEqual(expected.sort((a, b) => (a.id < b.id ? -1 : 1)));
});

test("of a batch and its parts only one counts, in whatever order they come", async () => {
	const key = await KeyStub.make({ budgets: [budget({ limit: 10_000 })] });
	const whole = key.batch([await key.reserve(1_000), await key.reserve(1_000)], 100);
	const part = (n: number, of: typeof whole) => ({
		...of,
		id: `${of.id} ${n}`,
		items: of.items.slice(n, n + 1),
		partOf: [...(of.partOf ?? []), of.id],
	});
	expect(await key.stub.settle(part(0, whole))).toBe("applied");
	expect(await key.stub.settle(whole)).toBe("repeated");
	expect(await key.stub.settle(part(0, part(1, whole)))).toBe("applied");
	expect(await key.stub.settle(part(1, whole))).toBe("repeated");
	expect(await key.budgetState()).toMatchObject({ settled: 200, reserved: 0 });

	const other = key.batch([await key.reserve(1_000), await key.reserve(1_000)], 100);
	expect(await key.stub.settle(other)).toBe("applied");
	expect(await key.stub.settle(part(0, other))).toBe("repeated");
	expect(await key.stub.settle(part(0, part(1, other)))).toBe("repeated");
	expect(await key.budgetState()).toMatchObject({ settled: 400, reserved: 0, remaining: 9_600 });
});

test("what was held although the answer was lost is given back", async () => {
	const key = await issueKey({ budgets: [{ limit_usd: "1.00", window: "total" }] });
	const { reserve } = ApiKeyObject.prototype;
	let held = 0;
	vi.spyOn(ApiKeyObject.prototype, "reserve").mockImplementation(async function (this: ApiKeyObject, request) {
		const reservation = await reserve.call(this, request);
		if (reservation.outcome === "granted") held = reservation.token?.amount ?? 0;
		throw new Error("the answer was lost");
	});
	const request = new Request("http://gateway/v1/chat/completions", {
		method: "POST",
		headers: { authorization: `Bearer ${key.key}` },
		body: JSON.stringify({ model: "openai/gpt-6-luna", messages: user("Hi") }),
	});
	const execution = createExecutionContext();
	const refused = await serve(request, bindings, execution, isolate.state);
	expect(refused.status).toBe(503);
	expect(await refused.json()).toMatchObject({ error: { code: "ledger_unavailable" } });
	await waitOnExecutionContext(execution);
	expect(held).toBeGreaterThan(0);
	const { body } = await admin("GET", `/keys/${key.id}/budget`);
	expect(body.budgets).toMatchObject([{ settled_nano_usd: 0, reserved_nano_usd: 0, remaining_usd: "1" }]);
});
