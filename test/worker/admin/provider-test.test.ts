import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { fault, send } from "#test/worker/gateway";
import { type Answer, admin, errorOf } from "./admin-client";

beforeEach(async () => {
	await send("http://gateway/_simulator/billing", { method: "DELETE" });
});
afterEach(async () => {
	vi.restoreAllMocks();
	await fault();
});

interface Books {
	requests: number;
	unbilled: number;
	total_nano_usd: number;
}
async function books(): Promise<Books> {
	return (await send("http://gateway/_simulator/billing")).json();
}

function refused(answer: Answer, status: number, code: string, param?: string): void {
	expect(answer.status, answer.text).toBe(status);
	expect(errorOf(answer)).toMatchObject({ code, ...(param !== undefined && { param }) });
}

function nano(answer: Answer): number {
	return Math.round(Number(answer.body.cost_usd) * 1e9);
}

describe.each(BUILT_IN_PROVIDERS)("%s", (name) => {
	test("answers one small call, which costs what its books say", async () => {
		const answer = await admin("POST", `/providers/${name}/test`);
		expect(answer.status, answer.text).toBe(200);
		expect(answer.body).toMatchObject({
			id: expect.stringMatching(/^test_/),
			object: "provider.test",
			provider: name,
			credential: "default",
			status: "ok",
			fault: null,
			simulated: true,
			estimated: false,
			failure: null,
			latency_ms: expect.any(Number),
			ttft_ms: expect.any(Number),
			usage: { prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number) },
		});
		const { requests, unbilled, total_nano_usd } = await books();
		expect({ requests, unbilled }).toEqual({ requests: 1, unbilled: 0 });
		expect(nano(answer)).toBe(total_nano_usd);
		expect((answer.body.usage as { cost: number }).cost).toBe(Number(answer.body.cost_usd));
		expect(Number(answer.body.cost_usd)).toBeLessThan(0.01);
	});
});

test("a named model is asked, by any of its names, and every test is booked", async () => {
	const first = await admin("POST", "/providers/openai/test", { model: "gpt-4o-mini" });
	const second = await admin("POST", "/providers/OpenAI/test", { model: "openai/gpt-5.4", credential: "default" });
	expect([first.body.model, second.body.model]).toEqual(["gpt-4o-mini", "gpt-5.4"]);
	const { body } = await admin("GET", "/providers/openai/tests?limit=2");
	expect(body.data).toMatchObject([
		{ id: second.body.id, model: "gpt-5.4", status: "ok", cost_usd: second.body.cost_usd, estimated: false },
		{ id: first.body.id, model: "gpt-4o-mini", status: "ok", cost_usd: first.body.cost_usd },
	]);
	const rest = await admin("GET", `/providers/openai/tests?limit=1&after=${second.body.id}`);
	expect((rest.body.data as { id: string }[])[0]?.id).toBe(first.body.id);
});

test("an upstream's failure is told in its own words, with its class, and costs nothing when it is a refusal", async () => {
	await fault({
		provider: "openai",
		fault: "error",
		status: 401,
		body: {
			error: {
				message: "Incorrect API key provided: that one.",
				type: "invalid_request_error",
				code: "invalid_api_key",
			},
		},
	});
	const answer = await admin("POST", "/providers/openai/test");
	expect(answer.status).toBe(200);
	expect(answer.body).toMatchObject({
		status: "failed",
		fault: "credential",
		cost_usd: "0",
		usage: null,
		ttft_ms: null,
		failure: {
			kind: "credential",
			upstream_status: 401,
			message: expect.stringContaining("Incorrect API key provided"),
		},
	});
	expect(await books()).toMatchObject({ requests: 0, unbilled: 1 });
});

test("a stream that breaks off is charged, never less than what is billed", async () => {
	await fault({ provider: "deepseek", fault: "cut_mid_stream" });
	const answer = await admin("POST", "/providers/deepseek/test");
	expect(answer.body).toMatchObject({ status: "failed", fault: "truncated", estimated: true });
	const { total_nano_usd } = await books();
	expect(total_nano_usd).toBeGreaterThan(0);
	expect(nano(answer)).toBeGreaterThanOrEqual(total_nano_usd);
});

