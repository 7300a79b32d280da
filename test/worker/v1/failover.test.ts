import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { ApiKeyObject } from "#durable-objects/api-key/object";
import { admin, type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { chat, events, failure, fault, mend, send, user } from "#test/worker/gateway";
import { watchRecords } from "#test/worker/usage/records";

const ANSWERING = "deepseek/deepseek-flash";

beforeAll(async () => {
	const models = ["openai/gpt-6-luna", ANSWERING];
	const created = await admin("POST", "/aliases", { name: "steady", models, sticky: false });
	if (created.status !== 201) throw new Error(created.text);
});
afterEach(async () => {
	vi.restoreAllMocks();
	await mend();
});

const ask = (stream: boolean, headers: Record<string, string> = {}) =>
	chat({ model: "steady", stream, messages: user("Hi") }, headers);

describe.each([false, true])("an alias whose first provider fails, stream %s", (stream) => {
	test("is served by the second, and says so", async () => {
		await fault({ provider: "openai", fault: "error", status: 500 });
		const recordOf = watchRecords();
		const answer = await ask(stream, { "x-tollgate-metadata": '{"run":"7"}', "user-agent": "cli/1.0 (test)" });
		expect(answer.status).toBe(200);
		await answer.text();
		expect(Object.fromEntries(answer.headers)).toMatchObject({
			"x-tollgate-provider": "deepseek",
			"x-tollgate-model": "deepseek-flash",
			"x-tollgate-strategy": "priority",
			"x-tollgate-attempts": "openai:500,deepseek:200",
		});
		expect(await recordOf(answer)).toMatchObject({
			app: "cli/1.0",
			metadata: { run: "7" },
			stream,
			requestedModel: "steady",
			alias: "steady",
			strategy: "priority",
			provider: "deepseek",
			status: 200,
			errorCode: null,
			attempts: [
				{ provider: "openai", end: "failed", fault: "server", upstreamStatus: 500, cost: 0 },
				{ provider: "deepseek", end: "answered", fault: null, upstreamStatus: 200 },
			],
		});
	});

	test("is served by the second when the first has nothing to say", async () => {
		await fault({ provider: "openai", fault: "says_nothing" });
		const recordOf = watchRecords();
		const answer = await ask(stream);
		expect([answer.status, answer.headers.get("x-tollgate-provider")]).toEqual([200, "deepseek"]);
		await answer.text();
		expect(await recordOf(answer)).toMatchObject({
			attempts: [
				{ provider: "openai", end: "failed", fault: "empty", upstreamStatus: 200 },
				{ provider: "deepseek", end: "answered", fault: null },
			],
		});
	});

	test("is an error that tells of both when the second fails too", async () => {
		await fault({ provider: "openai", fault: "error", status: 500 }, { provider: "deepseek", fault: "reset" });
		const recordOf = watchRecords();
		const { status, error, headers } = await failure(ask(stream));
		expect({ status, code: error.code }).toEqual({ status: 502, code: "upstream_error" });
		expect(error.metadata?.attempts).toMatchObject([
			{ target: "openai/gpt-6-luna", reason: "server", upstream_status: 500 },
			{ target: ANSWERING, reason: "connect" },
		]);
		expect(headers.get("x-tollgate-attempts")).toBe("openai:500,deepseek:connect");
		expect(headers.get("x-should-retry")).toBe("false");
		expect(await recordOf({ headers })).toMatchObject({
			status: 502,
			errorCode: "upstream_error",
			provider: "deepseek",
		});
	});

	test("asks nobody else when the request itself is refused", async () => {
		await fault({ provider: "openai", fault: "error", status: 400, body: { error: { message: "no", code: "bad" } } });
		const { status, headers } = await failure(ask(stream));
		expect(status).toBe(400);
		expect(headers.get("x-tollgate-attempts")).toBe("openai:400");
	});
});

test("a stream that breaks after its first byte ends in an error, and is in the books as cut", async () => {
	await fault({ provider: "openai", fault: "cut_mid_stream", after: 6 });
	const recordOf = watchRecords();
	const answer = await chat({ model: "steady", stream: true, messages: user("Write 20 words") });
	expect(answer.headers.get("x-tollgate-attempts")).toBe("openai:200");
	expect(JSON.parse((await events(answer)).at(-1) ?? "").error.message).toMatch(/^\[openai\] /);
	expect(await recordOf(answer)).toMatchObject({
		status: 200,
		errorCode: "upstream_error",
		attempts: [{ provider: "openai", end: "cut", fault: "truncated" }],
	});
});

test("a request that is refused before anybody is asked is in the books", async () => {
	const recordOf = watchRecords();
	const refused = await failure(chat({ model: "no-such-model", messages: user("Hi") }));
	expect(await recordOf(refused)).toMatchObject({
		status: 404,
		errorCode: "model_not_found",
		provider: null,
		attempts: [],
	});
});

describe("with a budget", () => {
	let key: IssuedKey;
	beforeAll(async () => {
		key = await issueKey({ budgets: [{ limit_usd: "1.00", window: "total" }] });
	});
	const authorized = () => ({ authorization: `Bearer ${key.key}` });

	test("each attempt is held for by itself", async () => {
		const reserve = vi.spyOn(ApiKeyObject.prototype, "reserve");
		await fault({ provider: "openai", fault: "error", status: 503 });
		const answer = await ask(false, authorized());
		expect(answer.status).toBe(200);
		await answer.text();
		const requests = reserve.mock.calls.map(([request]) => request);
		expect(requests.map(({ scope }) => scope.provider)).toEqual(["openai", "deepseek"]);
		expect(requests.map(({ attemptId }) => attemptId.slice(-2))).toEqual([".1", ".2"]);
		expect(requests.map(({ further }) => further)).toEqual([undefined, true]);
	});

	test("an alias uses its cheaper model once much has been spent, and says so", async () => {
		const downgrade = { above: 0, model: ANSWERING };
		await admin("POST", "/aliases", { name: "thrifty", models: ["openai/gpt-4o"], downgrade });
		const { key: fresh } = await issueKey({ budgets: [{ limit_usd: "1.00", window: "total" }] });
		const served = async () => {
			const headers = { authorization: `Bearer ${fresh}` };
			const answer = await chat({ model: "thrifty", max_tokens: 10, messages: user("Hi") }, headers);
			await answer.text();
			return ["x-tollgate-provider", "x-tollgate-downgraded-from"].map((name) => answer.headers.get(name));
		};
		expect(await served()).toEqual(["openai", null]);
		expect(await served()).toEqual(["deepseek", "openai/gpt-4o"]);
	});

	test("a request with an idempotency key that fails over runs once, and is used up by what it spent", async () => {
		await fault({ provider: "openai", fault: "error", status: 500 });
		const headers = { ...authorized(), "idempotency-key": "failover-1" };
		const answer = await ask(false, headers);
		expect(answer.status).toBe(200);
		await answer.text();
		await vi.waitFor(async () => {
			const { status, error } = await failure(ask(false, headers));
			expect({ status, code: error.code }).toEqual({ status: 409, code: "idempotency_replayed" });
		});
	});

	test("an idempotency key is free again when every attempt came to nothing", async () => {
		await fault(
			{ provider: "openai", fault: "error", status: 500 },
			{ provider: "deepseek", fault: "error", status: 500 },
		);
		const headers = { ...authorized(), "idempotency-key": "failover-2" };
		expect((await failure(ask(false, headers))).status).toBe(502);
		await fault();
		const answer = await ask(false, headers);
		expect(answer.status).toBe(200);
		await answer.text();
	});
});

describe("the dry run", () => {
	const look = (body: object) =>
		send("http://gateway/v1/route", {
			method: "POST",
			headers: { authorization: "Bearer test-key-123" },
			body: JSON.stringify(body),
		});

	test("shows who would be asked, in order, and what it could cost", async () => {
		const answer = await look({ model: "steady", messages: user("Hi"), max_tokens: 10 });
		expect(answer.status).toBe(200);
		expect(await answer.json()).toMatchObject({
			object: "route",
			alias: "steady",
			strategy: "priority",
			candidates: [
				{ provider: "openai", model: "gpt-6-luna", most_usd: expect.stringMatching(/^0\.0/) },
				{ provider: "deepseek", model: "deepseek-flash" },
			],
		});
	});

	test("says of whom the request cannot be asked, and of which field", async () => {
		const answer = await look({ models: ["anthropic/claude-haiku-5-5", ANSWERING], messages: user("Hi"), n: 2 });
		const { candidates, excluded } = await answer.json<{ candidates: object[]; excluded: object[] }>();
		expect(excluded.length + candidates.length).toBe(2);
		expect(excluded).toContainEqual({ target: "anthropic/claude-haiku-5-5", reason: expect.any(String), until: null });
	});

	test("is refused as the request would be", async () => {
		expect((await failure(look({ model: "no-such-model", messages: user("Hi") }))).status).toBe(404);
		expect((await failure(look({ model: "steady" }))).status).toBe(400);
	});
});
