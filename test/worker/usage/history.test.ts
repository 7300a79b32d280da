import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { TeamId } from "#core/ids";
import type { Env } from "#env";
import { runJobs } from "#jobs/jobs";
import { admin } from "#test/worker/admin/admin-client";
import { budget } from "#test/worker/money/key-stub";

const bindings = env as unknown as Env;
const HOUR_MS = 3_600_000;
/**
 * Ahead of the real clock, by which alarms ring: none does before the test has taken it away. On the hour, since an
 * object notes the beginning of five minutes as the time since when it owes.
 */
const NOW = Math.ceil(Date.now() / HOUR_MS + 1) * HOUR_MS;

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

async function rows(query: string, ...values: string[]): Promise<Record<string, unknown>[]> {
	return (
		await bindings.DB.prepare(query)
			.bind(...values)
			.all()
	).results;
}

/** Has D1 commit and then report an error, so many times. */
function loseConfirmations(times: number): void {
	const prototype = Object.getPrototypeOf(bindings.DB) as D1Database;
	const { batch } = prototype;
	let left = times;
	vi.spyOn(prototype, "batch").mockImplementation(async function (this: D1Database, statements) {
		const results = await batch.call(this, statements);
		if (left-- > 0) throw new Error("D1_ERROR: Network connection lost.");
		return results as never;
	});
}

test("what a team lends is in D1 once, whatever becomes of the flush", async () => {
	vi.useFakeTimers({ toFake: ["Date"], now: NOW });
	const teamId = "team_history" as TeamId;
	const team = () => bindings.TEAMS.getByName(teamId);
	await team().configure({ teamId, version: 1, budgets: [budget({ owner: "team", limit: 1_000 })] });
	const report = {
		keyId: "key_1",
		budgetId: "b",
		window: 0,
		order: NOW,
		least: 100,
		wanted: 100,
		owed: 0,
		returned: 0,
		settled: 0,
		overrun: 0,
	};
	await team().exchange([report]);
	loseConfirmations(2);
	expect((await team().sweep()).weight).toBe(1);
	await abortAllDurableObjects();
	await team().exchange([{ ...report, order: NOW + 1, least: 0, wanted: 0, owed: 60, returned: 60, settled: 0 }]);
	vi.setSystemTime(NOW + 6_000);
	await runDurableObjectAlarm(team());
	vi.setSystemTime(NOW + 60_000);
	expect(await runDurableObjectAlarm(team())).toBe(true);
	const history =
		"SELECT team_id, key_id, granted, returned FROM team_grants WHERE object = ? ORDER BY epoch, seq, item";
	expect(await rows(history, `team/${teamId}`)).toEqual([
		{ team_id: teamId, key_id: "key_1", granted: 100, returned: 0 },
		{ team_id: teamId, key_id: "key_1", granted: 100, returned: 60 },
	]);
	await runInDurableObject(team(), (_, { storage }) => {
		expect(storage.sql.exec("SELECT * FROM outbox").toArray()).toEqual([]);
	});
});

test("what becomes of a circuit is in D1 once, and the sweeper fetches what an object sleeps on", async () => {
	vi.useFakeTimers({ toFake: ["Date"], now: NOW });
	const provider = () => bindings.PROVIDERS.getByName("history");
	const cells = { credential: null, model: null };
	const order = { cells, author: "ann", reason: "maintenance", until: NOW + 600_000 };
	await provider().force({ ...order, state: "open" });
	await provider().reset(cells);
	await runInDurableObject(provider(), (_, { storage }) => storage.deleteAlarm());
	await abortAllDurableObjects();
	await runJobs(bindings, NOW + 60_000);
	const history = `SELECT provider, credential, from_state, to_state, reason, until FROM circuit_transitions
		WHERE object = ? ORDER BY epoch, seq, item`;
	expect(await rows(history, "provider/history")).toEqual([]);
	await runJobs(bindings, NOW + 660_000);
	const one = { provider: "history", credential: null, from_state: "closed" };
	expect(await rows(history, "provider/history")).toEqual([
		{ ...one, to_state: "forced_open", reason: "ann: maintenance", until: order.until },
		{ ...one, to_state: "released", reason: "reset", until: null },
	]);
	const span = `from=${new Date(NOW - 1).toISOString()}&to=${new Date(NOW + 1).toISOString()}`;
	const told = async (query: string) => (await admin("GET", `/circuits/history/history?${query}`)).body.data;
	expect(await told(span)).toMatchObject([
		{ to: "released", reason: "reset", until: null, model: null },
		{ to: "forced_open", reason: "ann: maintenance", until: new Date(order.until).toISOString(), from: "closed" },
	]);
	expect(await told(`to=${new Date(NOW).toISOString()}`)).toEqual([]);
	expect((await admin("GET", `/circuits/history/history?from=2027-01-02&to=2027-01-01`)).status).toBe(400);
});
