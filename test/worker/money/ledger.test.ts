import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { ProviderName } from "#core/ids";
import type { Env } from "#env";
import { requestId } from "#test/support/usage-records";
import { budget, held, KeyStub, outcomes } from "./key-stub";
import { written } from "./rows-written";

const bindings = env as unknown as Env;

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

test("50 requests at once hold as much as the budget has, and not a nano-dollar more", async () => {
	const key = await KeyStub.make({ budgets: [budget({ limit: 29_999 })] });
	const all = await Promise.all(Array.from({ length: 50 }, () => key.reserve(1_000)));
	expect(outcomes(all)).toEqual({ granted: 29, exhausted: 21 });
	expect(await key.budgetState()).toMatchObject({ reserved: 29_000, remaining: 999 });
});

test("a repeated attempt holds once and a repeated batch settles once, also by a fresh copy of the object", async () => {
	const key = await KeyStub.make({ budgets: [budget({ limit: 1_000 })] });
	const first = await key.reserve(600, { attemptId: "one" });
	expect(await key.reserve(600, { attemptId: "one" })).toEqual(first);
	const batch = key.batch([first], 200);
	expect(await key.stub.settle(batch)).toBe("applied");
	expect(await key.stub.settle(batch)).toBe("repeated");
	await evictDurableObject(key.stub);
	expect(await key.stub.settle(batch)).toBe("repeated");
	expect(await key.budgetState()).toMatchObject({ settled: 200, remaining: 800 });
});

describe.each([
	["is evicted", (key: KeyStub) => evictDurableObject(key.stub)],
	["is aborted", () => abortAllDurableObjects()],
])("when the object %s", (_, stop) => {
	test("everything that was allowed counts as spent, and settlements prove the rest", async () => {
		const key = await KeyStub.make({ budgets: [budget({ limit: 100_000 })] });
		const before = [];
		for (let n = 0; n < 10; n++) before.push(await key.reserve(1_000));
		await stop(key);
		const { remaining, unproven } = await key.budgetState();
		expect(remaining + unproven).toBe(100_000);
		expect(unproven).toBeGreaterThanOrEqual(10_000);
		const after = await Promise.all(Array.from({ length: 120 }, () => key.reserve(1_000)));
		expect(held([...before, ...after])).toBeLessThanOrEqual(100_000);
		await key.stub.settle(key.batch(before, 100));
		expect(await key.budgetState()).toMatchObject({ settled: 1_000, reserved: held(after) });
	});

	test("after it fell idle nothing is unproven", async () => {
		const key = await KeyStub.make({ budgets: [budget({ limit: 100_000 })] });
		const all = [];
		for (let n = 0; n < 10; n++) all.push(await key.reserve(1_000));
		await key.stub.settle(key.batch(all, 100));
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11_000 });
		expect(await runDurableObjectAlarm(key.stub)).toBe(true);
		await stop(key);
		expect(await key.budgetState()).toMatchObject({ settled: 1_000, unproven: 0, remaining: 99_000 });
	});
});

test("a job is brought to its true cost once, in its budget, the log and the roll-ups", async () => {
	const key = await KeyStub.make({ budgets: [budget({ limit: 1_000 })] });
	const { keyId } = key.registration;
	const at = Date.now();
	const id = requestId(at);
	const granted = await key.reserve(900, { attemptId: `${id}.1` });
	const batch = key.batch([granted], 900);
	const [first] = batch.items;
	if (first === undefined || first.token === null) throw new Error("nothing is held");
	await key.stub.settle({ ...batch, items: [{ ...first, estimated: true, jobId: "video_1" }] });
	const target = { provider: "openai" as ProviderName, model: "gpt-6" };
	const { attemptId, token } = first;
	const truth = { jobId: "video_1", createdAt: at, attemptId, token, ...target, actual: 250 };
	await evictDurableObject(key.stub);
	expect(await key.stub.lateCost(truth)).toBe("applied");
	await evictDurableObject(key.stub);
	expect(await key.stub.lateCost(truth)).toBe("repeated");
	await expect(key.stub.lateCost({ ...truth, jobId: "video_2" })).resolves.toBe("early");
	expect(await key.budgetState()).toMatchObject({ settled: 250, remaining: 750 });
	await key.stub.sweep();
	const logged = "SELECT id, cost, estimated FROM request_log WHERE key_id = ?";
	expect((await bindings.DB.prepare(logged).bind(keyId).all()).results).toEqual([{ id, cost: 250, estimated: 0 }]);
	for (const table of ["usage_hourly", "usage_daily"]) {
		const summed = `SELECT provider, model, cost, estimated_cost FROM ${table} WHERE key_id = ?`;
		const rows = (await bindings.DB.prepare(summed).bind(keyId).all()).results;
		expect(rows).toEqual([{ ...target, cost: 250, estimated_cost: 0 }]);
	}
});

