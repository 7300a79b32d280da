import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RequestId } from "#core/ids";
import type { Reservation } from "#core/key-object/reservation";
import type { EndedBatch } from "#core/key-object/settlement";
import type { RequestRecord } from "#core/usage/request-record";
import type { Env } from "#env";
import { runJobs } from "#jobs/jobs";
import { attemptRecord, refusedRecord, requestId, requestRecord } from "#test/support/usage-records";
import { ADMIN_TOKEN, admin } from "#test/worker/admin/admin-client";
import { send } from "#test/worker/gateway";
import { budget, KeyStub } from "#test/worker/money/key-stub";

const bindings = env as unknown as Env;

/** Noon of the day of the test, so that no test sees two days. */
const NOON = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 43_200_000;

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

function pass(ms: number): void {
	vi.setSystemTime(Date.now() + ms);
}

interface Row {
	id: string;
	status: number | null;
	cost: number;
	estimated: number;
	attempts: string;
	[column: string]: unknown;
}

async function logOf({ registration: { keyId } }: KeyStub): Promise<Row[]> {
	const query = "SELECT * FROM request_log WHERE key_id = ? ORDER BY id";
	return (await bindings.DB.prepare(query).bind(keyId).all<Row>()).results;
}

/** The sums of a key's roll-ups, which must be the same by the hour and by the day. */
async function sumsOf({ registration: { keyId } }: KeyStub): Promise<Record<string, number>> {
	const sums = await Promise.all(
		["usage_hourly", "usage_daily"].map((table) =>
			bindings.DB.prepare(
				`SELECT sum(requests) AS requests, sum(cost) AS cost, sum(estimated_cost) AS estimated, sum(attempts) AS attempts,
					sum(input_tokens) AS input, sum(output_tokens) AS output, sum(expired) AS expired,
					sum(rate_limit_errors) AS limited FROM ${table} WHERE key_id = ?`,
			)
				.bind(keyId)
				.first<Record<string, number>>(),
		),
	);
	expect(sums[0]).toEqual(sums[1]);
	return sums[0] ?? {};
}

/** A batch that ends attempts of a request each, at the same cost, and brings the requests' records. */
function ended(key: KeyStub, granted: readonly Reservation[], actual: number): EndedBatch {
	const batch = key.batch(granted, actual);
	const { keyId, teamId } = key.registration;
	const requests = batch.items.map(({ attemptId }) => {
		const id = attemptId.slice(0, -2) as RequestId;
		return requestRecord({ requestId: id, at: NOON, keyId, teamId, attempts: [attemptRecord({ attemptId })] });
	});
	return { ...batch, requests };
}

async function reserved(key: KeyStub, count: number): Promise<Reservation[]> {
	return Promise.all(Array.from({ length: count }, () => key.reserve(1_000, { attemptId: `${requestId(NOON)}.1` })));
}

/** Has D1 fail from now on, for as long as `fails` says; `after` it has committed, or before. */
function breakDatabase(fails: () => boolean, when: "before" | "after"): void {
	const prototype = Object.getPrototypeOf(bindings.DB) as D1Database;
	const { batch } = prototype;
	vi.spyOn(prototype, "batch").mockImplementation(async function (this: D1Database, statements) {
		const isFailing = fails();
		if (isFailing && when === "before") throw new Error("D1_ERROR: Network connection lost.");
		const results = await batch.call(this, statements);
		if (isFailing) throw new Error("D1_ERROR: Network connection lost.");
		return results as never;
	});
}

