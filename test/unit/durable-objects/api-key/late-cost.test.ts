import { describe, expect, test } from "vitest";
import type { ProviderName } from "#core/ids";
import type { LateCost, LateOutcome } from "#core/key-object/late-cost";
import type { Reservation } from "#core/key-object/reservation";
import { budget, type Key, START, tokenOf, World } from "#test/support/key-object";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Settles an attempt at an estimate, as the start of the job "j". */
function begin(world: World, key: Key, granted: Reservation, estimate: number, id = "begin"): string {
	const token = tokenOf(granted);
	const { attemptId } = token;
	const item = { attemptId, token, actual: estimate, estimated: true, void: false, tokens: null, jobId: "j" };
	return key.teller.settle({ id, sentAt: world.now, items: [item] });
}

function book(key: Key, granted: Reservation, actual: number, more: Partial<LateCost> = {}): LateOutcome {
	const token = tokenOf(granted);
	const of = { jobId: "j", createdAt: START, attemptId: token.attemptId, token, model: "sora-2" };
	return key.teller.lateCost({ ...of, provider: "openai" as ProviderName, actual, ...more });
}

async function state(key: Key) {
	const [first] = (await key.teller.budgetStatus()).budgets;
	if (first === undefined) throw new Error("there is no budget");
	const { settled, reserved, unproven, overrun, remaining } = first;
	return { settled, reserved, unproven, overrun, remaining };
}

describe("the true cost of a job", () => {
	test("lowers what its window was charged, once, also when a fresh copy of the object hears it again", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget()] });
		const granted = await key.reserve(800);
		expect(begin(world, key, granted, 800)).toBe("applied");
		expect(await state(key)).toMatchObject({ settled: 800, remaining: 200 });
		expect((await key.reserve(300)).outcome).toBe("exhausted");
		expect(book(key, granted, 300)).toBe("applied");
		expect(await state(key)).toMatchObject({ settled: 300, overrun: 0, remaining: 700 });
		key.restart();
		expect(book(key, granted, 300)).toBe("repeated");
		expect(book(key, granted, 0)).toBe("repeated");
		expect(await state(key)).toMatchObject({ settled: 300, remaining: 700 });
	});

	test("of a job that failed is nothing, and all of it comes back", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget()] });
		const granted = await key.reserve(800);
		begin(world, key, granted, 800);
		expect(book(key, granted, 0)).toBe("applied");
		expect(await state(key)).toEqual({ settled: 0, reserved: 0, unproven: 0, overrun: 0, remaining: 1_000 });
	});

	test("that is dearer is overrun, which counts before anything else is held", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget()] });
		const granted = await key.reserve(500);
		begin(world, key, granted, 500);
		await key.reserve(10);
		expect(book(key, granted, 980)).toBe("applied");
		expect(await state(key)).toMatchObject({ settled: 500, overrun: 480, remaining: 10 });
		expect((await key.reserve(11)).outcome).toBe("exhausted");
	});

	test("takes off first what the estimate itself was beyond its hold", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget()] });
		const granted = await key.reserve(500);
		begin(world, key, granted, 700);
		expect(await state(key)).toMatchObject({ settled: 500, overrun: 200, remaining: 300 });
		book(key, granted, 400);
		expect(await state(key)).toMatchObject({ settled: 400, overrun: 0, remaining: 600 });
	});

	test("counts in the window in which the job began", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget({ window: "day" })] });
		const granted = await key.reserve(800);
		begin(world, key, granted, 800);
		world.now += DAY_MS;
		const next = await key.reserve(100);
		expect(book(key, granted, 0)).toBe("applied");
		expect(await state(key)).toMatchObject({ settled: 0, reserved: 100, remaining: 900 });
		key.settle([next], 100);
		const settled = [...key.disk.lines.values()].map(({ counters }) => counters.settled);
		expect(settled).toEqual([0, 100]);
	});

	test("changes no money of a window that is forgotten", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget({ window: "day" })] });
		const granted = await key.reserve(800);
		begin(world, key, granted, 800);
		await world.pass(3 * DAY_MS);
		expect([...key.disk.lines]).toEqual([]);
		expect(book(key, granted, 100)).toBe("applied");
		expect([...key.disk.lines]).toEqual([]);
	});

	test("takes nothing off a budget that was taken away and put back", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget()] });
		const granted = await key.reserve(800);
		begin(world, key, granted, 800);
		key.change({ version: world.now, budgets: [budget({ id: "other" })] });
		await world.pass(2 * DAY_MS);
		key.change({ version: world.now, budgets: [budget()] });
		key.settle([await key.reserve(900)], 900);
		expect(book(key, granted, 0)).toBe("applied");
		expect(await state(key)).toMatchObject({ settled: 900, remaining: 100 });
	});

	test("that is no amount is refused, and changes nothing", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget()] });
		const granted = await key.reserve(800);
		begin(world, key, granted, 800);
		for (const actual of [-1, Number.NaN, 1.5, 1e17]) expect(() => book(key, granted, actual)).toThrow(RangeError);
		expect(book(key, granted, 1)).toBe("applied");
	});

	test("gives the team its money back, and lowers what the team shows as settled", async () => {
		const shared = budget({ owner: "team" });
		const world = new World([shared]);
		const key = world.key("k");
		const granted = await key.reserve(900);
		begin(world, key, granted, 900);
		await world.pass(60_000);
		const other = world.key("other");
		expect((await other.reserve(500)).outcome).toBe("exhausted");
		book(key, granted, 100);
		await world.pass(60_000);
		expect((await other.reserve(500)).outcome).toBe("granted");
		const [status] = (await world.lending.budgetStatus(true)).budgets;
		expect(status).toMatchObject({ settled: 100 });
	});
});

describe("when the settlement of a job was lost with its isolate", () => {
	test("its true cost waits for as long as that may still come, and then settles the hold", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget()] });
		const granted = await key.reserve(800);
		expect(book(key, granted, 300)).toBe("early");
		await world.pass(100_000);
		expect(await state(key)).toMatchObject({ settled: 0, unproven: 800, remaining: 200 });
		expect(book(key, granted, 300)).toBe("early");
		await world.pass(2 * HOUR_MS);
		expect(book(key, granted, 300)).toBe("applied");
		expect(await state(key)).toMatchObject({ settled: 300, unproven: 0, remaining: 700 });
		expect(book(key, granted, 300)).toBe("repeated");
		// An isolate that was frozen for hours sends it after all.
		begin(world, key, granted, 800, "late");
		expect(await state(key)).toMatchObject({ settled: 300, unproven: 0, remaining: 700 });
	});

	test("nothing is booked of a job that may have been kept and forgotten", async () => {
		const world = new World();
		const key = world.key("k", { budgets: [budget()] });
		const granted = await key.reserve(800);
		expect(book(key, granted, 300, { createdAt: START - 30 * DAY_MS })).toBe("late");
		expect(await state(key)).toMatchObject({ settled: 0, reserved: 800 });
	});
});
