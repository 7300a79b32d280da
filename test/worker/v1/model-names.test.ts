import { afterEach, describe, expect, test } from "vitest";
import { admin, issueKey } from "#test/worker/admin/admin-client";
import { completion, failure, send, user } from "#test/worker/gateway";

const HI = { messages: user("Say hi."), max_completion_tokens: 40 };
/** A model that no list has, at a provider that the simulator plays with any model. */
const NEW = "names/acme-ultra-9";

afterEach(async () => {
	await admin("PUT", "/defaults", {});
});

async function provider(): Promise<void> {
	const answer = await admin("POST", "/providers", { name: "names", preset: "groq", models: [] });
	if (answer.status !== 201 && answer.status !== 409) throw new Error(answer.text);
}

function ask(key: string, body: object): Promise<Response> {
	return send("http://gateway/v1/chat/completions", {
		method: "POST",
		headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
		body: JSON.stringify(body),
	});
}

const budgeted = (limit: string, more: object = {}) =>
	issueKey({ budgets: [{ limit_usd: limit, window: "total" }], ...more });

describe("a name that a new user tries", () => {
	test.each([
		["claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5"],
		["gpt-4-turbo", "openai", "gpt-4-turbo"],
		["openrouter/anthropic/claude-sonnet-4.5", "openrouter", "anthropic/claude-sonnet-4.5"],
		["deepseek/deepseek-chat", "deepseek", "deepseek-flash"],
		["gpt-4o-mini-2024-07-18", "openai", "gpt-4o-mini-2024-07-18"],
		["@cf/meta/llama-2-7b-chat-fp16", "workers-ai", "@cf/meta/llama-2-7b-chat-fp16"],
	])(
		"%s is served, at a price",
		async (model, provider, id) => {
			const { answer, headers } = await completion({ model, ...HI });
			expect(headers.get("x-tollgate-provider")).toBe(provider);
			expect(headers.get("x-tollgate-model")).toBe(id);
			expect(answer.usage.cost).toBeGreaterThan(0);
			// The first of them also starts the Worker.
		},
		20_000,
	);

	test("of a model that its vendor has retired says so, and what to use instead", async () => {
		const { headers } = await completion({ model: "gpt-4-turbo", ...HI });
		expect(headers.get("x-tollgate-model-retired")).toBe("2026-10-23;successor=gpt-4.1");
		expect((await completion({ model: "gpt-4.1", ...HI })).headers.get("x-tollgate-model-retired")).toBeNull();
	});

	test("is served by its successor where an admin set a redirect", async () => {
		const answer = await admin("POST", "/aliases", { name: "gpt-4-turbo", models: ["openai/gpt-4.1"] });
		expect(answer.status, answer.text).toBeLessThan(300);
		try {
			const { headers } = await completion({ model: "gpt-4-turbo", ...HI });
			expect(headers.get("x-tollgate-model")).toBe("gpt-4.1");
		} finally {
			await admin("DELETE", "/aliases/gpt-4-turbo");
		}
	});
});