describe("what is written", () => {
	test("is nothing for a burst within the head-room", async () => {
		const key = await KeyStub.make({ budgets: [budget({ limit: 1e12 })], limits: { requestsPerMinute: 1_000 } });
		for (let n = 0; n < 100; n++) await key.reserve(1_000);
		await key.reserve(200_000);
		const { rows, alarms } = await written(key, async () => {
			const all = await Promise.all(Array.from({ length: 100 }, () => key.reserve(1_000)));
			expect(outcomes(all)).toEqual({ granted: 100 });
		});
		expect({ rows, alarms }).toEqual({ rows: 0, alarms: 0 });
	});

	test("is on average well under a row a request with batches of 32", async () => {
		const budgets = [budget({ limit: 1e12 }), budget({ id: "month", limit: 1e12, window: "month" })];
		const key = await KeyStub.make({ budgets, limits: { requestsPerMinute: 100_000 } });
		const { rows } = await written(key, async () => {
			for (let n = 0; n < 10; n++) {
				const granted = await Promise.all(Array.from({ length: 32 }, () => key.reserve(1_000_000)));
				await key.stub.settle(key.batch(granted, 300_000));
			}
		});
		expect(rows).toBeGreaterThan(0);
		expect(rows / 320).toBeLessThan(0.5);
	});

	test("is forgotten when no repetition can reach it any more, but for what admins changed", async () => {
		const key = await KeyStub.make({ budgets: [budget()] });
		await key.stub.settle(key.batch([await key.reserve(1_000)], 100));
		await key.stub.adjust({
			id: "top-up",
			budgetId: "b",
			kind: "adjustment",
			amount: 5,
			reason: "more",
			at: Date.now(),
		});
		const kept = (table: string) =>
			runInDurableObject(key.stub, (_, { storage }) => storage.sql.exec(`SELECT id FROM ${table}`).toArray());
		const begin = Date.now();
		vi.useFakeTimers({ toFake: ["Date"], now: begin + 3_600_000 });
		await runDurableObjectAlarm(key.stub);
		expect(await kept("outbox")).toHaveLength(1);
		vi.setSystemTime(begin + 3 * 3_600_000);
		expect(await runDurableObjectAlarm(key.stub)).toBe(true);
		expect(await kept("outbox")).toEqual([]);
		expect(await kept("records")).toEqual([{ id: "top-up" }]);
	});
});

test("storage that fails refuses the request and counts nothing", async () => {
	const key = await KeyStub.make({ budgets: [budget({ limit: 1_000 })], limits: { requestsPerMinute: 10 } });
	await runInDurableObject(key.stub, (_, { storage }) => {
		Object.defineProperty(storage, "transactionSync", {
			configurable: true,
			value: () => {
				throw new Error("the disk is full");
			},
		});
	});
	await expect(key.reserve(600)).rejects.toThrow("the disk is full");
	await runInDurableObject(key.stub, (_, { storage }) => {
		Reflect.deleteProperty(storage, "transactionSync");
	});
	expect((await key.stub.budgetStatus()).figures.requests).toMatchObject({ remaining: 10 });
	expect((await key.reserve(1_000)).outcome).toBe("granted");
});

test("amounts far beyond 32 bits are kept to the nano-dollar", async () => {
	const limit = 3_999_999_999_999_999;
	const key = await KeyStub.make({ budgets: [budget({ limit })] });
	const all = [await key.reserve(limit - 1)];
	await key.stub.settle(key.batch(all, limit - 2));
	await evictDurableObject(key.stub);
	expect(await key.budgetState()).toMatchObject({ settled: limit - 2, remaining: 2 });
	expect((await key.reserve(3)).outcome).toBe("exhausted");
	expect((await key.reserve(2)).outcome).toBe("granted");
});
