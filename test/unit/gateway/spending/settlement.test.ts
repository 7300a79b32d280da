import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { KeyId } from "#core/ids";
import type { BatchOutcome, EndedAttempt, EndedBatch } from "#core/key-object/settlement";
import type { Env } from "#env";
import { Settlements } from "#gateway/spending/settlement";
import { PLATFORM } from "#lib/platform";
import { requestId, requestRecord } from "#test/support/usage-records";

const KEY = "key_1" as KeyId;

let settlements: Settlements;
let received: EndedBatch[] = [];
const take = vi.fn<(batch: EndedBatch) => Promise<BatchOutcome>>();
const waitUntil = vi.fn<(work: Promise<unknown>) => void>();
const env = { API_KEYS: { getByName: () => ({ settle: take }) } as unknown as Env["API_KEYS"] };
/** One request, and others. */
const on = { env, execution: { waitUntil } };
const another = () => ({ env, execution: { waitUntil } });

function ended(attemptId: string): EndedAttempt {
	return { attemptId, token: null, actual: 1, estimated: false, void: false, tokens: 2 };
}

function ids(): string[][] {
	return received.map(({ items }) => items.map(({ attemptId }) => attemptId));
}

beforeEach(() => {
	vi.useFakeTimers();
	settlements = new Settlements(PLATFORM);
	received = [];
	waitUntil.mockClear();
	take.mockImplementation(async (batch) => {
		received.push(batch);
		return "applied";
	});
});
afterEach(() => {
	vi.useRealTimers();
});

describe("settlements", () => {
	it("of one key that end within 20 ms travel together, and two requests live on for it", async () => {
		settlements.settle(on, KEY, ended("a"));
		settlements.settle(on, KEY, ended("b"));
		expect(waitUntil).toHaveBeenCalledTimes(1);
		await vi.advanceTimersByTimeAsync(19);
		for (const id of ["c", "d", "e"]) settlements.settle(another(), KEY, ended(id));
		expect(waitUntil).toHaveBeenCalledTimes(2);
		await vi.advanceTimersByTimeAsync(1);
		settlements.settle(on, KEY, ended("f"));
		await vi.advanceTimersByTimeAsync(20);
		expect(ids()).toEqual([["a", "b", "c", "d", "e"], ["f"]]);
		await vi.advanceTimersByTimeAsync(10_000);
		expect(received).toHaveLength(2);
		expect(vi.getTimerCount()).toBe(0);
	});

	it("of different keys do not", async () => {
		settlements.settle(on, KEY, ended("a"));
		settlements.settle(on, "key_2" as KeyId, ended("b"));
		await vi.advanceTimersByTimeAsync(20);
		expect(ids()).toEqual([["a"], ["b"]]);
	});

	it("are delivered by the second request when the first is cut off while it waits", async () => {
		settlements.settle(on, KEY, ended("a"));
		// The runtime drops the timers of a request that it cuts off.
		vi.clearAllTimers();
		settlements.settle(another(), KEY, ended("b"));
		settlements.settle(another(), KEY, ended("c"));
		await vi.advanceTimersByTimeAsync(999);
		expect(received).toEqual([]);
		await vi.advanceTimersByTimeAsync(1);
		expect(ids()).toEqual([["a", "b", "c"]]);
	});

	it("are delivered by the second request, under the same id, when the first is cut off while it sends", async () => {
		take.mockImplementationOnce(async (batch) => {
			received.push(batch);
			return await new Promise<never>(() => {});
		});
		settlements.settle(on, KEY, ended("a"));
		await vi.advanceTimersByTimeAsync(20 - 1);
		settlements.settle(another(), KEY, ended("b"));
		await vi.advanceTimersByTimeAsync(1_000);
		expect(ids()).toEqual([
			["a", "b"],
			["a", "b"],
		]);
		expect(new Set(received.map(({ id }) => id)).size).toBe(1);
	});

	it("are sent no more by either once the other has delivered them", async () => {
		take.mockRejectedValueOnce(new Error("lost")).mockRejectedValueOnce(new Error("lost again"));
		settlements.settle(on, KEY, ended("a"));
		settlements.settle(another(), KEY, ended("b"));
		await vi.advanceTimersByTimeAsync(60_000);
		expect(ids()).toEqual([["a", "b"]]);
	});

	it("are taken over by the next that comes when both are cut off", async () => {
		settlements.settle(on, KEY, ended("a"));
		settlements.settle(another(), KEY, ended("b"));
		vi.clearAllTimers();
		await vi.advanceTimersByTimeAsync(1_000);
		settlements.settle(on, KEY, ended("c"));
		settlements.settle(on, KEY, ended("d"));
		await vi.advanceTimersByTimeAsync(20);
		expect(ids()).toEqual([["a", "b", "c", "d"]]);
	});

	it("go out once when the request that gathers them was only late", async () => {
		settlements.settle(on, KEY, ended("a"));
		vi.setSystemTime(Date.now() + 1_000);
		settlements.settle(another(), KEY, ended("b"));
		await vi.advanceTimersByTimeAsync(10_000);
		expect(ids()).toEqual([["a", "b"]]);
	});

	it("are sent again under the same id until the object confirms them", async () => {
		take.mockRejectedValueOnce(new Error("lost")).mockRejectedValueOnce(new Error("lost again"));
		settlements.settle(on, KEY, ended("a"));
		await vi.advanceTimersByTimeAsync(10_000);
		expect(ids()).toEqual([["a"]]);
		expect(new Set(take.mock.calls.map(([{ id }]) => id)).size).toBe(1);
	});
});

