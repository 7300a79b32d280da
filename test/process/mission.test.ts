import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EACH } from "#test/support/scale";
import { ADMIN_TOKEN, DEMO_KEY, Gateway, judged } from "./gateway";

let gateway: Gateway;
beforeAll(async () => {
	gateway = await Gateway.develop();
});
afterAll(() => gateway?.stop());

/** The call that the first users paste, in bytes. */
function mission(provider: string, stream: boolean, carrier: Record<string, string>): Promise<Response> {
	const more = stream ? ',"stream":true' : "";
	return judged(`${gateway.url}/v1/chat/completions`, {
		method: "POST",
		headers: { "Content-Type": "application/json", ...carrier },
		body: `{"provider":"${provider}","messages":[{"role":"user","content":"Hello AI!"}]${more}}`,
	});
}

/** The content of a streamed answer. */
async function streamed(response: Response): Promise<string> {
	const text = await response.text();
	return text
		.split("\n\n")
		.filter((event) => event.startsWith("data: {"))
		.map((event) => JSON.parse(event.slice("data: ".length)).choices[0]?.delta.content ?? "")
		.join("");
}

const carriers = [{ "x-api-key": "test-key-123" }, { authorization: "Bearer test-key-123" }];
const names: [asked: string, serves: string][] = [
	["openai", "openai"],
	["deepseek", "deepseek"],
	["gemini", "gemini"],
	["google", "gemini"],
	["openrouter", "openrouter"],
	["siliconflow", "siliconflow"],
	["workers-ai", "workers-ai"],
	["cloudflare", "workers-ai"],
	["anthropic", "anthropic"],
];

describe.each(names)("the first call, to %s", (asked, serves) => {
	it.each(carriers)("is answered whole, with the key in %o", async (carrier) => {
		const response = await mission(asked, false, carrier);
		const answer = await response.json();
		expect(response.status, JSON.stringify(answer)).toBe(200);
		expect(answer.choices[0].message.content).toContain("Hello AI!");
		expect(answer.choices[0].finish_reason).toBe("stop");
		expect(answer.usage.cost).toBeGreaterThan(0);
		expect(response.headers.get("x-tollgate-provider")).toBe(serves);
		expect(response.headers.get("x-tollgate-attempts")).toBe(`${serves}:200`);
		expect(response.headers.get("x-tollgate-simulated")).toBe("true");
		expect(Number(response.headers.get("x-tollgate-cost"))).toBe(answer.usage.cost);
	});

	it.each(carriers)("is answered as a stream, with the key in %o", async (carrier) => {
		const response = await mission(asked, true, carrier);
		expect(response.status).toBe(200);
		expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
		expect(response.headers.get("x-tollgate-provider")).toBe(serves);
		expect(await streamed(response)).toContain("Hello AI!");
	});
});

describe("every model of the catalog", () => {
	it("answers under the id that the list gives it, and is billed what its vendor bills", {
		timeout: 120_000,
	}, async () => {
		const { data: listed } = await (await gateway.call("/v1/models")).json();
		const gives =
			(modality: string) =>
			({ architecture }: { architecture: { output_modalities: string[] } }) =>
				architecture.output_modalities.includes(modality);
		const [embeds, ranks, moderates, draws] = [
			gives("embedding"),
			gives("rerank"),
			gives("moderation"),
			gives("image"),
		];
		const chats: { id: string; owned_by: string }[] = listed.filter(gives("text"));
		expect(chats.length).toBeGreaterThan(600);
		const data = [...Map.groupBy(chats, ({ owned_by }) => owned_by).values()].flatMap((models) =>
			models.filter((_, index) => index % EACH === 0),
		);
		expect(data.length).toBeGreaterThanOrEqual(chats.length / EACH);
		for (const { id } of listed.filter(embeds)) {
			const embedded = await gateway.call("/v1/embeddings", { body: { model: id, input: "Hello AI!" } });
			expect(embedded.status, id).toBe(200);
		}
		for (const { id } of listed.filter(ranks)) {
			const ranked = await gateway.call("/v1/rerank", { body: { model: id, query: "Hello", documents: ["AI"] } });
			expect(ranked.status, id).toBe(200);
		}
		for (const { id } of listed.filter(moderates)) {
			const moderated = await gateway.call("/v1/moderations", { body: { model: id, input: "Hello AI!" } });
			expect(moderated.status, id).toBe(200);
		}
		// Those that chat too draw in their chats.
		for (const { id } of listed.filter((model: never) => draws(model) && !gives("text")(model))) {
			// One that only changes pictures refuses to draw, and says where it is asked.
			const drawn = await gateway.call("/v1/images/generations", { body: { model: id, prompt: "Hello AI!" } });
			if (drawn.status === 400) expect(JSON.stringify(await drawn.json()), id).toContain("edit");
			else expect(drawn.status, id).toBe(200);
		}
		await gateway.call("/_simulator/billing", { method: "DELETE" });
		const told: Record<string, number> = {};
		for (const { id, owned_by } of data) {
			const response = await gateway.chat({ model: id, messages: [{ role: "user", content: "Hello AI!" }] });
			const answer = await response.json();
			expect(response.status, `${id}: ${JSON.stringify(answer)}`).toBe(200);
			const served = `${response.headers.get("x-tollgate-provider")}/${response.headers.get("x-tollgate-model")}`;
			if (owned_by !== "tollgate") expect(served).toBe(id);
			told[served] = (told[served] ?? 0) + Math.round(answer.usage.cost * 1e9);
		}
		const { requests, providers } = await gateway.billing();
		expect(requests).toBe(data.length);
		const billed = Object.entries(providers).flatMap(([provider, { models }]) =>
			Object.entries(models).map(([model, { nano_usd }]) => [`${provider}/${model}`, nano_usd]),
		);
		expect(Object.fromEntries(billed)).toEqual(told);
	});
});

