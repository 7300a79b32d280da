import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RequestId } from "#core/ids";
import { Claims } from "#durable-objects/api-key/idempotency";
import { ApiKeyObject } from "#durable-objects/api-key/object";
import type { Env } from "#env";
import { isolate } from "#simulator/isolate";
import { admin, type IssuedKey, issueKey } from "#test/worker/admin/admin-client";
import { events, failure, fault, mend, send, user } from "#test/worker/gateway";
import { KeyStub } from "#test/worker/money/key-stub";

const bindings = env as unknown as Env;
const HOUR = 3_600_000;

beforeEach(async () => {
	isolate.renew();
	await send("http://gateway/_simulator/billing", { method: "DELETE" });
});
afterEach(async () => {
	await mend();
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const BODY = { model: "openai/gpt-6-luna", messages: user("Hi"), max_completion_tokens: 50 };

/** A request of a key under an idempotency key. */
function ask({ key }: IssuedKey, idempotencyKey: string | null, body: object = BODY): Promise<Response> {
	return send("http://gateway/v1/chat/completions", {
		method: "POST",
		headers: {
			authorization: `Bearer ${key}`,
			...(idempotencyKey !== null && { "idempotency-key": idempotencyKey }),
		},
		body: JSON.stringify(body),
	});
}

interface Books {
	requests: number;
	unbilled: number;
	total_nano_usd: number;
}

async function books(): Promise<Books> {
	return (await send("http://gateway/_simulator/billing")).json<Books>();
}

async function settled({ id }: IssuedKey): Promise<number> {
	const { body } = await admin("GET", `/keys/${id}/budget`);
	const [budget] = body.budgets as { settled_nano_usd: number }[];
	return budget?.settled_nano_usd ?? Number.NaN;
}

const governed = () => issueKey({ budgets: [{ limit_usd: "10.00", window: "total" }] });
const codeOf = async (answer: Promise<Response>) => (await failure(answer)).error.code;

describe("50 identical requests at once under one idempotency key", () => {
	test.each([false, true])("are one upstream call and one charge (stream: %s)", async (stream) => {
		const key = await governed();
		await fault({ fault: "latency", ms: 50 });
		const all = await Promise.all(Array.from({ length: 50 }, () => ask(key, "order-1", { ...BODY, stream })));
		const served = all.filter(({ status }) => status === 200);
		expect(served).toHaveLength(1);
		const id = served[0]?.headers.get("x-request-id");
		await served[0]?.text();
		for (const answer of all.filter(({ status }) => status !== 200)) {
			const { status, error } = await failure(answer);
			expect(status).toBe(409);
			expect(error.code).toMatch(/^idempotency_(in_flight|replayed)$/);
			expect(error.message).toContain(id);
		}
		const { requests, unbilled, total_nano_usd } = await books();
		expect({ requests, unbilled }).toEqual({ requests: 1, unbilled: 0 });
		await vi.waitFor(async () => expect(await settled(key)).toBe(total_nano_usd));
	});

	test("without one are 50 calls", async () => {
		const key = await governed();
		const all = await Promise.all(Array.from({ length: 50 }, () => ask(key, null)));
		expect(all.map(({ status }) => status)).toEqual(Array(50).fill(200));
		expect((await books()).requests).toBe(50);
	});
});

test("a request under way is named with a time to ask again; a served one with word not to", async () => {
	const key = await governed();
	await fault({ fault: "hang_after_headers", after: 2, times: 1 });
	const running = await ask(key, "k", { ...BODY, stream: true });
	const id = running.headers.get("x-request-id");
	const under = await failure(ask(key, "k", { ...BODY, stream: true }));
	expect(under).toMatchObject({ status: 409, error: { code: "idempotency_in_flight" } });
	expect(under.headers.get("retry-after")).toBe("2");
	expect(under.headers.get("x-should-retry")).toBeNull();
	expect(under.error.metadata).toEqual({ original_request_id: id });
	await running.body?.cancel();
	// What was cut is charged, so it must not run again.
	await vi.waitFor(async () => {
		const over = await failure(ask(key, "k", { ...BODY, stream: true }));
		expect(over).toMatchObject({ status: 409, error: { code: "idempotency_replayed" } });
		expect(over.headers.get("x-should-retry")).toBe("false");
		expect(over.error.metadata).toEqual({ original_request_id: id });
	});
});

test("another body under the same key is refused, on the same route of the same key only", async () => {
	const [one, other] = [await governed(), await governed()];
	expect((await ask(one, "k")).status).toBe(200);
	const mismatch = await failure(ask(one, "k", { ...BODY, max_completion_tokens: 51 }));
	expect(mismatch).toMatchObject({ status: 422, error: { code: "idempotency_mismatch" } });
	expect(mismatch.headers.get("x-should-retry")).toBe("false");
	expect((await ask(other, "k", { ...BODY, max_completion_tokens: 51 })).status).toBe(200);
	expect((await ask(one, "k2", { ...BODY, max_completion_tokens: 51 })).status).toBe(200);
});

test("what was served is remembered when the object is evicted", async () => {
	const key = await governed();
	expect((await ask(key, "k")).status).toBe(200);
	await vi.waitFor(async () => expect(await codeOf(ask(key, "k"))).toBe("idempotency_replayed"));
	await evictDurableObject(bindings.API_KEYS.getByName(key.id));
	expect(await codeOf(ask(key, "k"))).toBe("idempotency_replayed");
	expect((await books()).requests).toBe(1);
});

test.each([
	["an upstream that refuses", { fault: "error", status: 503 }],
	["a connection that fails", { fault: "reset" }],
])("a request that failed unbilled, by %s, may run again at once", async (_, what) => {
	const key = await governed();
	// The only candidate is asked once more.
	await fault({ ...what, times: 2 });
	expect((await failure(ask(key, "k"))).status).toBeGreaterThanOrEqual(500);
	expect((await ask(key, "k")).status).toBe(200);
	await vi.waitFor(async () => expect(await codeOf(ask(key, "k"))).toBe("idempotency_replayed"));
});

test("a request that met a limit may run again under its key", async () => {
	const key = await issueKey({ limits: { requests_per_minute: 1 } });
	expect((await ask(key, null)).status).toBe(200);
	expect((await failure(ask(key, "k"))).status).toBe(429);
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
	expect((await ask(key, "k")).status).toBe(200);
});

test("a request that is wrong leaves its key free, also for another body", async () => {
	const key = await governed();
	expect((await ask(key, "k", { ...BODY, messages: [] })).status).toBe(400);
	expect((await ask(key, "k")).status).toBe(200);
});

test("a stream that broke after it was charged does not run again", async () => {
	const key = await governed();
	await fault({ fault: "cut_mid_stream", times: 1 });
	const broken = await ask(key, "k", { ...BODY, stream: true });
	expect((await events(broken)).at(-1)).toContain('"error"');
	await vi.waitFor(async () =>
		expect(await codeOf(ask(key, "k", { ...BODY, stream: true }))).toBe("idempotency_replayed"),
	);
});

test("the object is asked once before the answer with an idempotency key, and never without", async () => {
	const key = await governed();
	const claim = vi.spyOn(ApiKeyObject.prototype, "claim");
	await ask(key, null);
	expect(claim).not.toHaveBeenCalled();
	await ask(key, "k");
	expect(claim).toHaveBeenCalledOnce();
});

test("an object that cannot answer refuses the request, and nothing is sent", async () => {
	const key = await governed();
	vi.spyOn(ApiKeyObject.prototype, "claim").mockImplementation(() => {
		throw new Error("the disk is full");
	});
	expect(await failure(ask(key, "k"))).toMatchObject({ status: 503, error: { code: "idempotency_unavailable" } });
	expect(await books()).toMatchObject({ requests: 0, unbilled: 0 });
});

test.each([
	["an empty one", ""],
	["one that is too long", "x".repeat(256)],
	["one that cannot be printed", "a\u00e4"],
])("%s is no idempotency key", async (_, idempotencyKey) => {
	const key = await governed();
	expect((await failure(ask(key, idempotencyKey))).status).toBe(400);
	expect(await books()).toMatchObject({ requests: 0, unbilled: 0 });
});

describe("claims", () => {
	const request = (n: number, body = "b") => ({ id: "id", body, requestId: `req_${n}` as RequestId });
	const START = Date.UTC(2027, 4, 5, 12);

	/** A key's object, with its clock set. */
	async function keyAt(now: number): Promise<KeyStub> {
		vi.useFakeTimers({ toFake: ["Date"], now });
		return KeyStub.make({});
	}

	test("may be asked for again by the same request", async () => {
		const key = await keyAt(START);
		expect(await key.stub.claim(request(1))).toEqual({ outcome: "claimed" });
		expect(await key.stub.claim(request(1))).toEqual({ outcome: "claimed" });
		expect(await key.stub.claim(request(2))).toEqual({ outcome: "in_flight", requestId: "req_1" });
	});

	test("are ended by their own request only", async () => {
		const key = await keyAt(START);
		await key.stub.claim(request(1));
		await key.stub.endClaim("id", "req_2" as RequestId, false);
		expect(await key.stub.claim(request(2))).toMatchObject({ outcome: "in_flight" });
		await key.stub.endClaim("id", "req_1" as RequestId, false);
		expect(await key.stub.claim(request(2))).toEqual({ outcome: "claimed" });
		await key.stub.endClaim("id", "req_1" as RequestId, false);
		expect(await key.stub.claim(request(3))).toEqual({ outcome: "in_flight", requestId: "req_2" });
	});

	test("of a request that was never heard of again count as served after 15 minutes", async () => {
		const key = await keyAt(START);
		await key.stub.claim(request(1));
		vi.setSystemTime(START + 15 * 60_000 - 1);
		expect(await key.stub.claim(request(2))).toMatchObject({ outcome: "in_flight" });
		vi.setSystemTime(START + 15 * 60_000);
		expect(await key.stub.claim(request(2))).toEqual({ outcome: "done", requestId: "req_1" });
	});

	test("bind for 24 hours and are forgotten by the alarm", async () => {
		const key = await keyAt(START);
		await key.stub.claim(request(1));
		await key.stub.endClaim("id", "req_1" as RequestId, true);
		await key.stub.claim({ ...request(2), id: "other" });
		const rows = () =>
			runInDurableObject(key.stub, (_, { storage }) => storage.sql.exec("SELECT id FROM claims").toArray().length);
		vi.setSystemTime(START + 24 * HOUR - 1);
		expect(await key.stub.claim(request(3))).toMatchObject({ outcome: "done" });
		vi.setSystemTime(START + 24 * HOUR);
		expect(await key.stub.claim(request(3))).toEqual({ outcome: "claimed" });
		expect(await rows()).toBe(2);
		expect(await runDurableObjectAlarm(key.stub)).toBe(true);
		expect(await rows()).toBe(1);
		vi.setSystemTime(START + 48 * HOUR);
		expect(await runDurableObjectAlarm(key.stub)).toBe(true);
		expect(await rows()).toBe(0);
		expect(await runDurableObjectAlarm(key.stub)).toBe(false);
	});

	test("are no more than there is room for, and again as many when the old ones are forgotten", async () => {
		const key = await keyAt(START);
		await runInDurableObject(key.stub, (_, { storage }) => {
			const claims = new Claims(storage, 3);
			const claim = (n: number, now: number) =>
				claims.claim({ id: `id${n}`, body: "b", requestId: `req_${n}` as RequestId }, now);
			for (let n = 0; n < 3; n++) expect(claim(n, START + n * HOUR).outcome).toBe("claimed");
			const full = claim(3, START + 3 * HOUR);
			expect(full).toEqual({ outcome: "full", retryAfterMs: 21 * HOUR });
			expect(claim(1, START + 3 * HOUR).outcome).toBe("claimed");
			claims.end("id1", "req_1" as RequestId, false);
			expect(claim(3, START + 3 * HOUR).outcome).toBe("claimed");
			expect(claim(4, START + 24 * HOUR - 1).outcome).toBe("full");
			expect(claim(4, START + 25 * HOUR).outcome).toBe("claimed");
			// A copy that takes over counts what is stored.
			expect(new Claims(storage, 3).claim({ ...request(9), id: "new" }, START + 25 * HOUR).outcome).toBe("full");
		});
	});
});
