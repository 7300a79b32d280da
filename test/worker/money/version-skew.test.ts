import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { type DurableObject, env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { TeamId } from "#core/ids";
import { latencyBucket } from "#core/usage/latency-buckets";
import { UsageTally } from "#core/usage/usage-count";
import type { RequestRow, UsageCount } from "#core/usage/usage-entry";
import { rowOf } from "#durable-objects/api-key/usage/usage-entries";
import type { Env } from "#env";
import { requestId, requestRecord } from "#test/support/usage-records";
import { budget, KeyStub } from "./key-stub";

const bindings = env as unknown as Env;

/**
 * Takes an object's storage back to the schema of a release before usage was kept: so many steps, and no table of later
 * ones.
 */
async function takeBack<One extends DurableObject>(
	stub: DurableObjectStub<One>,
	steps: number,
	tables: readonly string[],
	more = "",
): Promise<void> {
	await runInDurableObject(stub, (_, { storage: { sql } }) => {
		for (const table of tables) sql.exec(`DROP TABLE ${table}`);
		sql.exec("DELETE FROM schema_version WHERE version > ?", steps);
		if (more !== "") sql.exec(more);
	});
	await abortAllDurableObjects();
}

function tallyOf(rows: readonly RequestRow[]): readonly UsageCount[] {
	const tally = new UsageTally();
	for (const row of rows) tally.add(row);
	return tally.counts;
}

const bucketOf = (ms: number) => String(latencyBucket(ms)).padStart(2, "0");

async function log(key: KeyStub): Promise<Record<string, unknown>[]> {
	const query = "SELECT id, status, cost FROM request_log WHERE key_id = ? ORDER BY id";
	return (await bindings.DB.prepare(query).bind(key.registration.keyId).all()).results;
}

test("a batch of the previous release's Worker, which knows of no records, is charged and accounted for", async () => {
	const key = await KeyStub.make({ budgets: [budget()] });
	const id = requestId(Date.now());
	const { requests: _, ...batch } = key.batch([await key.reserve(1_000, { attemptId: `${id}.1` })], 300);
	expect(await key.stub.settle(batch)).toBe("applied");
	expect((await key.stub.sweep()).weight).toBe(0);
	expect(await key.budgetState()).toMatchObject({ settled: 300 });
	expect(await log(key)).toEqual([{ id, status: null, cost: 300 }]);
});

test("a key's object of the previous release keeps its money and its guard of what admins changed", async () => {
	const key = await KeyStub.make({ budgets: [budget()] });
	const id = requestId(Date.now());
	await key.stub.settle(key.batch([await key.reserve(1_000, { attemptId: `${id}.1` })], 300));
	const change = { id: "change", budgetId: "b", kind: "adjustment", amount: 50, reason: "a present", at: 0 } as const;
	await key.stub.adjust(change);
	await takeBack(key.stub, 5, ["outbox", "outbox_mark", "refused", "expired", "jobs"]);
	expect(await key.budgetState()).toMatchObject({ settled: 300, remaining: 999_750 });
	expect((await key.stub.adjust(change)).outcome).toBe("repeated");
	const next = requestId(Date.now());
	const after = key.batch([await key.reserve(1_000, { attemptId: `${next}.1` })], 200);
	expect(await key.stub.settle(after)).toBe("applied");
	await key.stub.sweep();
	expect(await key.budgetState()).toMatchObject({ settled: 500, remaining: 999_550 });
	expect(await log(key)).toEqual([{ id: next, status: null, cost: 200 }]);
});

test("what a key's object owes of a release that knew other columns is shipped with those that both know", async () => {
	const key = await KeyStub.make({ budgets: [budget()] });
	const { keyId, teamId } = key.registration;
	const at = Date.now();
	const id = requestId(at);
	const served = requestRecord({ requestId: id, at, keyId, teamId, app: "editor", latencyMs: 250 });
	const row = rowOf(served, new Map([[`${id}.1`, { attemptId: `${id}.1`, cost: 300, estimated: false }]]));
	const [count] = tallyOf([row]);
	if (count === undefined) throw new Error("nothing was counted");
	const { reasoningTokens: _, cache: __, ...formerRow } = row;
	const { reasoningTokens: ___, expired: ____, ...formerCount } = count;
	const entry = { rows: [{ ...formerRow, later: "word" }], counts: [{ ...formerCount, later: 1 }] };
	await runInDurableObject(key.stub, (_, { storage: { sql } }) => {
		const query = "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
		sql.exec(query, at, "former", 1, 1, at, 2, 300, JSON.stringify(entry));
	});
	await abortAllDurableObjects();
	expect((await key.stub.sweep()).weight).toBe(0);
	expect(await log(key)).toEqual([{ id, status: 200, cost: 300 }]);
	const sums = `SELECT app, requests, attempts, cost, expired, reasoning_tokens, latency_${bucketOf(250)} AS timed
		FROM usage_hourly WHERE key_id = ?`;
	expect((await bindings.DB.prepare(sums).bind(keyId).all()).results).toEqual([
		{ app: "editor", requests: 1, attempts: 1, cost: 300, expired: 0, reasoning_tokens: 0, timed: 1 },
	]);
});

test("a team's object of the previous release knows what it lent, and remembers what it lends", async () => {
	const teamId = "team_skew" as TeamId;
	const team = () => bindings.TEAMS.getByName(teamId);
	await team().configure({ teamId, version: 1, budgets: [budget({ owner: "team", limit: 1_000 })] });
	const figures = { keyId: "key_1", budgetId: "b", window: 0, owed: 0, returned: 0, settled: 0, overrun: 0 };
	await team().exchange([{ ...figures, order: 1, least: 100, wanted: 100 }]);
	await takeBack(team(), 4, ["outbox", "outbox_mark", "refused"]);
	await team().exchange([{ ...figures, order: 2, least: 250, wanted: 250 }]);
	expect((await team().budgetStatus(false)).budgets).toMatchObject([{ lent: 250 }]);
	expect((await team().sweep()).weight).toBe(0);
	const query = "SELECT granted FROM team_grants WHERE team_id = ?";
	expect((await bindings.DB.prepare(query).bind(teamId).all()).results).toEqual([{ granted: 250 }]);
});

test("a provider's object of the previous release knows what was decided, and remembers what becomes of it", async () => {
	const provider = () => bindings.PROVIDERS.getByName("skew");
	const cells = { credential: null, model: null };
	await provider().force({ cells, state: "open", author: "ann", reason: "x", until: Date.now() + 600_000 });
	await takeBack(provider(), 3, ["outbox", "outbox_mark", "refused"]);
	expect(await provider().circuits()).toMatchObject([{ forced: { state: "open" } }]);
	await provider().reset(cells);
	expect((await provider().sweep()).weight).toBe(0);
	const query = "SELECT to_state FROM circuit_transitions WHERE provider = 'skew'";
	expect((await bindings.DB.prepare(query).all()).results).toEqual([{ to_state: "released" }]);
});