describe("a model that nothing is known of", () => {
	test("is asked of its vendor, whose refusal is told", async () => {
		const { key } = await issueKey();
		const { status, error, headers } = await failure(ask(key, { model: "openai/gpt-99-nova", ...HI }));
		expect([status, error.code]).toEqual([404, "model_not_found"]);
		expect(headers.get("x-tollgate-attempts")).toBe("openai:404");
		// Only one vendor could mean it, which may be a misspelling of what it has.
		const misspelt = await failure(ask(key, { model: "gpt-6-lunna", ...HI }));
		expect(misspelt.headers.get("x-tollgate-provider")).toBe("openai");
		expect([misspelt.status, misspelt.error.message]).toEqual([
			404,
			expect.stringContaining("did you mean `openai/gpt-6-luna`?"),
		]);
		const nobodys = await failure(ask(key, { model: "gemni-2.5-pro", ...HI }));
		expect(nobodys.status).toBe(404);
		expect(nobodys.error.message).toContain("gemini-2.5-pro");
		expect(nobodys.headers.get("x-tollgate-attempts")).toBeNull();
	});

	test("costs nothing that is known", async () => {
		await provider();
		const { key } = await issueKey();
		const response = await ask(key, { model: NEW, ...HI });
		expect(response.status).toBe(200);
		expect(((await response.json()) as { usage: object }).usage).toMatchObject({ cost: null });
	});

	test.each(["names/../v1/x", "names/a b", "names/a\nb", `names/${"x".repeat(240)}`, "names/a?b=c", "names/a#b"])(
		"is not asked for as %j",
		async (model) => {
			await provider();
			const { key } = await issueKey();
			const { status, headers } = await failure(ask(key, { model, ...HI }));
			expect(status).toBe(404);
			expect(headers.get("x-tollgate-attempts")).toBeNull();
		},
	);

	test("needs a pattern of the key's policy, and one of an account's own a pattern that says so", async () => {
		await provider();
		const only = await issueKey({ models: ["names/acme-*"] });
		expect((await ask(only.key, { model: NEW, ...HI })).status).toBe(200);
		expect((await failure(ask(only.key, { model: "names/other", ...HI }))).status).toBe(403);
		const tuned = { model: "names/ft:gpt-4o:acme::1", ...HI };
		const open = await issueKey();
		expect((await failure(ask(open.key, tuned))).error.code).toBe("model_not_allowed");
		const wide = await issueKey({ models: ["names/*"] });
		expect((await failure(ask(wide.key, tuned))).error.code).toBe("model_not_allowed");
		const named = await issueKey({ models: ["names/ft:gpt-4o:acme*"] });
		expect((await ask(named.key, tuned)).status).toBe(200);
	});
});

describe("where a budget binds", () => {
	test("a model without a price is refused, with the call that sets one, and served when it is set", async () => {
		await provider();
		const { key } = await budgeted("1");
		const { status, error } = await failure(ask(key, { model: NEW, ...HI }));
		expect([status, error.code]).toEqual([400, "model_price_unknown"]);
		const [, path, body] = /POST \/admin(\S+) (\{.*\})$/.exec(error.message) ?? [];
		const added = await admin("POST", String(path), JSON.parse(String(body)));
		expect(added.status, added.text).toBe(201);
		try {
			const response = await ask(key, { model: NEW, ...HI });
			expect(response.status).toBe(200);
			expect(((await response.json()) as { usage: { cost: number } }).usage.cost).toBeGreaterThan(0);
			expect((await admin("POST", String(path), JSON.parse(String(body)))).status).toBe(409);
		} finally {
			expect((await admin("DELETE", `/models/${NEW}`)).status).toBe(200);
		}
		expect((await failure(ask(key, { model: NEW, ...HI }))).error.code).toBe("model_price_unknown");
	});

	test("it is held and charged at its provider's ceiling where an admin says so, if its tokens are limited", async () => {
		await provider();
		const ceilings = { names: { input: 3, output: 6 } };
		expect((await admin("PUT", "/defaults", { unpriced: "ceiling", ceilings })).status).toBe(200);
		const { key, teamId } = await budgeted("1");
		const unlimited = await failure(ask(key, { model: NEW, messages: HI.messages }));
		expect([unlimited.status, unlimited.error.code]).toEqual([400, "output_limit_required"]);
		const response = await ask(key, { model: NEW, ...HI });
		expect(response.status).toBe(200);
		const { usage } = (await response.json()) as {
			usage: { cost: number; estimated: boolean; prompt_tokens: number; completion_tokens: number };
		};
		expect(usage.estimated).toBe(true);
		expect(usage.cost).toBeCloseTo((usage.prompt_tokens * 3 + usage.completion_tokens * 6) / 1e6, 9);
		// What searches unasked costs more than its tokens, which is all that a ceiling bounds.
		const searching = { ...HI, model: "names/gpt-7-search-preview" };
		expect((await failure(ask(key, searching))).error.code).toBe("model_price_unknown");
		// The team that would rather not.
		expect((await admin("PUT", `/teams/${teamId}/defaults`, { unpriced: "refuse" })).status).toBe(200);
		expect((await failure(ask(key, { model: NEW, ...HI }))).error.code).toBe("model_price_unknown");
	});

	test("many at once come to no more than the budget has", async () => {
		await provider();
		const ceilings = { names: { input: 100, output: 100 } };
		await admin("PUT", "/defaults", { unpriced: "ceiling", ceilings });
		const { key } = await budgeted("0.1");
		const answers = await Promise.all(Array.from({ length: 12 }, () => ask(key, { model: NEW, ...HI })));
		expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 402]));
		let spent = 0;
		for (const answer of answers) {
			const { usage } = (await answer.json()) as { usage?: { cost: number } };
			spent += usage?.cost ?? 0;
		}
		expect(spent).toBeGreaterThan(0);
		expect(spent).toBeLessThanOrEqual(0.1);
	});
});

