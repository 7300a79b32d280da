import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { DEMO_KEY, fault, mend, send, user } from "#test/worker/gateway";

let issued: IssuedKey;
beforeAll(async () => {
	issued = await issueKey();
});
afterEach(mend);

const VERSION = { "anthropic-version": "2023-06-01" };

function post(path: string, body: object | string, headers: Record<string, string> = { "x-api-key": DEMO_KEY }) {
	return send(`http://gateway${path}`, {
		method: "POST",
		headers: { ...VERSION, ...headers },
		body: typeof body === "string" ? body : JSON.stringify(body),
	});
}

const messages = (body: object, headers?: Record<string, string>) =>
	post(
		"/v1/messages",
		{ model: "anthropic/claude-haiku-5-5", max_tokens: 500, messages: user("Hi"), ...body },
		headers,
	);

interface Failure {
	error: { type: string; message: string; details: { error_code: string; param?: string } };
	request_id: string;
}

async function failure(answered: Promise<Response>): Promise<Failure & { status: number; headers: Headers }> {
	const answer = await answered;
	return { status: answer.status, headers: answer.headers, ...(await answer.json<Failure>()) };
}

describe("an answer", () => {
	test("is a message, with usage in Anthropic's meaning, under the ids that its headers have", async () => {
		const answer = await messages({ model: "gpt-4.1", messages: user("Tell me: Grüße, 世界 🙂") });
		expect(answer.status).toBe(200);
		const body = await answer.json<{ id: string; content: unknown[]; usage: Record<string, unknown> }>();
		expect(body).toMatchObject({ type: "message", role: "assistant", stop_reason: "end_turn" });
		expect(JSON.stringify(body.content)).toContain("Grüße, 世界 🙂");
		expect(answer.headers.get("request-id")).toBe(answer.headers.get("x-request-id"));
		expect(body.id.slice(4)).toBe(answer.headers.get("request-id")?.slice(4));
		expect(Number(answer.headers.get("x-tollgate-cost"))).toBe(body.usage.cost);
	});

	test.each([false, true])("is Anthropic's own where it serves, but for the cost; streamed: %s", async (stream) => {
		const answer = await messages({ messages: user("Tell me: Grüße, 世界 🙂"), stream });
		const text = await answer.text();
		expect(text).toContain('"model":"claude-haiku-5-5"');
		expect(text).toMatch(/"cost":\d/);
		expect(text).not.toContain(answer.headers.get("request-id")?.slice(4));
	});

	test("is charged and logged as any other, under the face's own name", async () => {
		const answer = await messages({ metadata: { user_id: "someone" } }, { "x-api-key": issued.key });
		await answer.text();
		const id = answer.headers.get("request-id");
		const headers = { "x-api-key": issued.key };
		await vi.waitFor(async () => {
			const shown = await send(`http://gateway/v1/requests/${id}`, { headers });
			expect(await shown.json()).toMatchObject({ id, face: "messages", end_user: "someone", status: 200 });
		});
	});

	test("is a stream where that is asked for", async () => {
		const answer = await messages({ stream: true });
		expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
		const text = await answer.text();
		expect(text).toMatch(/^event: message_start\ndata: \{"type":"message_start"/);
		expect(text).toMatch(/event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/);
	});

	test("names fields that nothing reads, and does not refuse them", async () => {
		const answer = await messages({ context_management: { edits: [] }, diagnostics: true });
		expect(answer.status).toBe(200);
		expect(answer.headers.get("x-tollgate-dropped")?.split(",")).toEqual(
			expect.arrayContaining(["context_management", "diagnostics"]),
		);
	});

	test("comes with a bearer token too, whatever betas its client names", async () => {
		const headers = { authorization: `Bearer ${DEMO_KEY}`, "anthropic-beta": "a-2025-01-01,b-2026-01-01" };
		expect((await post("/v1/messages?beta=true", JSON.parse(BODY), headers)).status).toBe(200);
	});
});

const BODY = JSON.stringify({ model: "claude-haiku-5-5", max_tokens: 100, messages: user("Hi") });

describe("an error has Anthropic's envelope and type", () => {
	test.each([
		["without a key", () => post("/v1/messages", BODY, {}), 401, "authentication_error", "invalid_api_key"],
		["of an unknown model", () => messages({ model: "nope" }), 404, "not_found_error", "model_not_found"],
		["of a path below", () => post("/v1/messages/nothing", BODY), 404, "not_found_error", "unknown_url"],
		["of a body too large", () => messages({ x: "x".repeat(29 << 20) }), 413, "request_too_large", "request_too_large"],
		["of what is no JSON", () => post("/v1/messages", "{"), 400, "invalid_request_error", "invalid_request"],
		["without max_tokens", () => messages({ max_tokens: null }), 400, "invalid_request_error", "invalid_request"],
		[
			"of a file that a vendor keeps",
			() => messages({ messages: user([{ type: "image", source: { type: "file", file_id: "file_1" } }]) }),
			400,
			"invalid_request_error",
			"vendor_state_not_allowed",
		],
		[
			"of a container",
			() => messages({ container: "container_1" }),
			400,
			"invalid_request_error",
			"vendor_state_not_allowed",
		],
	])("%s", async (_, ask, status, type, code) => {
		const { error, request_id, ...answer } = await failure(ask());
		expect(answer.status).toBe(status);
		expect(error).toMatchObject({ type, details: { error_code: code } });
		expect(answer.headers.get("request-id")).toBe(request_id);
	});

	test("when the method is not allowed", async () => {
		const { error, status } = await failure(send("http://gateway/v1/messages"));
		expect([status, error.type]).toEqual([405, "invalid_request_error"]);
	});

	test("when a budget is spent, which no client repeats", async () => {
		const { key } = await issueKey({ budgets: [{ limit_usd: "0.000001", window: "total" }] });
		const { error, status, headers } = await failure(messages({}, { "x-api-key": key }));
		expect([status, error.type]).toEqual([402, "billing_error"]);
		expect(headers.get("x-should-retry")).toBe("false");
	});

	test("when a key asks too often", async () => {
		const { key } = await issueKey({ limits: { requests_per_minute: 1 } });
		await (await messages({}, { "x-api-key": key })).text();
		const { error, status, headers } = await failure(messages({}, { "x-api-key": key }));
		expect([status, error.type]).toEqual([429, "rate_limit_error"]);
		expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
	});

	test("when the vendor is overloaded, and says that the prompt is too long in the words that clients look for", async () => {
		await fault({ provider: "anthropic", fault: "error", status: 529 });
		expect((await failure(messages({}))).error.type).toBe("overloaded_error");
		await mend();
		const { error } = await failure(messages({ model: "openai/gpt-4.1", messages: user("word ".repeat(1_500_000)) }));
		expect(error.message).toMatch(/^prompt is too long: .*maximum context length/);
	});

	test("in the middle of a stream, which then does not look complete", async () => {
		await fault({ provider: "anthropic", fault: "cut_mid_stream", after: 2 });
		const text = await (await messages({ stream: true, messages: user("Write 40 words") })).text();
		expect(text).toMatch(/event: error\ndata: \{"type":"error","error":\{[^\n]*\}\n\n$/);
		expect(text).not.toContain("message_stop");
	});
});

describe("the models", () => {
	const models = (path: string, headers: Record<string, string> = VERSION) =>
		send(`http://gateway/v1/models${path}`, { headers: { "x-api-key": DEMO_KEY, ...headers } });

	test("are listed in Anthropic's shape for its clients, and in OpenAI's for all others", async () => {
		const { data, has_more } = await (await models("?limit=1000")).json<{
			data: { id: string }[];
			has_more: boolean;
		}>();
		expect(has_more).toBe(false);
		const ids = (await (await models("", {})).json<{ data: { id: string }[] }>()).data.map(({ id }) => id);
		expect(data.map(({ id }) => id)).toEqual(ids);
	});

	test("are shown one by one, and one that is not there is an error of the same shape", async () => {
		expect(await (await models("/anthropic/claude-haiku-5-5")).json()).toMatchObject({
			type: "model",
			id: "anthropic/claude-haiku-5-5",
		});
		const { status, error } = await failure(models("/nope"));
		expect([status, error.type]).toEqual([404, "not_found_error"]);
	});
});

describe("a count of tokens", () => {
	test.each(BUILT_IN_PROVIDERS)("is an estimate for %s too, and costs nothing", async (provider) => {
		const { key } = await issueKey({ budgets: [{ limit_usd: "0.000001", window: "total" }] });
		const count = async (text: string) => {
			const body = { provider, messages: user(text), tools: [{ name: "f", input_schema: { type: "object" } }] };
			const answer = await post("/v1/messages/count_tokens", body, { "x-api-key": key });
			expect(answer.status).toBe(200);
			return (await answer.json<{ input_tokens: number }>()).input_tokens;
		};
		expect(await count("Hi")).toBeGreaterThan(5);
		expect(await count("Hi ".repeat(1000))).toBeGreaterThan(900);
	});

	test("of a model that is not there is an error", async () => {
		const answer = failure(post("/v1/messages/count_tokens", { model: "nope", messages: user("Hi") }));
		expect((await answer).error.type).toBe("not_found_error");
	});
});
