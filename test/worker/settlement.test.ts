import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { Env } from "../../src/env";
import { forgetWaiting, settle } from "../../src/gateway/settlement";
import { budget, KeyStub } from "./key-stub";

const bindings = env as unknown as Env;

afterEach(() => {
	vi.useRealTimers();
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