describe("a request that names nothing", () => {
	test("is served by auto, or by what the gateway or the team says", async () => {
		const { key, teamId } = await issueKey();
		const first = await ask(key, HI);
		expect([first.status, first.headers.get("x-tollgate-strategy")]).toEqual([200, "auto"]);
		await admin("PUT", "/defaults", { model: "openai/gpt-4o-mini" });
		expect((await ask(key, HI)).headers.get("x-tollgate-model")).toBe("gpt-4o-mini");
		await admin("PUT", `/teams/${teamId}/defaults`, { model: "deepseek/deepseek-flash" });
		expect((await ask(key, HI)).headers.get("x-tollgate-model")).toBe("deepseek-flash");
		expect((await ask(key, { ...HI, provider: "gemini" })).headers.get("x-tollgate-provider")).toBe("gemini");
	});
});

describe("GET /v1/models", () => {
	const list = async (key: string, query = "", headers: Record<string, string> = {}) =>
		send(`http://gateway/v1/models${query}`, { headers: { authorization: `Bearer ${key}`, ...headers } });
	const ids = async (response: Response) =>
		((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);

	test("has every model that is known, once, and answers 304 to a client that has it", async () => {
		const { key } = await issueKey();
		const first = await list(key);
		expect(first.headers.get("cache-control")).toContain("private");
		const tag = String(first.headers.get("etag"));
		const all = await ids(first);
		expect(all.length).toBeGreaterThan(690);
		expect(new Set(all).size).toBe(all.length);
		expect(all).toContain("openai/gpt-4-turbo");
		const again = await list(key, "", { "if-none-match": `W/"x", ${tag}` });
		expect([again.status, await again.text()]).toEqual([304, ""]);
		const other = await issueKey({ models: ["openai/*"] });
		expect((await list(other.key, "", { "if-none-match": tag })).status).toBe(200);
	});

	test("says to HEAD what it would say to GET, without a body", async () => {
		const { key } = await issueKey();
		const headers = { authorization: `Bearer ${key}` };
		for (const path of ["/v1/models", "/v1/models/openai/gpt-4-turbo", "/v1/key", "/healthz"]) {
			const whole = await send(`http://gateway${path}`, { headers });
			await whole.text();
			const head = await send(`http://gateway${path}`, { method: "HEAD", headers });
			expect([head.status, await head.text(), head.headers.get("etag")], path).toEqual([
				200,
				"",
				whole.headers.get("etag"),
			]);
			expect(head.headers.get("content-type")).toBe(whole.headers.get("content-type"));
		}
		const tag = String((await list(key, "/openai/gpt-4-turbo")).headers.get("etag"));
		expect((await list(key, "/openai/gpt-4-turbo", { "if-none-match": tag })).status).toBe(304);
	});

	test("is narrowed by provider, capability and text", async () => {
		const { key } = await issueKey();
		const google = await ids(await list(key, "?provider=google&q=FLASH"));
		expect(google.length).toBeGreaterThan(5);
		for (const id of google) expect(id).toMatch(/^gemini\/.*flash|^(?!.*\/)/i);
		const seeing = await ids(await list(key, "?capability=vision&capability=tools&provider=openai"));
		expect(seeing).toContain("openai/gpt-4o");
		expect(seeing).not.toContain("openai/gpt-3.5-turbo");
		expect((await failure(list(key, "?capability=flying"))).error.param).toBe("capability");
	});

	test("says of a retired model when it ends, and knows no model that is only passed on", async () => {
		const { key } = await issueKey();
		const one = await list(key, "/openai/gpt-4-turbo");
		expect(await one.json()).toMatchObject({
			id: "openai/gpt-4-turbo",
			deprecated: true,
			shutdown_date: "2026-10-23",
			successor: "openai/gpt-4.1",
		});
		expect((await failure(list(key, "/openai/gpt-99-nova"))).status).toBe(404);
	});
});