describe("a batch that the object refuses", () => {
	/** As the runtime hands on what an object's own code throws. */
	const refusal = () => Object.assign(new Error("cannot be stored"), { remote: true });
	const poisoned = requestRecord({ requestId: requestId(1), metadata: { poison: "x" }, endUser: "ann" });
	const record = requestRecord({ requestId: requestId(2), metadata: { team: "blue" } });

	/** All that was applied, by attempt or request. */
	const applied = () =>
		received.flatMap(({ items, requests = [] }) => [
			...items.map(({ attemptId }) => attemptId),
			...requests.map(({ requestId: id }) => id),
		]);

	beforeEach(() => {
		vi.spyOn(console, "error").mockImplementation(() => {});
		take.mockImplementation(async (batch) => {
			if (batch.requests?.some(({ metadata }) => "poison" in metadata)) throw refusal();
			received.push(batch);
			return "applied";
		});
	});
	afterEach(() => vi.restoreAllMocks());

	it("is halved until the one bad record stands alone, and only that loses its labels", async () => {
		const charges = Array.from({ length: 50 }, (_, n) => `${n}`);
		for (const id of charges.slice(0, 20)) settlements.settle(on, KEY, ended(id));
		settlements.record(on, KEY, poisoned);
		settlements.record(on, KEY, record);
		for (const id of charges.slice(20)) settlements.settle(on, KEY, ended(id));
		await vi.advanceTimersByTimeAsync(2_000);
		expect(applied().sort()).toEqual([...charges, poisoned.requestId, record.requestId].sort());
		const records = received.flatMap(({ requests = [] }) => requests);
		const nothing = { app: null, session: null, endUser: null, metadata: {}, requestedModel: null, alias: null };
		expect(records.find(({ requestId: id }) => id === poisoned.requestId)).toEqual({ ...poisoned, ...nothing });
		expect(records.find(({ requestId: id }) => id === record.requestId)).toEqual(record);
		expect(vi.getTimerCount()).toBe(0);
	});

	it("is sent in parts with one time of sending, each of which says what it is a part of", async () => {
		settlements.record(on, KEY, poisoned);
		settlements.settle(on, KEY, ended("a"));
		await vi.advanceTimersByTimeAsync(2_000);
		const [whole] = take.mock.calls.map(([batch]) => batch);
		expect(whole?.partOf).toBeUndefined();
		expect(new Set(take.mock.calls.map(([{ sentAt }]) => sentAt)).size).toBe(1);
		expect(received.map(({ partOf }) => partOf?.[0])).toEqual([whole?.id, whole?.id]);
		expect(received.find(({ requests }) => requests?.length === 1)?.partOf).toHaveLength(2);
		expect(new Set(take.mock.calls.map(([{ id }]) => id)).size).toBe(4);
	});

	it("keeps the labels of a record that was refused by accident", async () => {
		take.mockReset();
		for (let times = 0; times < 4; times++) take.mockRejectedValueOnce(refusal());
		take.mockImplementation(async (batch) => {
			received.push(batch);
			return "applied";
		});
		settlements.record(on, KEY, record);
		await vi.advanceTimersByTimeAsync(2_000);
		expect(received.map(({ requests }) => requests)).toEqual([[record]]);
	});

	it("is not split when the object was only out of reach", async () => {
		take.mockRejectedValueOnce(new Error("lost")).mockRejectedValueOnce(new Error("lost again"));
		settlements.settle(on, KEY, ended("a"));
		settlements.record(on, KEY, record);
		await vi.advanceTimersByTimeAsync(10_000);
		expect(received).toHaveLength(1);
		expect(received[0]?.partOf).toBeUndefined();
	});

	it("is looked after part by part when the request that splits it is cut off", async () => {
		let isCut = false;
		take.mockImplementation(async (batch) => {
			if (batch.requests?.some(({ metadata }) => "poison" in metadata)) throw refusal();
			if (!isCut) {
				isCut = true;
				return await new Promise<never>(() => {});
			}
			received.push(batch);
			return "applied";
		});
		settlements.settle(on, KEY, ended("a"));
		settlements.settle(another(), KEY, ended("b"));
		settlements.record(on, KEY, poisoned);
		await vi.advanceTimersByTimeAsync(3_000);
		expect(applied().sort()).toEqual(["a", "b", poisoned.requestId].sort());
	});
});
