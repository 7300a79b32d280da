import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Env } from "#env";
import { serve } from "#http/app";
import { isolate } from "#simulator/isolate";
import { FACES, type FaceName } from "#test/support/faces";
import { fault, send } from "#test/worker/gateway";
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

/** Of vendors that speak the face's own protocol: what they answer is passed on. */
const MODELS: Readonly<Record<FaceName, string>> = {
	chat: "openai/gpt-6-luna",
	messages: "anthropic/claude-haiku-5-5",
	responses: "openai/gpt-6-luna",
};
const EACH_FACE = Object.keys(MODELS) as FaceName[];

/** A request in this test's own context, whose heartbeats the test drives. */
function ask(stream: boolean, face: FaceName = "chat"): Promise<Response> {
	const { path, body } = FACES[face];
	const request = new Request(`http://gateway${path}`, {
		method: "POST",
		headers: { authorization: `Bearer ${key.key}` },
		body: JSON.stringify(body({ model: MODELS[face], words: "Hi", stream, limit: 500 })),
	});
	return serve(request, bindings, execution, isolate.state);
}

const REVOKED = expect.stringMatching(/has been revoked/);
/** How a stream of each face says that it was cut off. */
const ENDS: Readonly<Record<FaceName, object>> = {
	chat: { error: { code: "invalid_api_key", message: REVOKED } },
	messages: { type: "error", error: { type: "authentication_error", message: REVOKED } },
	responses: { type: "response.failed", response: { error: { code: "invalid_api_key", message: REVOKED } } },
};

async function budgetState() {
	const { body } = await admin("GET", `/keys/${key.id}/budget`);
	const [budget] = body.budgets as Record<string, number>[];
	return budget;
}

const revoke = () => admin("POST", `/keys/${key.id}/revoke`);

describe("what runs when its key is revoked", () => {
	test.each(EACH_FACE)(
		"ends a stream of %s in an error within 20 s, and is charged for what had come",
		async (face) => {
			await fault({ fault: "hang_after_headers", after: 2 });
			const answer = await ask(true, face);
			expect(answer.status).toBe(200);
			const text = answer.text();
			await vi.advanceTimersByTimeAsync(15_000);
			await revoke();
			await vi.advanceTimersByTimeAsync(15_000);
			const events = (await text).trim().split("\n\n");
			expect(events.length).toBeGreaterThan(1);
			const last = JSON.parse(events.at(-1)?.replace(/^(?:event: .*\n)?data: /, "") ?? "");
			expect(last).toMatchObject(ENDS[face]);
			await waitOnExecutionContext(execution);
			const { settled_nano_usd: settled, reserved_nano_usd: reserved } = (await budgetState()) ?? {};
			expect(reserved).toBe(0);
			const books = await (await send("http://gateway/_simulator/billing")).json<{ total_nano_usd: number }>();
			expect(settled).toBeGreaterThan(0);
			expect(settled).toBeGreaterThanOrEqual(books.total_nano_usd);
			expect(vi.getTimerCount()).toBe(0);
		},
	);

	test("is settled although nobody reads the stream", async () => {
		await fault({ fault: "hang_after_headers", after: 2 });
		const answer = await ask(true);
		await revoke();
		await vi.advanceTimersByTimeAsync(15_000);
		await waitOnExecutionContext(execution);
		expect(await budgetState()).toMatchObject({ reserved_nano_usd: 0 });
		await answer.body?.cancel();
	});

	test.each(EACH_FACE)("is refused as a whole answer of %s", async (face) => {
		await fault({ fault: "hang_before_headers" });
		const answer = ask(false, face);
		await vi.waitFor(async () => expect((await budgetState())?.reserved_nano_usd).toBeGreaterThan(0));
		await revoke();
		await vi.advanceTimersByTimeAsync(15_000);
		const refused = await answer;
		expect(refused.status).toBe(401);
		expect(await refused.json()).toMatchObject({ error: { message: REVOKED } });
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
