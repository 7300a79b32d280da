import { rm } from "node:fs/promises";
import { afterAll, expect, it } from "vitest";
import { Gateway } from "./gateway";

let gateway: Gateway | undefined;
let state: string | undefined;
afterAll(async () => {
	await gateway?.stop();
	if (state !== undefined) await rm(state, { recursive: true, force: true });
});

const ask = (key: unknown, provider: string, stream = false): Promise<Response> => {
	if (gateway === undefined) throw new Error("no gateway");
	const body = { provider, stream, messages: [{ role: "user", content: "Hi" }] };
	return gateway.chat(body, { headers: { authorization: `Bearer ${key}` } });
};

it("keys, revocations and providers survive a crash; the shell's settings reach the real adapter", {
	timeout: 120_000,
}, async () => {
	gateway = await Gateway.develop({ migrates: true });
	({ state } = gateway);
	const { id: team_id } = await gateway.admin("POST", "/teams", { name: "first" });
	const { key } = await gateway.admin("POST", "/keys", { team_id, name: "kept", providers: ["openai", "deepseek"] });
	const { key: dead, id } = await gateway.admin("POST", "/keys", { team_id, name: "revoked" });
	await gateway.admin("POST", "/providers", {
		name: "acme",
		base_url: "https://llm.acme.example/v1",
		credential: "sk-acme-credential",
		models: [{ id: "acme-large" }],
	});
	expect((await ask(key, "openai")).status).toBe(200);
	expect((await ask(dead, "openai")).status).toBe(200);
	await gateway.admin("POST", `/keys/${id}/revoke`);
	const before = await gateway.billing();
	await gateway.kill();

	// Nobody listens on the discard port.
	const env = { OPENAI_BASE_URL: "http://127.0.0.1:9/v1", OPENAI_API_KEY: "x" };
	gateway = await Gateway.develop({ state, env });
	expect((await ask(key, "deepseek")).status).toBe(200);
	expect((await ask(key, "gemini")).status).toBe(403);
	expect((await ask(dead, "deepseek")).status).toBe(401);
	expect((await gateway.billing()).requests).toBe(before.requests + 1);
	const { models } = await gateway.admin("GET", "/providers/acme");
	expect(models).toEqual([{ id: "acme-large" }]);

	for (const stream of [false, true]) {
		const response = await ask(key, "openai", stream);
		expect(response.status).toBe(502);
		expect(response.headers.get("x-tollgate-simulated")).toBeNull();
		expect((await response.json()).error).toMatchObject({
			code: "upstream_error",
			message: expect.stringMatching(/^\[openai\] .*connection/),
		});
	}
});