describe("what a key's object owes", () => {
	test("is in D1 when its alarm has run: one row for a request, with the ledger's charge", async () => {
		const key = await KeyStub.make({ budgets: [budget()] });
		await key.stub.settle(ended(key, await reserved(key, 3), 700));
		expect(await logOf(key)).toEqual([]);
		vi.setSystemTime(NOON + 6_000);
		expect(await runDurableObjectAlarm(key.stub)).toBe(true);
		const rows = await logOf(key);
		expect(rows.map(({ status, cost, estimated }) => ({ status, cost, estimated }))).toEqual(
			Array(3).fill({ status: 200, cost: 700, estimated: 0 }),
		);
		expect(await sumsOf(key)).toMatchObject({ requests: 3, cost: 2_100, attempts: 3, input: 300, output: 60 });
		expect(await key.budgetState()).toMatchObject({ settled: 2_100 });
	});

	test("is recorded for a key without budgets and limits, too", async () => {
		const key = await KeyStub.make({});
		const granted = await reserved(key, 1);
		const id = requestId(NOON);
		const { keyId, teamId } = key.registration;
		expect(granted[0]).toMatchObject({ outcome: "granted", token: null });
		await key.stub.settle({
			id: "free",
			sentAt: NOON,
			items: [{ attemptId: `${id}.1`, token: null, actual: 55, estimated: true, void: false, tokens: 3 }],
			requests: [requestRecord({ requestId: id, at: NOON, keyId, teamId })],
		});
		await key.stub.sweep();
		expect(await logOf(key)).toMatchObject([{ id, cost: 55, estimated: 1 }]);
		expect(await sumsOf(key)).toMatchObject({ requests: 1, cost: 55, estimated: 55 });
	});

	test("counts once however often its batch and its flush are repeated", async () => {
		const key = await KeyStub.make({ budgets: [budget()] });
		const batch = ended(key, await reserved(key, 2), 300);
		let failures = 3;
		breakDatabase(() => failures-- > 0, "after");
		await key.stub.settle(batch);
		expect(await key.stub.settle(batch)).toBe("repeated");
		for (let n = 0; n < 3; n++) expect((await key.stub.sweep()).weight).toBe(2);
		await abortAllDurableObjects();
		expect(await key.stub.settle(batch)).toBe("repeated");
		expect((await key.stub.sweep()).weight).toBe(0);
		expect(await logOf(key)).toHaveLength(2);
		expect(await sumsOf(key)).toMatchObject({ requests: 2, cost: 600 });
	});

	test("waits while D1 is down, and drains by alarms alone when it is back", async () => {
		const key = await KeyStub.make({ budgets: [budget()] });
		let isDown = true;
		breakDatabase(() => isDown, "before");
		for (let minute = 0; minute < 10; minute++) {
			await key.stub.settle(ended(key, await reserved(key, 1), 10));
			pass(60_000);
			await runDurableObjectAlarm(key.stub);
		}
		expect(await logOf(key)).toEqual([]);
		isDown = false;
		pass(400_000);
		expect(await runDurableObjectAlarm(key.stub)).toBe(true);
		expect(await logOf(key)).toHaveLength(10);
		expect(await sumsOf(key)).toMatchObject({ requests: 10, cost: 100 });
	});

	test.each(["request_log", "usage_hourly", "usage_daily", "outbox_marks"])(
		"leaves nothing behind in D1 when that fills up at %s, and is there once when there is room again",
		async (table) => {
			const key = await KeyStub.make({ budgets: [budget()] });
			await key.stub.settle(ended(key, await reserved(key, 3), 200));
			// D1 cannot be filled by a test; so it says itself, within the transaction, what SQLite says then.
			await bindings.DB.exec(
				`CREATE TRIGGER filled BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`,
			);
			expect((await key.stub.sweep()).weight).toBe(3);
			expect(await logOf(key)).toEqual([]);
			expect(await sumsOf(key)).toMatchObject({ requests: null, cost: null });
			await bindings.DB.exec("DROP TRIGGER filled");
			expect((await key.stub.sweep()).weight).toBe(0);
			expect(await logOf(key)).toHaveLength(3);
			expect(await sumsOf(key)).toMatchObject({ requests: 3, cost: 600 });
		},
	);

	test("is shipped in transactions of at most 500 records", async () => {
		const key = await KeyStub.make({});
		const { keyId, teamId } = key.registration;
		const of = (): RequestRecord => requestRecord({ requestId: requestId(NOON), at: NOON, keyId, teamId });
		let shipments = 0;
		breakDatabase(() => ++shipments === 0, "before");
		for (let n = 0; n < 12; n++) {
			const requests = Array.from({ length: 100 }, of);
			await key.stub.settle({ id: `batch ${n}`, sentAt: NOON, items: [], requests });
		}
		expect((await key.stub.sweep()).weight).toBe(0);
		expect(shipments).toBe(3);
		expect(await sumsOf(key)).toMatchObject({ requests: 1_200, cost: 0 });
	});
});

