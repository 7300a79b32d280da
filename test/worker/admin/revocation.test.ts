import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Env } from "#env";
import { serve } from "#http/app";
import { isolate } from "#simulator/isolate";
import { fault, send, user } from "#test/worker/gateway";
import { admin, type IssuedKey, issueKey } from "./admin-client";

const bindings = env as unknown as Env;

let key: IssuedKey;
let execution: ExecutionContext;

beforeEach(async () => {
	isolate.renew();
	key = await issueKey({ budgets: [{ limit_usd: "1.00", window: "total" }] });
	execution = createExecutionContext();
	await send("http://gateway/_simulator/billing", { method: "DELETE" });
	vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});
afterEach(async () => {
	vi.useRealTimers();
	await fault();
});

/** A request in this test's own context, whose heartbeats the test drives. */
function ask(stream: boolean): Promise<Response> {
	const body = { model: "openai/gpt-6-luna", messages: user("Hi"), max_completion_tokens: 500, stream };
	const request = new Request("http://gateway/v1/chat/completions", {
		method: "POST",
		headers: { authorization: `Bearer ${key.key}` },
		body: JSON.stringify(body),
	});
	return serve(request, bindings, execution, isolate.state);
}

async function budgetState() {
	const { body } = await admin("GET", `/keys/${key.id}/budget`);
	const [budget] = body.budgets as Record<string, number>[];
	return budget;
}

const revoke = () => admin("POST", `/keys/${key.id}/revoke`);

describe("what runs when its key is revoked", () => {
	test("ends, as a stream, with an error event within 20 s, and is charged for what had come", async () => {
		await fault({ fault: "hang_after_headers", after: 2 });
		const answer = await ask(true);
		expect(answer.status).toBe(200);
		const text = answer.text();
		await vi.advanceTimersByTimeAsync(15_000);
		await revoke();
		await vi.advanceTimersByTimeAsync(15_000);
		const events = (await text).trim().split("\n\n");
		expect(events.length).toBeGreaterThan(1);
		const { error } = JSON.parse((events.at(-1) ?? "").replace("data: ", ""));
		expect(error).toMatchObject({ code: "invalid_api_key" });
		expect(error.message).toMatch(/has been revoked/);
		await waitOnExecutionContext(execution);
		const { settled_nano_usd: settled, reserved_nano_usd: reserved } = (await budgetState()) ?? {};
		expect(reserved).toBe(0);
		const books = await (await send("http://gateway/_simulator/billing")).json<{ total_nano_usd: number }>();
		expect(settled).toBeGreaterThan(0);
		expect(settled).toBeGreaterThanOrEqual(books.total_nano_usd);
		expect(vi.getTimerCount()).toBe(0);
	});

	test("is settled although nobody reads the stream", async () => {
		await fault({ fault: "hang_after_headers", after: 2 });
		const answer = await ask(true);
		await revoke();
		await vi.advanceTimersByTimeAsync(15_000);
		await waitOnExecutionContext(execution);
		expect(await budgetState()).toMatchObject({ reserved_nano_usd: 0 });
		await answer.body?.cancel();
	});

	test("is refused as a whole answer", async () => {
		await fault({ fault: "hang_before_headers" });
		const answer = ask(false);
		await vi.waitFor(async () => expect((await budgetState())?.reserved_nano_usd).toBeGreaterThan(0));
		await revoke();
		await vi.advanceTimersByTimeAsync(15_000);
		const refused = await answer;
		expect(refused.status).toBe(401);
		expect(await refused.json()).toMatchObject({ error: { code: "invalid_api_key" } });
		await waitOnExecutionContext(execution);
		expect(await budgetState()).toMatchObject({ reserved_nano_usd: 0 });
	});

	test("goes on under a key that was only changed", async () => {
		await fault({ fault: "hang_after_headers", after: 2 });
		const answer = await ask(true);
		const reader = answer.body?.getReader();
		await reader?.read();
		await admin("PATCH", `/keys/${key.id}`, { name: "another name" });
		await vi.advanceTimersByTimeAsync(60_000);
		expect((await budgetState())?.reserved_nano_usd).toBeGreaterThan(0);
		await reader?.cancel();
		await waitOnExecutionContext(execution);
		expect(await budgetState()).toMatchObject({ reserved_nano_usd: 0 });
	});
});
