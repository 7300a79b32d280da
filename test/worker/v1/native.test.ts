import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { admin, type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { failure, fault, mend, send, user } from "#test/worker/gateway";
import { settledOf, watchRecords } from "#test/worker/usage/records";

const GEMINI = "gemini/v1beta/models/gemini-3.1-flash-lite";
const EMBEDDER = "models/gemini-embedding-001";
const contents = [{ role: "user", parts: [{ text: "Write 20 words." }] }];
const messages = user("Write 20 words.");
const CHAT = { model: "gpt-6-luna", messages };
const CLAUDE = { model: "claude-haiku-4-5", max_tokens: 100, messages };

let key: IssuedKey;

beforeAll(async () => {
	key = await issueKey({ budgets: [{ limit_usd: "100", window: "total" }] });
});
beforeEach(() => send("http://gateway/_simulator/billing", { method: "DELETE" }));
afterEach(async () => {
	vi.restoreAllMocks();
	await mend();
});

const post = (path: string, body: object, by = key.key, headers: Record<string, string> = {}) =>
	send(`http://gateway/native/${path}`, {
		method: "POST",
		headers: {
			authorization: `Bearer ${by}`,
			...(path.startsWith("anthropic/") && { "anthropic-version": "2023-06-01" }),
			...headers,
		},
		body: JSON.stringify(body),
	});

async function books(): Promise<{ total: number; arrived: number }> {
	const answer = await send("http://gateway/_simulator/billing");
	const { total_nano_usd: total, requests, unbilled } = await answer.json<Record<string, number>>();
	return { total: total ?? 0, arrived: (requests ?? 0) + (unbilled ?? 0) };
}

describe("a vendor's own API", () => {
	it.each<[string, object, RegExp]>([
		["openai/v1/chat/completions", CHAT, /"object":"chat.completion".*"usage"/],
		["openai/v1/chat/completions", { ...CHAT, stream: true }, /chat.completion.chunk.*\[DONE\]\n\n$/s],
		["openai/v1/responses", { model: "gpt-6-luna", input: "Hi" }, /"object":"response"/],
		["openai/v1/responses", { model: "gpt-6-luna", input: "Hi", stream: true }, /event: response.completed\ndata: /],
		["openai/v1/embeddings", { model: "text-embedding-3-small", input: ["Hi ".repeat(99), "you"] }, /"index":1/],
		["anthropic/v1/messages", CLAUDE, /"type":"message"/],
		["anthropic/v1/messages?beta=true", { ...CLAUDE, stream: true }, /event: message_stop\ndata: /],
		[`${GEMINI}:generateContent`, { contents }, /"candidates":/],
		[`${GEMINI}:generateContent`, { contents, generation_config: { max_output_tokens: 50 } }, /"candidates":/],
		[`${GEMINI}:streamGenerateContent?alt=sse`, { contents }, /^data: .*"finishReason"/s],
		[`${GEMINI}:streamGenerateContent`, { contents }, /^\[\{.*"finishReason"/s],
		[`gemini/v1beta/${EMBEDDER}:embedContent`, { content: { parts: [{ text: "Hi ".repeat(99) }] } }, /"embedding":/],
		[
			`google/v1beta/${EMBEDDER}:batchEmbedContents`,
			{ requests: [{ model: EMBEDDER, content: { parts: [{ text: "Hi ".repeat(99) }] } }] },
			/"embeddings":/,
		],
		["deepseek/chat/completions", { model: "deepseek-flash", messages, stream: true }, /\[DONE\]\n\n$/],
		["openrouter/api/v1/chat/completions", { model: "openai/gpt-oss-120b", messages }, /"native_finish_reason"/],
		["siliconflow/v1/chat/completions", { model: "deepseek-ai/DeepSeek-V4-Flash", messages, stream: true }, /DONE/],
		["workers-ai/run/@cf/openai/gpt-oss-20b", { messages }, /"choices"/],
		["workers-ai/run/%40cf/meta/llama-3.1-8b-instruct-fp8-fast", { messages, stream: true }, /\[DONE\]\n\n$/],
	])("is charged to the nano-dollar what the vendor bills: %s", async (path, body, shape) => {
		const recordOf = watchRecords();
		const before = await settledOf(key.id);
		const answer = await post(path, body);
		expect(answer.status).toBe(200);
		expect(await answer.text()).toMatch(shape);
		const { total, arrived } = await books();
		const { face, attempts } = await recordOf(answer);
		const isTold = !path.includes("gemini-embedding");
		expect({ arrived, face, attempts }).toMatchObject({ arrived: 1, face: "native", attempts: [{ end: "answered" }] });
		if (isTold) expect(attempts).toMatchObject([{ cost: total, estimated: false }]);
		expect(attempts[0]?.cost).toBeGreaterThanOrEqual(total);
		expect((await settledOf(key.id)) - before).toBe(attempts[0]?.cost);
		expect(total).toBeGreaterThan(0);
	});

	it.each([
		["anthropic/v1/messages/count_tokens", { model: "claude-haiku-4-5", messages }, "input_tokens"],
		["openai/v1/responses/input_tokens", { model: "gpt-6-luna", input: "Hi" }, "input_tokens"],
		[`${GEMINI}:countTokens`, { contents }, "totalTokens"],
	])("counts for nothing: %s", async (path, body, field) => {
		const recordOf = watchRecords();
		const answer = await post(path, body);
		expect((await answer.json<Record<string, number>>())[field]).toBeGreaterThan(0);
		expect((await recordOf(answer)).attempts).toMatchObject([{ end: "answered", cost: 0, estimated: false }]);
		expect(await books()).toEqual({ total: 0, arrived: 1 });
	});

	it("breaks a stream off in the vendor's shape, and charges no less than the vendor bills", async () => {
		for (const [provider, path, body, shape] of [
			["openai", "openai/v1/chat/completions", { ...CHAT, stream: true }, /data: \{"error":\{"message"[^\n]*\n\n$/],
			[
				"anthropic",
				"anthropic/v1/messages",
				{ ...CLAUDE, stream: true },
				/event: error\ndata: \{"type":"error"[^\n]*\n\n$/,
			],
			["gemini", `${GEMINI}:streamGenerateContent?alt=sse`, { contents }, /data: \{"error":\{"code":[^\n]*\n\n$/],
		] as const) {
			await send("http://gateway/_simulator/billing", { method: "DELETE" });
			await fault({ provider, fault: "cut_mid_stream", after: 3 });
			const recordOf = watchRecords();
			const answer = await post(path, body);
			expect(await answer.text()).toMatch(shape);
			const { attempts } = await recordOf(answer);
			expect(attempts).toMatchObject([{ end: "cut", estimated: true }]);
			expect(attempts[0]?.cost).toBeGreaterThanOrEqual((await books()).total);
			await mend();
		}
	});

	it("is let go of at once when the caller leaves, and charged as any stream that was left", async () => {
		await fault({ provider: "openai", fault: "slow", ms: 20 });
		const recordOf = watchRecords();
		const many = { ...CHAT, messages: user("Write 400 words."), stream: true };
		const answer = await post("openai/v1/chat/completions", many);
		const reader = answer.body?.getReader();
		await reader?.read();
		await reader?.cancel();
		const { attempts, status } = await recordOf(answer);
		expect([status, attempts]).toMatchObject([499, [{ end: "cut", estimated: true }]]);
		const { total } = await vi.waitFor(async () => {
			const found = await books();
			expect(found.total).toBeGreaterThan(0);
			return found;
		});
		expect(attempts[0]?.cost).toBeGreaterThanOrEqual(total);
	});

	it("was never charged more than was held", async () => {
		const { body } = await admin("GET", `/keys/${key.id}/budget`);
		expect(body.budgets).toMatchObject([{ overrun_nano_usd: 0 }]);
	});

	it("passes a vendor's refusal on as it came, sandboxed", async () => {
		const answer = await post("openai/v1/chat/completions", { ...CHAT, temperature: "warm" });
		const { error } = await answer.json<{ error: { message: string; request_id?: string } }>();
		expect([answer.status, error.request_id]).toEqual([400, undefined]);
		expect(error.message).not.toContain("[");
		await fault({ provider: "gemini", fault: "error", status: 500, body: "<script>alert(1)</script>" });
		const html = await post(`${GEMINI}:generateContent`, { contents });
		expect([html.status, await html.text()]).toEqual([500, "<script>alert(1)</script>"]);
		expect(html.headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
	});

	it("tells in its own words what is wrong with the gateway's account", async () => {
		const quoting = { error: { message: "Incorrect API key provided: sk-…", code: "invalid_api_key" } };
		await fault({ provider: "openai", fault: "error", status: 401, body: quoting });
		const { status, error } = await failure(post("openai/v1/chat/completions", CHAT));
		expect([status, error.code]).toEqual([502, "upstream_credential_refused"]);
	});

	it("takes the key as each SDK carries it, in the query at Google's alone", async () => {
		const ask = (path: string, headers: Record<string, string>, body: object) =>
			send(`http://gateway/native/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
		for (const [path, headers, body] of [
			[`${GEMINI}:generateContent?key=${key.key}`, {}, { contents }],
			[`${GEMINI}:streamGenerateContent?alt=sse&key=${key.key}`, { "x-goog-api-key": key.key }, { contents }],
			["openai/v1/chat/completions", { "api-key": key.key }, CHAT],
			["anthropic/v1/messages", { "x-api-key": key.key, "anthropic-version": "2023-06-01" }, CLAUDE],
		] as const) {
			const answer = await ask(path, headers, body);
			expect(answer.status).toBe(200);
			await answer.text();
		}
		expect((await ask(`openai/v1/chat/completions?key=${key.key}`, {}, CHAT)).status).toBe(401);
		const two = await ask(`${GEMINI}:generateContent?key=${key.key}`, { "x-goog-api-key": "another" }, { contents });
		expect([two.status, await two.json()]).toMatchObject([401, { error: { code: 401, status: "UNAUTHENTICATED" } }]);
		const twice = await ask(`${GEMINI}:generateContent?key=${key.key}&key=another`, {}, { contents });
		expect(twice.status).toBe(401);
	});
});

describe("a call whose cost nothing tells", () => {
	const draw = (by: string, body: object = {}) =>
		post("openai/v1/images/generations", { model: "gpt-image-2", prompt: "a cat", quality: "low", ...body }, by);

	it("is refused where the policy names no ceiling, and charged the ceiling where it does", async () => {
		const { status, error } = await failure(draw(key.key));
		expect([status, error.code]).toEqual([403, "native_ceiling_required"]);
		expect(error.message).toContain("`native_ceiling_usd`");
		expect((await books()).arrived).toBe(0);
		const ceiling = { native_ceiling_usd: "0.05", budgets: [{ limit_usd: "0.12", window: "total" }] };
		const artist = await issueKey(ceiling);
		expect((await admin("GET", `/keys/${artist.id}`)).body.native_ceiling_usd).toBe("0.05");
		const answer = await draw(artist.key, { n: 2 });
		expect(await answer.json()).toMatchObject({ data: [{ b64_json: expect.any(String) }, {}] });
		expect(await settledOf(artist.id)).toBe(100_000_000);
		expect((await books()).total).toBe(16_330_000);
		expect((await failure(draw(artist.key))).status).toBe(402);
		expect(
			(await admin("PATCH", `/keys/${artist.id}`, { native_ceiling_usd: null })).body.native_ceiling_usd,
		).toBeNull();
		expect((await failure(draw(artist.key))).error.code).toBe("native_ceiling_required");
		expect((await books()).arrived).toBe(1);
	});
});

describe("what is refused elsewhere is refused in a vendor's own API, and reaches nobody", () => {
	const completions = "openai/v1/chat/completions";
	it.each<[string, string, object, number, string, Record<string, string>?]>([
		["another path", "openai/v1/files", CHAT, 501, "unsupported_endpoint"],
		["batches", "openai/v1/batches", CHAT, 501, "unsupported_endpoint"],
		["a stored file", "gemini/v1beta/cachedContents", { contents }, 501, "unsupported_endpoint"],
		["a climb out of the path", "openai/v1/..%2f..%2fv2/chat/completions", CHAT, 501, "unsupported_endpoint"],
		["two slashes", "openai//evil.example/v1/chat/completions", CHAT, 501, "unsupported_endpoint"],
		["another host", "openai/@evil.example/v1/chat/completions", CHAT, 501, "unsupported_endpoint"],
		["a model that climbs", "gemini/v1beta/models/..%2fx:generateContent", { contents }, 501, "unsupported_endpoint"],
		["an unknown provider", "acme/v1/chat/completions", CHAT, 404, "provider_not_found"],
		["an unknown parameter", `${completions}?service_tier=priority`, CHAT, 400, "unsupported_parameter"],
		[
			"background work",
			"openai/v1/responses",
			{ model: "gpt-6-luna", input: "x", background: true },
			400,
			"vendor_state_not_allowed",
		],
		["storing", completions, { ...CHAT, store: true }, 400, "vendor_state_not_allowed"],
		[
			"an earlier response",
			"openai/v1/responses",
			{ model: "gpt-6-luna", input: "x", previous_response_id: "resp_1" },
			400,
			"vendor_state_not_allowed",
		],
		[
			"a file's id",
			completions,
			{ ...CHAT, messages: user([{ type: "file", file: { file_id: "file-1" } }]) },
			400,
			"vendor_state_not_allowed",
		],
		[
			"a cache",
			`${GEMINI}:generateContent`,
			{ contents, cached_content: "cachedContents/x" },
			400,
			"unsupported_parameter",
		],
		[
			"a file of Google's",
			`${GEMINI}:generateContent`,
			{ contents: [{ parts: [{ file_data: { file_uri: "gs://b/f" } }] }] },
			400,
			"vendor_state_not_allowed",
		],
		[
			"a search",
			"openai/v1/responses",
			{ model: "gpt-6-luna", input: "x", tools: [{ type: "web_search" }] },
			403,
			"vendor_tool_not_allowed",
		],
		[
			"Google's search",
			`${GEMINI}:generateContent`,
			{ contents, tools: [{ google_search: {} }] },
			403,
			"vendor_tool_not_allowed",
		],
		[
			"Anthropic's code",
			"anthropic/v1/messages",
			{ ...CLAUDE, tools: [{ type: "code_execution_20250825", name: "code_execution" }] },
			403,
			"vendor_tool_not_allowed",
		],
		[
			"a connector",
			"anthropic/v1/messages",
			{ ...CLAUDE, mcp_servers: [{ url: "https://x" }] },
			400,
			"unsupported_parameter",
		],
		["a dearer speed", "anthropic/v1/messages", { ...CLAUDE, speed: "fast" }, 400, "unsupported_parameter"],
		[
			"a dearer window",
			"anthropic/v1/messages",
			CLAUDE,
			400,
			"invalid_request",
			{ "anthropic-beta": "context-1m-2025-08-07" },
		],
		["a tier without a price", completions, { ...CHAT, service_tier: "ultrafast" }, 400, "unsupported_parameter"],
		["a limit that is none", completions, { ...CHAT, Max_Completion_Tokens: 1 }, 400, "unsupported_parameter"],
		[
			"other models",
			"openrouter/v1/chat/completions",
			{ model: "openai/gpt-oss-120b", messages, models: ["x"] },
			400,
			"unsupported_parameter",
		],
		[
			"a search by name",
			"openrouter/v1/chat/completions",
			{ model: "openai/gpt-oss-120b:online", messages },
			404,
			"model_not_found",
		],
		[
			"another model than the path's",
			`${GEMINI}:generateContent`,
			{ contents, model: "models/gemini-3-pro" },
			400,
			"invalid_request",
		],
		["no model", completions, { messages }, 400, "invalid_request"],
		["many answers", completions, { ...CHAT, n: "9" }, 400, "invalid_request"],
		[
			"a picture to embed",
			"openai/v1/embeddings",
			{ model: "text-embedding-3-small", input: [{ image: "https://x" }] },
			400,
			"unsupported_parameter",
		],
	])("%s", async (_, path, body, status, code, headers = {}) => {
		const answer = await post(path, body, key.key, headers);
		const told = await answer.json<{ error: Record<string, unknown> & { details?: unknown } }>();
		const reason = JSON.stringify(told.error);
		expect([answer.status, reason]).toEqual([status, expect.stringContaining(`"${code}"`)]);
		expect(await books()).toEqual({ total: 0, arrived: 0 });
	});

	it("a model that the key may not use, in the body and in the path", async () => {
		const { key: narrow } = await issueKey({ models: ["openai/gpt-6-terra", "gemini/gemini-embedding*"] });
		expect((await failure(post("openai/v1/chat/completions", CHAT, narrow))).error.code).toBe("model_not_allowed");
		expect((await post(`${GEMINI}:generateContent`, { contents }, narrow)).status).toBe(403);
		expect((await books()).arrived).toBe(0);
	});

	it("allows a search where the policy does, and charges it as the vendor bills it", async () => {
		const searcher = await issueKey({ vendor_tools: ["web_search"], budgets: [{ limit_usd: "9", window: "total" }] });
		const tools = [{ type: "web_search_20250305", name: "web_search", max_uses: 2 }];
		const body = { ...CLAUDE, messages: user("[[search:2]] Hello!"), tools };
		for (const stream of [false, true]) {
			const answer = await post("anthropic/v1/messages", { ...body, stream }, searcher.key);
			expect(answer.status).toBe(200);
			await answer.text();
			expect(await settledOf(searcher.id)).toBe((await books()).total);
		}
		expect((await books()).total).toBeGreaterThan(4 * 10_000_000);
	});
});