describe("what callers named", () => {
	const records = ({ registration: { keyId, teamId } }: KeyStub, count: number, more: Partial<RequestRecord>) =>
		Array.from({ length: count }, () =>
			requestRecord({ requestId: requestId(NOON), at: NOON, keyId, teamId, ...more }),
		);

	test("may be as long as it may, in any script: D1 takes all of it", async () => {
		const key = await KeyStub.make({});
		const metadata = Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`标签${n}`, "价".repeat(256)]));
		for (let n = 0; n < 20; n++) {
			await key.stub.settle({ id: `chinese ${n}`, sentAt: NOON, items: [], requests: records(key, 10, { metadata }) });
		}
		expect((await key.stub.sweep()).weight).toBe(0);
		const rows = await logOf(key);
		expect(rows).toHaveLength(200);
		expect(JSON.parse(String(rows[0]?.metadata))).toEqual(metadata);
	});

	test("is left out where D1 refuses it: the charge is booked, the admin is told, and others go on", async () => {
		const key = await KeyStub.make({ budgets: [budget()] });
		await bindings.DB.exec(
			`CREATE TRIGGER poisoned BEFORE INSERT ON request_log WHEN NEW.session = 'poison' BEGIN SELECT RAISE(ABORT, 'refused'); END`,
		);
		const rule = {
			name: "refused",
			when: { type: "backlog" },
			send_to: { shape: "webhook", url: "https://hooks.example.com/x" },
		};
		const made = await admin("POST", "/alerts", rule);
		expect(made.status).toBe(201);
		for (const session of ["first", "poison", "last"]) {
			const batch = ended(key, await reserved(key, 1), 100);
			const requests = (batch.requests ?? []).map((request) => ({ ...request, session }));
			await key.stub.settle({ ...batch, requests });
		}
		for (let n = 0; n < 20 && (await key.stub.sweep()).weight > 0; n++) pass(60_000);
		await bindings.DB.exec("DROP TRIGGER poisoned");
		expect((await logOf(key)).map(({ session }) => session)).toEqual(["first", null, "last"]);
		expect(await sumsOf(key)).toMatchObject({ requests: 3, cost: 300 });
		const told: unknown[] = [];
		vi.spyOn(globalThis, "fetch").mockImplementation(async (_, init) => {
			told.push(JSON.parse(String(init?.body)).data);
			return new Response(null, { status: 204 });
		});
		await runJobs(bindings, Math.ceil(Date.now() / 60_000) * 60_000);
		const object = `key/${key.registration.keyId}`;
		expect(told).toContainEqual(
			expect.objectContaining({ object, entries: 1, cost_usd: "0.0000001", unbooked_usd: "0" }),
		);
		const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
		const metrics = await (await send("http://localhost/metrics", { headers })).text();
		expect(metrics).toContain("\ntollgate_outbox_refused_entries 1\n");
		// Other tests have rules of their own.
		await admin("DELETE", `/alerts/${made.body.id}`);
		await bindings.DB.prepare("DELETE FROM refused_entries").run();
	});
});

