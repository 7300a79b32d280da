import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { BudgetSpec } from "#core/budget/budget";
import type { RequestId, TeamId } from "#core/ids";
import type { Reservation } from "#core/key-object/reservation";
import { TeamObject } from "#durable-objects/team/object";
import type { Env } from "#env";
import { createTeam } from "#store/keys/teams";
import { budget, held, KeyStub, outcomes } from "./key-stub";

const bindings = env as unknown as Env;

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

let teams = 0;

function shared(limit: number): BudgetSpec {
	return budget({ id: "t", owner: "team", limit, window: "month" });
}

async function team(limit: number, keys: number) {
	const teamId = `team_${teams++}` as TeamId;
	const budgets = [shared(limit)];
	const stub = () => bindings.TEAMS.getByName(teamId);
	await stub().configure({ teamId, version: 1, budgets });
	const members = await Promise.all(Array.from({ length: keys }, () => KeyStub.make({ teamId, budgets })));
	const member = (n: number): KeyStub => {
		const key = members[n % keys];
		if (key === undefined) throw new RangeError("no such key");
		return key;
	};
	const state = async () => {
		const { budgets } = await stub().budgetStatus(false);
		if (budgets[0] === undefined) throw new Error("the team has no budget");
		return budgets[0];
	};
	return { teamId, budgets, stub, member, state };
}

test("five keys at once spend a team's money to the last cent and never beyond", async () => {
	const { member, state } = await team(100_000, 5);
	const all = await Promise.all(Array.from({ length: 150 }, (_, n) => member(n).reserve(1_000)));
	expect(held(all)).toBeLessThanOrEqual(100_000);
	expect(outcomes(all)).toEqual({ granted: 100, exhausted: 50 });
	expect(await state()).toMatchObject({ lent: 100_000, remaining: 0 });
});

test("money of an idle key comes back at once when another key is refused for want of it", async () => {
	const { member, state } = await team(100_000, 5);
	for (let n = 0; n < 4; n++) {
		const key = member(n);
		await key.stub.settle(key.batch([await key.reserve(20_000)], 1_000));
	}
	expect((await state()).lent).toBeGreaterThan(4_000);
	const last = member(4);
	expect(await last.reserve(96_000)).toMatchObject({ outcome: "granted", tightest: { remaining: 0 } });
	expect(await last.reserve(1)).toMatchObject({ outcome: "exhausted", by: { budget: { id: "t", limit: 100_000 } } });
	expect(await state()).toMatchObject({ lent: 100_000, settled: 4_000 });
});

test("a key that fell idle gives its lease back by itself, also when it was evicted", async () => {
	const { member, state } = await team(100_000, 2);
	const key = member(0);
	await key.stub.settle(key.batch([await key.reserve(50_000)], 10_000));
	await evictDurableObject(key.stub);
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11_000 });
	expect(await runDurableObjectAlarm(key.stub)).toBe(true);
	expect(await state()).toMatchObject({ lent: 10_000, settled: 10_000, remaining: 90_000 });
});

test("restarts of the team and of the keys never free money", async () => {
	const { member, state, stub } = await team(60_000, 3);
	const all: Reservation[] = [];
	for (let round = 0; round < 8; round++) {
		all.push(...(await Promise.all(Array.from({ length: 12 }, (_, n) => member(n).reserve(1_000)))));
		if (round === 2) await evictDurableObject(stub());
		if (round === 4) await evictDurableObject(member(1).stub);
		if (round === 5) await abortAllDurableObjects();
	}
	expect(held(all)).toBeLessThanOrEqual(60_000);
	expect((await state()).lent).toBeLessThanOrEqual(60_000);
});

test("a lower limit of the team holds at the next request of each key", async () => {
	const { member, stub, teamId } = await team(100_000, 2);
	for (let n = 0; n < 10; n++) await member(n).reserve(1_000);
	const budgets = [shared(12_000)];
	await stub().configure({ teamId, version: 2, budgets });
	const more: Reservation[] = [];
	for (let n = 0; n < 2; n++) {
		const key = member(n);
		await key.stub.configure({ ...key.registration, version: 2, budgets });
		for (let m = 0; m < 3; m++) more.push(await key.reserve(1_000, { version: 2 }));
	}
	expect(outcomes(more)).toEqual({ granted: 2, exhausted: 4 });
});

test("a team that was never told of itself looks in the registry", async () => {
	const teamId = `team_${teams++}` as TeamId;
	const budgets = [shared(5_000)];
	await createTeam(
		bindings.DB,
		{ id: teamId, name: "a team", metadata: {}, limits: {}, budgets, payloads: null, selfService: null },
		{ who: "a test", requestId: "req_test" as RequestId, at: Date.now() },
	);
	const key = await KeyStub.make({ teamId, budgets });
	expect(await key.reserve(5_001)).toMatchObject({ outcome: "exhausted" });
	expect(await key.reserve(5_000)).toMatchObject({ outcome: "granted" });
});

test("a budget that the team does not know leaves the request unavailable", async () => {
	const key = await KeyStub.make({ teamId: `team_${teams++}` as TeamId, budgets: [shared(5_000)] });
	expect(await key.reserve(1_000)).toEqual({ outcome: "unavailable" });
});

test("money that the key holds is spent without the team", async () => {
	const { member } = await team(1_000_000, 1);
	const key = member(0);
	for (let n = 0; n < 20; n++) await key.reserve(1_000);
	vi.spyOn(TeamObject.prototype, "exchange").mockRejectedValue(new Error("the team is down"));
	expect(await key.reserve(1_000)).toMatchObject({ outcome: "granted" });
	expect(await key.reserve(900_000)).toEqual({ outcome: "unavailable" });
});
