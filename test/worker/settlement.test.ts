import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { ApiKeyObject } from "../../durable-objects/api-key/object";
import type { Env } from "../../src/env";
import { forgetWaiting, settle } from "../../src/gateway/settlement";
import { serve } from "../../src/http/app";
import { admin, issueKey } from "./admin-client";
import { user } from "./gateway";
import { budget, KeyStub } from "./key-stub";

const bindings = env as unknown as Env;

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
	forgetWaiting();
});

test("what ends beside a request that is cut off settles nevertheless, with what that request had to settle", async () => {
	const key = await KeyStub.make({ budgets: [budget({ limit: 1_000 })] });
	const { items } = key.batch([await key.reserve(400), await key.reserve(500)], 100);
	const [ofLost, ofOther] = items;
	if (ofLost === undefined || ofOther === undefined) throw new Error("nothing was held");
	const { keyId } = key.registration;

	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
	settle({ env: bindings, execution: createExecutionContext() }, keyId, ofLost);
	// The runtime drops the timers of a request that it cuts off.
	expect(vi.getTimerCount()).toBe(1);
	vi.clearAllTimers();
	vi.useRealTimers();
	const execution = createExecutionContext();
	settle({ env: bindings, execution }, keyId, ofOther);
	await waitOnExecutionContext(execution);

	expect(await key.standing()).toMatchObject({ settled: 200, reserved: 0, remaining: 800 });
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
	const refused = await serve(request, bindings, execution);
	expect(refused.status).toBe(503);
	expect(await refused.json()).toMatchObject({ error: { code: "ledger_unavailable" } });
	await waitOnExecutionContext(execution);
	expect(held).toBeGreaterThan(0);
	const { body } = await admin("GET", `/keys/${key.id}/budget`);
	expect(body.budgets).toMatchObject([{ settled_nano_usd: 0, reserved_nano_usd: 0, remaining_usd: "1" }]);
});