describe("while D1 takes notes and no entries, what is owed is told", () => {
	const noteOf = ({ registration: { keyId } }: KeyStub) =>
		bindings.DB.prepare("SELECT weight, oldest_at FROM dirty_objects WHERE object = ?").bind(`key/${keyId}`).first();

	test("by an object that is used", async () => {
		const key = await KeyStub.make({ budgets: [budget()] });
		breakDatabase(() => true, "before");
		await key.stub.settle(ended(key, await reserved(key, 3), 10));
		await vi.waitFor(async () => expect(await noteOf(key)).toEqual({ weight: 3, oldest_at: NOON }));
		pass(1_200_000);
		await key.stub.settle(ended(key, await reserved(key, 2), 10));
		await vi.waitFor(async () => expect(await noteOf(key)).toEqual({ weight: 5, oldest_at: NOON }));
		vi.restoreAllMocks();
		await runJobs(bindings, NOON + 3_600_000);
		expect(await noteOf(key)).toBeNull();
	});

	test("by the sweeper of one that sleeps, in the metrics and to whom a rule sends it, once a day", async () => {
		const key = await KeyStub.make({ budgets: [budget()] });
		const send_to = { shape: "webhook", url: "https://hooks.example.com/x" };
		const rule = await admin("POST", "/alerts", { name: "stuck", when: { type: "backlog", minutes: 15 }, send_to });
		expect(rule.body.when).toEqual({ type: "backlog", records: 50_000, minutes: 15 });
		let isDown = true;
		breakDatabase(() => isDown, "before");
		await key.stub.settle(ended(key, await reserved(key, 3), 10));
		const told: unknown[] = [];
		vi.spyOn(globalThis, "fetch").mockImplementation(async (_, init) => {
			told.push(JSON.parse(String(init?.body)).data.records);
			return new Response(null, { status: 204 });
		});
		for (const minutes of [14, 15, 16, 90]) await runJobs(bindings, NOON + minutes * 60_000);
		expect(await noteOf(key)).toEqual({ weight: 3, oldest_at: NOON });
		expect(told).toEqual([3]);
		isDown = false;
		pass(900_000);
		const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
		const metrics = await (await send("http://localhost/metrics", { headers })).text();
		expect(metrics).toContain("\ntollgate_outbox_records 3\n");
		expect(metrics).toContain("\ntollgate_outbox_age_seconds 900\n");
		await runJobs(bindings, NOON + 91 * 60_000);
		expect(await noteOf(key)).toBeNull();
	});
});

describe("a charge whose record never came", () => {
	test("is in D1 as an estimate when its hold has run out, and a late truth lowers it", async () => {
		const key = await KeyStub.make({ budgets: [budget()] });
		const [granted] = await reserved(key, 1);
		if (granted === undefined) throw new Error("nothing was granted");
		vi.setSystemTime(NOON + 95_000);
		await runDurableObjectAlarm(key.stub);
		await key.stub.sweep();
		expect(await logOf(key)).toMatchObject([{ status: null, cost: 1_000, estimated: 1 }]);
		expect(await sumsOf(key)).toMatchObject({ requests: 0, cost: 1_000, estimated: 1_000, expired: 1 });
		// Told by another copy of the object, which knows only what is stored.
		await abortAllDurableObjects();
		expect(await key.stub.settle(ended(key, [granted], 400))).toBe("applied");
		await key.stub.sweep();
		const [row] = await logOf(key);
		expect(row).toMatchObject({ status: 200, cost: 400, estimated: 0, provider: "openai", model: "gpt-6" });
		expect(JSON.parse(row?.attempts ?? "").map(({ cost }: { cost: number }) => cost)).toEqual([1_000, 400, -1_000]);
		expect(await sumsOf(key)).toMatchObject({ requests: 1, cost: 400, estimated: 0 });
		expect(await key.budgetState()).toMatchObject({ settled: 400 });
	});

	test("is in D1 when an earlier attempt was charged apart from the request that it belongs to", async () => {
		const key = await KeyStub.make({ budgets: [budget()] });
		const id = requestId(NOON);
		const { keyId, teamId } = key.registration;
		const first = await key.reserve(1_000, { attemptId: `${id}.1` });
		await key.stub.settle(key.batch([first], 200));
		await key.stub.sweep();
		expect(await logOf(key)).toMatchObject([{ id, status: null, cost: 200 }]);
		const second = await key.reserve(1_000, { attemptId: `${id}.2` });
		const attempts = [
			attemptRecord({ attemptId: `${id}.1`, end: "failed", fault: "timeout", usage: null, cost: 999 }),
			attemptRecord({ attemptId: `${id}.2`, cost: 999 }),
		];
		const requests = [requestRecord({ requestId: id, at: NOON, keyId, teamId, attempts })];
		await key.stub.settle({ ...key.batch([second], 300), requests });
		await key.stub.sweep();
		expect(await logOf(key)).toMatchObject([{ id, status: 200, cost: 500 }]);
		expect(await sumsOf(key)).toMatchObject({ requests: 1, cost: 500, attempts: 2 });
	});
});