test("it is booked with the most that it can cost before it is sent, and not sent when it cannot be", async () => {
	let rows: unknown[] = [];
	const { SIMULATOR } = env as unknown as { SIMULATOR: Fetcher };
	const call = SIMULATOR.fetch.bind(SIMULATOR);
	vi.spyOn(SIMULATOR, "fetch").mockImplementationOnce(async (input, init) => {
		rows = (await env.DB.prepare("SELECT * FROM provider_tests ORDER BY id DESC LIMIT 1").all()).results;
		return call(input, init);
	});
	const answer = await admin("POST", "/providers/openai/test");
	expect(rows).toMatchObject([{ id: answer.body.id, ended_at: null, estimated: 1 }]);
	expect((rows[0] as { cost: number }).cost).toBeGreaterThan(nano(answer));
	vi.restoreAllMocks();

	await env.DB.exec("ALTER TABLE provider_tests RENAME TO away");
	refused(await admin("POST", "/providers/openai/test"), 503, "registry_unavailable");
	await env.DB.exec("ALTER TABLE away RENAME TO provider_tests");
	expect(await books()).toMatchObject({ requests: 1, unbilled: 0 });
});

test("what is not there cannot be tested", async () => {
	refused(await admin("POST", "/providers/nobody/test"), 404, "provider_not_found");
	refused(await admin("POST", "/providers/openai/test", { credential: "cred_x" }), 404, "credential_not_found");
	refused(await admin("POST", "/providers/openai/test", { model: "nothing" }), 400, "invalid_request", "model");
	refused(await admin("POST", "/providers/openai/test", { model: "deepseek-flash" }), 400, "invalid_request", "model");
	refused(await admin("POST", "/providers/openai/test", { prompt: "Hi" }), 400, "invalid_request", "prompt");
	await admin("POST", "/providers", { name: "bare", base_url: "https://bare.example/v1", models: [] });
	refused(await admin("POST", "/providers/bare/test"), 400, "invalid_request", "model");
	expect(await books()).toMatchObject({ requests: 0, unbilled: 0 });
});

test("a disabled provider and a disabled credential can be tested before they serve", async () => {
	const models = [{ id: "large", prices: [{ input: 1, output: 2 }] }];
	await admin("POST", "/providers", {
		name: "acme",
		base_url: "https://acme.example/v1",
		credential: "sk-own",
		models,
		disabled: true,
	});
	const added = await admin("POST", "/providers/acme/credentials", { credential: "sk-second", disabled: true });
	const used: (string | null)[] = [];
	vi.spyOn(globalThis, "fetch").mockImplementation(async (_, init) => {
		used.push(new Headers(init?.headers).get("authorization"));
		return Response.json({
			choices: [{ index: 0, message: { role: "assistant", content: "ready" }, finish_reason: "stop" }],
			usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 },
		});
	});
	expect((await admin("POST", "/providers/acme/test")).body).toMatchObject({ status: "ok", simulated: false });
	const second = await admin("POST", "/providers/acme/test", { credential: added.body.id });
	expect(second.body).toMatchObject({ status: "ok", credential: added.body.id, cost_usd: "0.000012" });
	expect(used).toEqual(["Bearer sk-own", "Bearer sk-second"]);
	expect((await admin("GET", "/providers/acme")).body.disabled).toBe(true);
});

test("a model without a price has a cost that nobody knows", async () => {
	await admin("PATCH", "/models/openai/gpt-4o-mini", { prices: [] });
	const answer = await admin("POST", "/providers/openai/test", { model: "gpt-4o-mini" });
	expect(answer.body).toMatchObject({ status: "ok", cost_usd: null });
	await admin("DELETE", "/models/openai/gpt-4o-mini");
});
