import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { budget, KeyStub } from "./key-stub";

const START = Date.UTC(2027, 4, 5, 12);
const DAY = 86_400_000;

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
	vi.useRealTimers();
});

test("rows of end users and budgets that are gone are deleted by the alarm, and money that counts stays counted", async () => {
	const specs = [
		budget({ id: "users", window: "day", perEndUser: true }),
		budget({ id: "all" }),
		budget({ id: "gone" }),
	];
	const key = await KeyStub.make({ budgets: specs, version: START });
	for (const endUser of ["a", "b"]) {
		const granted = await key.reserve(1_000, { scope: { provider: "p", model: "p/m", endUser } });
		await key.stub.settle(key.batch([granted], 1_000));
	}
	const rows = () =>
		runInDurableObject(key.stub, (_, { storage: { sql } }) =>
			[...sql.exec("SELECT budget, end_user FROM lines ORDER BY budget, end_user")].map(Object.values),
		);
	const ALL = [
		["all", ""],
		["gone", ""],
		["users", "a"],
		["users", "b"],
	];
	expect(await rows()).toEqual(ALL);
	await key.stub.configure({ ...key.registration, version: START + 1, budgets: specs.slice(0, 2) });
	vi.setSystemTime(START + DAY / 2);
	expect(await runDurableObjectAlarm(key.stub)).toBe(true);
	expect(await rows()).toEqual(ALL);
	vi.setSystemTime(START + 3 * DAY);
	expect(await runDurableObjectAlarm(key.stub)).toBe(true);
	expect(await rows()).toEqual([["all", ""]]);
	expect((await key.stub.budgetStatus()).budgets[1]).toMatchObject({ settled: 2_000 });
});