describe("when alarms are lost", () => {
	test("a fresh copy of the object flushes by an alarm of its own", async () => {
		const key = await KeyStub.make({ budgets: [budget()] });
		await key.stub.settle(ended(key, await reserved(key, 1), 10));
		await runInDurableObject(key.stub, (_, { storage }) => storage.deleteAlarm());
		await abortAllDurableObjects();
		await key.budgetState();
		vi.setSystemTime(NOON + 20_000);
		expect(await runDurableObjectAlarm(key.stub)).toBe(true);
		expect(await logOf(key)).toHaveLength(1);
	});

	test("the sweeper wakes an object that nobody calls", async () => {
		const key = await KeyStub.make({ budgets: [budget()] });
		await key.stub.settle(ended(key, await reserved(key, 1), 10));
		await runInDurableObject(key.stub, (_, { storage }) => storage.deleteAlarm());
		await abortAllDurableObjects();
		await runJobs(bindings, NOON + 60_000);
		expect(await logOf(key)).toEqual([]);
		await runJobs(bindings, NOON + 600_000);
		expect(await logOf(key)).toHaveLength(1);
		const dirty = await bindings.DB.prepare("SELECT object FROM dirty_objects").all();
		expect(dirty.results).toEqual([]);
	});

	test("an alarm whose work fails twenty times sets the next one itself, and the work is done in the end", async () => {
		const key = await KeyStub.make({ budgets: [budget()] });
		await key.stub.settle(ended(key, await reserved(key, 1), 10));
		let failures = 0;
		await runInDurableObject(key.stub, (_, { storage }) => {
			const exec = storage.sql.exec.bind(storage.sql);
			vi.spyOn(storage.sql, "exec").mockImplementation((query: string, ...bindings: unknown[]) => {
				if (failures < 20 && query.startsWith("SELECT body FROM outbox")) {
					failures++;
					throw new Error("the disk fails");
				}
				return exec(query, ...bindings) as never;
			});
		});
		for (let n = 0; n < 25 && failures < 20; n++) {
			pass(400_000);
			expect(await runDurableObjectAlarm(key.stub)).toBe(true);
		}
		expect(failures).toBe(20);
		pass(400_000);
		expect(await runDurableObjectAlarm(key.stub)).toBe(true);
		expect(await logOf(key)).toHaveLength(1);
	});
});

test("an object that was restored to an earlier time never loses what it owes from then on", async () => {
	const key = await KeyStub.make({ budgets: [budget()] });
	await key.stub.settle(ended(key, await reserved(key, 2), 10));
	await key.stub.sweep();
	// As it was before: nothing owed, nothing acknowledged.
	await runInDurableObject(key.stub, (_, { storage }) => {
		storage.sql.exec("DELETE FROM outbox");
		storage.sql.exec("DELETE FROM outbox_mark");
	});
	await abortAllDurableObjects();
	vi.setSystemTime(NOON + 60_000);
	await key.stub.settle(ended(key, await reserved(key, 2), 30));
	await key.stub.sweep();
	expect(await logOf(key)).toHaveLength(4);
	expect(await sumsOf(key)).toMatchObject({ requests: 4, cost: 80 });
});

test("a flood of refusals is counted, and only some of it written down", async () => {
	const key = await KeyStub.make({ limits: { requestsPerMinute: 1 } });
	const { keyId, teamId } = key.registration;
	for (let n = 0; n < 10; n++) {
		const requests = Array.from({ length: 100 }, () =>
			refusedRecord({ requestId: requestId(NOON), at: NOON, keyId, teamId }),
		);
		await key.stub.settle({ id: `refusals ${n}`, sentAt: NOON, items: [], requests });
	}
	await key.stub.sweep();
	expect(await logOf(key)).toHaveLength(60);
	expect(await sumsOf(key)).toMatchObject({ requests: 1_000, limited: 1_000, cost: 0 });
});