describe("what people try first", () => {
	it("the start says where the gateway is, and gives a key and a call to paste", async () => {
		const port = new URL(gateway.url).port;
		// Readiness is seen here before the starting script has seen it.
		await expect.poll(() => gateway.log).toContain(`http://localhost:${port}/v1/chat/completions`);
		expect(gateway.log).toContain(DEMO_KEY);
		expect(gateway.log).toContain("curl -X POST");
	});

	it.each(["/", "/v1"])("a browser at %s learns what this is and where to go", async (path) => {
		const response = await judged(gateway.url + path);
		expect(response.status).toBe(200);
		expect(JSON.stringify(await response.json())).toContain("/v1/chat/completions");
	});

	it("health needs no key", async () => {
		expect((await judged(`${gateway.url}/healthz`)).status).toBe(200);
		expect((await judged(`${gateway.url}/readyz`)).status).toBe(200);
	});

	it.each(["/chat/completions", "/v1/v1/chat/completions", "/api/v1/chat/completions", "/v1/chat/completions/"])(
		"a client that builds %s is served",
		async (path) => {
			const body = { model: "gpt-4.1", messages: [{ role: "user", content: "Hi" }] };
			const response = await gateway.call(path, { body });
			expect(response.status, await response.text()).toBe(200);
		},
	);

	it("a model is shown by its id, with its slashes as they are or encoded", async () => {
		for (const id of ["workers-ai/@cf/openai/gpt-oss-20b", "workers-ai%2F%40cf%2Fopenai%2Fgpt-oss-20b", "gpt-4.1"]) {
			const response = await gateway.call(`/v1/models/${id}`);
			expect(response.status, id).toBe(200);
			expect((await response.json()).pricing.prompt).toMatch(/^0\.0*\d+$/);
		}
	});

	it.each([
		["no key", {}, /no API key|key/i],
		["a wrong key", { authorization: "Bearer tg_live_wrong0000" }, /0000/],
		["two keys", { authorization: "Bearer test-key-123", "x-api-key": "other" }, /both|differ/i],
	])("%s is a 401 that says so", async (_, headers, words) => {
		const response = await judged(`${gateway.url}/v1/models`, { headers: headers as Record<string, string> });
		expect(response.status).toBe(401);
		const { error } = await response.json();
		expect(error.code).toBe("invalid_api_key");
		expect(error.message).toMatch(words);
		expect(response.headers.get("x-should-retry")).toBe("false");
	});

	it("a path or method that does not exist is answered in the error envelope", async () => {
		expect((await gateway.call("/v1/nothing")).status).toBe(404);
		expect((await gateway.call("/v1/assistants", { body: {} })).status).toBe(501);
		const wrong = await gateway.call("/v1/chat/completions", { method: "GET" });
		expect(wrong.status).toBe(405);
		expect(wrong.headers.get("allow")).toBe("POST");
	});

	it("a browser app may ask first", async () => {
		const response = await judged(`${gateway.url}/v1/chat/completions`, {
			method: "OPTIONS",
			headers: {
				origin: "https://app.example",
				"access-control-request-method": "POST",
				"access-control-request-headers": "authorization,content-type,x-stainless-lang",
			},
		});
		expect(response.status).toBe(204);
		expect(response.headers.get("access-control-allow-origin")).toBe("*");
		expect(response.headers.get("access-control-allow-headers")).toContain("authorization");
	});

	it("may be read by a browser app of any origin; others are spared the headers for that", async () => {
		const list = (headers: Record<string, string>) => gateway.call("/v1/models", { method: "GET", headers });
		const shown = (await list({ origin: "https://app.example" })).headers;
		expect(shown.get("access-control-allow-origin")).toBe("*");
		expect(shown.get("access-control-expose-headers")).toContain("x-tollgate-cost");
		expect(shown.get("vary")).toContain("origin");
		const plain = (await list({})).headers;
		expect(plain.get("access-control-allow-origin")).toBeNull();
		expect(plain.get("vary")).toContain("origin");
	});
});

describe("a key made by the admin", () => {
	it("works at once, obeys its policy from the next request on, and ends when revoked", async () => {
		const { id: team_id } = await gateway.admin("POST", "/teams", { name: "first" });
		const { id, key } = await gateway.admin("POST", "/keys", { team_id, name: "bot", models: ["openai/*"] });
		const ask = async (provider: string) => {
			const body = { provider, messages: [{ role: "user", content: "Hi" }] };
			const response = await gateway.chat(body, { headers: { authorization: `Bearer ${key}` } });
			return { status: response.status, body: await response.json() };
		};
		expect((await ask("openai")).status).toBe(200);
		const refused = await ask("deepseek");
		expect(refused.status).toBe(403);
		expect(refused.body.error.code).toBe("model_not_allowed");
		await gateway.admin("PATCH", `/keys/${id}`, { models: ["deepseek/*"] });
		expect((await ask("deepseek")).status).toBe(200);
		expect((await ask("openai")).status).toBe(403);
		await gateway.admin("POST", `/keys/${id}/revoke`);
		const revoked = await ask("deepseek");
		expect(revoked.status).toBe(401);
		expect(revoked.body.error.message).toContain("revoked");
		expect(revoked.body.error.message).toContain(String(key).slice(-4));
	});

	it("needs the admin token", async () => {
		for (const authorization of ["Bearer wrong", "Bearer test-key-123", ""]) {
			const response = await gateway.call("/admin/keys", { headers: { authorization } });
			expect(response.status).toBe(401);
		}
		const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
		expect((await gateway.call("/admin/keys", { headers })).status).toBe(200);
	});
});
