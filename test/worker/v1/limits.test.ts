import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { budget, KeyStub } from "#test/worker/money/key-stub";

const START = Date.UTC(2027, 4, 5, 12);

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
	vi.useRealTimers();
});

test("requests per minute refuse until the very millisecond that they named", async () => {
	const key = await KeyStub.make({ limits: { requestsPerMinute: 3 } });
	for (let n = 0; n < 3; n++) expect((await key.reserve(0)).outcome).toBe("granted");
	const limited = await key.reserve(0);
	expect(limited).toEqual({
		outcome: "limited",
		limit: "requestsPerMinute",
		most: 3,
		retryAfterMs: 20_000,
		figures: { requests: { limit: 3, remaining: 0, resetMs: 60_000 }, tokens: null },
		tightest: null,
	});
	vi.setSystemTime(START + 19_999);
	expect(await key.reserve(0)).toMatchObject({ outcome: "limited", retryAfterMs: 1 });
	vi.setSystemTime(START + 20_000);
	expect(await key.reserve(0)).toMatchObject({ outcome: "granted" });
});

test("tokens per minute count what was expected until it is known what was used", async () => {
	const key = await KeyStub.make({ limits: { tokensPerMinute: 100 }, budgets: [budget()] });
	const first = await key.reserve(10, { tokens: 100 });
	expect(await key.reserve(10, { tokens: 1 })).toMatchObject({ outcome: "limited", retryAfterMs: 600 });
	await key.stub.settle(key.batch([first], 5));
	expect(await key.reserve(10, { tokens: 90 })).toMatchObject({ outcome: "granted" });
	expect(await key.reserve(10, { tokens: 1 })).toMatchObject({ outcome: "limited", limit: "tokensPerMinute" });
});

test("places are freed when attempts end or run out of time, and kept by signs of life", async () => {
	const key = await KeyStub.make({ limits: { concurrentRequests: 2 }, budgets: [budget()] });
	const first = await key.reserve(10);
	await key.reserve(10, { attemptId: "long", openMs: 20_000 });
	expect(await key.reserve(10)).toMatchObject({ outcome: "limited", limit: "concurrentRequests", most: 2 });
	await key.stub.settle(key.batch([first], 5));
	await key.reserve(10, { openMs: 20_000 });
	await key.stub.extend("long", 60_000);
	vi.setSystemTime(START + 20_000);
	expect(await key.reserve(10)).toMatchObject({ outcome: "granted" });
	expect(await key.reserve(10)).toMatchObject({ outcome: "limited", retryAfterMs: 1_000 });
});

test("a day's requests are remembered when the object is evicted", async () => {
	const key = await KeyStub.make({ limits: { requestsPerDay: 2 } });
	await key.reserve(0);
	await key.reserve(0);
	vi.setSystemTime(START + 11_000);
	await runDurableObjectAlarm(key.stub);
	await evictDurableObject(key.stub);
	expect(await key.reserve(0)).toMatchObject({ outcome: "limited", limit: "requestsPerDay", retryAfterMs: 43_189_000 });
});

test("other limits hold at the next request and keep what was counted", async () => {
	const key = await KeyStub.make({ limits: { requestsPerMinute: 10 } });
	for (let n = 0; n < 5; n++) await key.reserve(0);
	await key.stub.configure({ ...key.registration, version: 2, limits: { requestsPerMinute: 5 } });
	expect(await key.reserve(0, { version: 2 })).toMatchObject({ outcome: "limited", most: 5, retryAfterMs: 12_000 });
});
