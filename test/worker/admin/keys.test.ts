import {
	createExecutionContext,
	evictDurableObject,
	runInDurableObject,
	waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readConfig } from "#config";
import type { KeyId, TeamId } from "#core/ids";
import type { Env } from "#env";
import { newIsolateState } from "#gateway/isolate-state";
import { serve } from "#http/app";
import { identify } from "#http/auth/identify";
import { seedKey } from "#simulator/demo-key-seed";
import { isolate } from "#simulator/isolate";
import { digestKey } from "#store/keys/key-digest";
import { ADMIN_TOKEN, send } from "#test/worker/gateway";
import { type Answer, admin, errorOf, issueKey, listModels, read } from "./admin-client";

const bindings = env as unknown as Env;

beforeEach(() => isolate.renew());
afterEach(() => {
	vi.useRealTimers();
});

/** Calls with changed bindings, in this test's own context. */
async function callWith(changed: Partial<Env>, headers: Record<string, string>): Promise<Answer> {
	const execution = createExecutionContext();
	const response = await serve(
		new Request("http://localhost/v1/models", { headers }),
		{ ...bindings, ...changed },
		execution,
		{ ...newIsolateState(), keyLookup: isolate.state.keyLookup },
	);
	const answer = await read(response);
	await waitOnExecutionContext(execution);
	return answer;
}

async function edgeCopyName(key: string): Promise<string> {
	return `key/1/${digestKey(key, readConfig(bindings).keyPepper)}`;
}

async function edgeCopy(key: string): Promise<string> {
	const name = await edgeCopyName(key);
	return vi.waitFor(async () => {
		const text = await bindings.KEY_RECORDS.get(name);
		if (text === null) throw new Error("there is no edge copy yet");
		return text;
	});
}

describe("a change holds at the next request, although KV and the isolate still have the old record", () => {
	/** Runs a change and then restores what the edge knew before it. */
	async function behindTheEdge(key: string, change: () => Promise<Answer>): Promise<Answer> {
		expect((await listModels({ "x-api-key": key })).status).toBe(200);
		const before = await edgeCopy(key);
		const answer = await change();
		expect(answer.status).toBe(200);
		await vi.waitFor(async () => expect(await edgeCopy(key)).not.toBe(before));
		await env.KEY_RECORDS.put(await edgeCopyName(key), before);
		return answer;
	}

	test.each(["isolate", "KV"])("of revocation, when the old record is in the %s", async (where) => {
		const { id, key } = await issueKey();
		await behindTheEdge(key, () => admin("DELETE", `/keys/${id}`));
		if (where === "KV") isolate.renew();
		const answer = await listModels({ "x-api-key": key });
		expect(answer.status).toBe(401);
		expect(errorOf(answer).message).toContain("revoked");
	});

	test.each(["isolate", "KV"])("of limits, when the old record is in the %s", async (where) => {
		const { id, key } = await issueKey();
		await behindTheEdge(key, () => admin("PATCH", `/keys/${id}`, { models: ["deepseek/*"] }));
		if (where === "KV") isolate.renew();
		const narrowed = (await listModels({ "x-api-key": key })).body.data as { id: string }[];
		expect(narrowed.length).toBeGreaterThan(0);
		// What may go to some model of those stays.
		expect(narrowed.every(({ id: model }) => model === "auto" || model.startsWith("deepseek/"))).toBe(true);

		await behindTheEdge(key, () => admin("PATCH", `/keys/${id}`, { models: null }));
		if (where === "KV") isolate.renew();
		const widened = (await listModels({ "x-api-key": key })).body.data as { id: string }[];
		expect(widened.length).toBeGreaterThan(narrowed.length);
	});

	test("of an end that is set, moved and taken away", async () => {
		const { id, key } = await issueKey();
		await behindTheEdge(key, () => admin("PATCH", `/keys/${id}`, { expires_at: "2020-01-01T00:00:00Z" }));
		expect((await listModels({ "x-api-key": key })).status).toBe(401);
		expect((await admin("PATCH", `/keys/${id}`, { expires_at: null })).status).toBe(200);
		expect((await listModels({ "x-api-key": key })).status).toBe(200);
	});
});

test("a new key works at once, even where KV remembers that there was none", async () => {
	const { key } = await issueKey();
	const forgetful = { get: async () => null, put: async () => undefined } as unknown as KVNamespace;
	expect((await callWith({ KEY_RECORDS: forgetful }, { "x-api-key": key })).status).toBe(200);
});

test("a look-up in the registry is written back to KV", async () => {
	const { key } = await issueKey();
	await edgeCopy(key);
	await env.KEY_RECORDS.delete(await edgeCopyName(key));
	expect((await callWith({}, { "x-api-key": key })).status).toBe(200);
	expect(JSON.parse(await edgeCopy(key))).toMatchObject({ name: "a key" });
});

test.each(["not JSON", "{}", '{"keyId":1}', "null"])("an edge copy that reads %j counts as none", async (text) => {
	const { key } = await issueKey();
	await edgeCopy(key);
	await env.KEY_RECORDS.put(await edgeCopyName(key), text);
	expect((await callWith({}, { "x-api-key": key })).status).toBe(200);
});

test("edge copies and rows hold the key's digest and last four characters, never its text", async () => {
	const { id, key } = await issueKey();
	const copy = await edgeCopy(key);
	const rows = await env.DB.prepare("SELECT * FROM api_key_secrets WHERE key_id = ?").bind(id).all();
	expect(rows.results[0]).toMatchObject({ prefix: "tg_live_", last4: key.slice(-4) });
	const stored = copy + JSON.stringify(rows.results);
	expect(stored).not.toContain(key);
	expect(stored).not.toContain(key.slice(8, -4));
});

describe("rotation", () => {
	test("gives a new key at once and lets the old one live until its grace ends", async () => {
		const { id, key } = await issueKey();
		expect((await listModels({ "x-api-key": key })).status).toBe(200);
		const now = Date.now();
		vi.useFakeTimers({ toFake: ["Date"], now });
		const answer = await admin("POST", `/keys/${id}/rotate`, { grace_seconds: 3600 });
		expect(answer.status).toBe(200);
		const rotated = String(answer.body.key);
		expect(rotated).not.toBe(key);
		expect(answer.body).toMatchObject({ id, last4: rotated.slice(-4) });
		expect(answer.body.secrets).toMatchObject([
			{ last4: rotated.slice(-4), valid_until: null },
			{ last4: key.slice(-4), valid_until: new Date(now + 3_600_000).toISOString() },
		]);
		expect((await listModels({ "x-api-key": rotated })).status).toBe(200);
		vi.setSystemTime(now + 3_599_999);
		expect((await listModels({ "x-api-key": key })).status).toBe(200);
		vi.setSystemTime(now + 3_600_000);
		const late = await listModels({ "x-api-key": key });
		expect(late.status).toBe(401);
		expect(errorOf(late).message).toContain("replaced");
		expect((await listModels({ "x-api-key": rotated })).status).toBe(200);
	});

	test("without a body leaves a day of grace, and a later rotation does not extend it", async () => {
		const { id, key } = await issueKey();
		const now = Date.now();
		vi.useFakeTimers({ toFake: ["Date"], now });
		await admin("POST", `/keys/${id}/rotate`);
		await admin("POST", `/keys/${id}/rotate`, { grace_seconds: 10 * 86_400 });
		vi.setSystemTime(now + 86_400_000 - 1);
		expect((await listModels({ "x-api-key": key })).status).toBe(200);
		vi.setSystemTime(now + 86_400_000);
		expect((await listModels({ "x-api-key": key })).status).toBe(401);
	});

	test("takes an empty body for none", async () => {
		const { id } = await issueKey();
		const answer = await send(`http://localhost/admin/keys/${id}/rotate`, {
			method: "POST",
			headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-length": "0" },
			body: "",
		});
		expect(answer.status).toBe(200);
		await answer.body?.cancel();
	});

	test("ends an earlier grace when told to", async () => {
		const { id, key } = await issueKey();
		const second = String((await admin("POST", `/keys/${id}/rotate`, { grace_seconds: 3600 })).body.key);
		const third = String((await admin("POST", `/keys/${id}/rotate`, { grace_seconds: 0 })).body.key);
		expect((await listModels({ "x-api-key": key })).status).toBe(401);
		expect((await listModels({ "x-api-key": second })).status).toBe(401);
		expect((await listModels({ "x-api-key": third })).status).toBe(200);
	});
});

describe("while a store does not answer", () => {
	const failing = async () => {
		throw new Error("down");
	};
	const noKv = { get: failing, put: failing } as unknown as KVNamespace;
	const noD1 = {
		prepare: () => ({ bind: () => ({ first: failing, all: failing, run: failing }), all: failing, first: failing }),
		batch: failing,
	} as unknown as D1Database;

	test("KV: a key that was never seen here is found in the registry", async () => {
		const { key } = await issueKey();
		expect((await callWith({ KEY_RECORDS: noKv }, { "x-api-key": key })).status).toBe(200);
	});

	test("D1: a key that was never seen here is found in KV", async () => {
		const { key } = await issueKey();
		await edgeCopy(key);
		await listModels({ "x-api-key": key });
		isolate.renew();
		expect((await callWith({ DB: noD1 }, { "x-api-key": key })).status).toBe(200);
	});

	test("both: a key that was valid lately works for a quarter of an hour, then it is a 503", async () => {
		const now = Date.now();
		const { key } = await issueKey();
		expect((await listModels({ "x-api-key": key })).status).toBe(200);
		const down = { KEY_RECORDS: noKv, DB: noD1 };
		vi.useFakeTimers({ toFake: ["Date"], now });
		for (const later of [30_000, 120_000, 14 * 60_000]) {
			vi.setSystemTime(now + later);
			expect((await callWith(down, { "x-api-key": key })).status).toBe(200);
		}
		vi.setSystemTime(now + 16 * 60_000);
		const answer = await callWith(down, { "x-api-key": key });
		expect(answer.status).toBe(503);
		expect(errorOf(answer)).toMatchObject({ type: "server_error", code: "key_lookup_unavailable" });
		expect(answer.headers.get("retry-after")).toBe("1");
	});

	test("both: a key that was not seen here is a 503, not a 401", async () => {
		const { key } = await issueKey();
		const answer = await callWith({ KEY_RECORDS: noKv, DB: noD1 }, { "x-api-key": key });
		expect(answer.status).toBe(503);
		expect(errorOf(answer).code).toBe("key_lookup_unavailable");
	});

	test("both: a revoked key is still refused, and a mistyped one is a 401", async () => {
		const { id, key } = await issueKey();
		await listModels({ "x-api-key": key });
		await admin("DELETE", `/keys/${id}`);
		const down = { KEY_RECORDS: noKv, DB: noD1 };
		expect((await callWith(down, { "x-api-key": key })).status).toBe(401);
		expect((await callWith(down, { "x-api-key": `${key}x` })).status).toBe(401);
	});

	test("a registry row that cannot be read is a 503, not a 401", async () => {
		const { id, key } = await issueKey();
		await edgeCopy(key);
		await env.KEY_RECORDS.delete(await edgeCopyName(key));
		await env.DB.prepare(`UPDATE api_keys SET policy = '{"budget": 1}' WHERE id = ?`).bind(id).run();
		const answer = await callWith({}, { "x-api-key": key });
		expect(answer.status).toBe(503);
	});

	test("the admin API answers 503 and says what is uncertain", async () => {
		const execution = createExecutionContext();
		const answer = await read(
			await serve(
				new Request("http://localhost/admin/teams", {
					method: "POST",
					headers: { authorization: "Bearer tollgate-dev-admin" },
					body: '{"name":"x"}',
				}),
				{ ...bindings, DB: noD1 },
				execution,
				newIsolateState(),
			),
		);
		expect(answer.status).toBe(503);
		expect(errorOf(answer).code).toBe("registry_unavailable");
	});
});

describe("the key's object", () => {
	type Stub = ReturnType<Env["API_KEYS"]["getByName"]>;
	/** Stand-ins for the first stubs that are asked for; what comes after them is real. */
	interface StandIn {
		admit(): Promise<never>;
	}
	const objects = (...stubs: StandIn[]) => {
		const getByName = vi.fn((name: string) => (stubs.shift() ?? bindings.API_KEYS.getByName(name)) as Stub);
		return { getByName } as unknown as Env["API_KEYS"] & { getByName: typeof getByName };
	};
	const broken = (properties: object = {}): StandIn => ({
		admit: async () => {
			throw Object.assign(new Error("reset"), properties);
		},
	});

	test("is asked once for each request", async () => {
		const { key } = await issueKey();
		const namespace = objects();
		await callWith({ API_KEYS: namespace }, { "x-api-key": key });
		await callWith({ API_KEYS: namespace }, { "x-api-key": key });
		expect(namespace.getByName).toHaveBeenCalledTimes(2);
	});

	test("is asked again over a fresh stub when the first fails", async () => {
		const { key } = await issueKey();
		const namespace = objects(broken());
		expect((await callWith({ API_KEYS: namespace }, { "x-api-key": key })).status).toBe(200);
		expect(namespace.getByName).toHaveBeenCalledTimes(2);
	});

	test("is not asked again when it is overloaded, and whoever cannot be admitted is refused", async () => {
		const { key } = await issueKey();
		const namespace = objects(broken({ overloaded: true }));
		const answer = await callWith({ API_KEYS: namespace }, { "x-api-key": key });
		expect(answer.status).toBe(503);
		expect(errorOf(answer).code).toBe("key_admission_unavailable");
		expect(namespace.getByName).toHaveBeenCalledTimes(1);
	});

	test("is given up when it fails twice or hangs", async () => {
		const { key } = await issueKey();
		expect((await callWith({ API_KEYS: objects(broken(), broken()) }, { "x-api-key": key })).status).toBe(503);
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
		const hanging = { admit: () => new Promise<never>(() => {}) };
		const answer = callWith({ API_KEYS: objects(hanging) }, { "x-api-key": key });
		await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
		await vi.advanceTimersByTimeAsync(10_000);
		vi.useRealTimers();
		expect((await answer).status).toBe(503);
	});

	test("keeps what was pushed when it is evicted, whatever the registry says later", async () => {
		const { id, key } = await issueKey();
		await listModels({ "x-api-key": key });
		await admin("DELETE", `/keys/${id}`);
		await env.DB.prepare("UPDATE api_keys SET revoked_at = NULL WHERE id = ?").bind(id).run();
		await evictDurableObject(bindings.API_KEYS.getByName(id));
		expect((await listModels({ "x-api-key": key })).status).toBe(401);
	});

	test("looks at the registry when a request knows a later version, so that a lost push heals", async () => {
		const { id, key } = await issueKey();
		await listModels({ "x-api-key": key });
		const namespace = {
			getByName: () => ({ configure: () => Promise.reject(new Error("unreachable")) }),
		} as unknown as Env["API_KEYS"];
		const execution = createExecutionContext();
		const revoke = new Request(`http://localhost/admin/keys/${id}`, {
			method: "DELETE",
			headers: { authorization: "Bearer tollgate-dev-admin" },
		});
		const answer = await read(await serve(revoke, { ...bindings, API_KEYS: namespace }, execution, newIsolateState()));
		await waitOnExecutionContext(execution);
		expect(answer.status).toBe(503);
		expect(errorOf(answer).code).toBe("key_change_unconfirmed");
		// The object was not told, and the isolate's record is old: this is the stated gap.
		expect((await listModels({ "x-api-key": key })).status).toBe(200);
		// As soon as the edge copy is read again the object learns of it.
		isolate.renew();
		expect((await listModels({ "x-api-key": key })).status).toBe(401);
	});

	test("is brought up to date by repeating the change", async () => {
		const { id, key } = await issueKey();
		await listModels({ "x-api-key": key });
		// What a push that failed leaves behind.
		await env.DB.prepare("UPDATE api_keys SET revoked_at = 1, version = version + 1 WHERE id = ?").bind(id).run();
		expect((await listModels({ "x-api-key": key })).status).toBe(200);
		expect((await admin("DELETE", `/keys/${id}`)).status).toBe(200);
		expect((await listModels({ "x-api-key": key })).status).toBe(401);
	});

	test("reads the registry again when another release left what it cannot read", async () => {
		const { id, key } = await issueKey();
		await listModels({ "x-api-key": key });
		const stub = bindings.API_KEYS.getByName(id);
		await runInDurableObject(stub, (_, state) => {
			state.storage.sql.exec("UPDATE registration SET body = '{}'");
		});
		await evictDurableObject(stub);
		expect((await listModels({ "x-api-key": key })).status).toBe(200);
	});

	test("has its tables at their version after any number of starts", async () => {
		const { id, key } = await issueKey();
		const stub = bindings.API_KEYS.getByName(id);
		for (let start = 0; start < 3; start++) {
			await listModels({ "x-api-key": key });
			await evictDurableObject(stub);
		}
		const versions = await runInDurableObject(stub, (_, state) =>
			state.storage.sql.exec("SELECT version FROM schema_version ORDER BY version").toArray(),
		);
		expect(versions.length).toBeGreaterThan(1);
		expect(versions.map(({ version }) => version)).toEqual(versions.map((_, index) => index + 1));
	});
});

test("requests of one key that arrive together share one look-up", async () => {
	const { key } = await issueKey();
	const get = vi.fn((name: string) => bindings.KEY_RECORDS.get(name));
	const stores = { DB: bindings.DB, KEY_RECORDS: { get } as unknown as KVNamespace };
	const execution = createExecutionContext();
	const isolate = newIsolateState();
	const request = new Request("http://localhost/", { headers: { "x-api-key": key } });
	const env = { ...bindings, ...stores };
	const call = {
		headers: request.headers,
		url: new URL(request.url),
		env,
		config: readConfig(bindings),
		execution,
		isolate,
		receivedAt: Date.now(),
	};
	const found = await Promise.all(Array.from({ length: 20 }, () => identify(call)));
	expect(get).toHaveBeenCalledTimes(1);
	expect(new Set(found.map(({ record }) => record.keyId)).size).toBe(1);
});

test("separate requests of a new key that arrive together are all let through", async () => {
	const { key } = await issueKey();
	const answers = await Promise.all(Array.from({ length: 20 }, () => listModels({ "x-api-key": key })));
	expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
});

describe("a seeded key", () => {
	const seed = (secret: string) => ({
		teamId: "team_seeded" as TeamId,
		teamName: "Seeded",
		keyId: "key_seeded" as KeyId,
		keyName: "Seeded key",
		secret,
	});
	const pepper = readConfig(bindings).keyPepper;

	test("is the same however often and by however many it is seeded", async () => {
		await Promise.all([1, 2, 3].map(() => seedKey(env.DB, pepper, seed("a-known-secret"), Date.now())));
		const before = await admin("GET", "/keys/key_seeded");
		expect(before.status).toBe(200);
		expect(before.body.secrets).toHaveLength(1);
		await seedKey(env.DB, pepper, seed("a-known-secret"), Date.now() + 1000);
		expect((await admin("GET", "/keys/key_seeded")).body).toEqual(before.body);
	});

	test("stays as the admin left it", async () => {
		await seedKey(env.DB, pepper, seed("a-known-secret"), Date.now());
		await admin("PATCH", "/keys/key_seeded", { name: "mine" });
		await seedKey(env.DB, pepper, seed("a-known-secret"), Date.now());
		expect((await admin("GET", "/keys/key_seeded")).body.name).toBe("mine");
	});

	test("the local demo key works from the first request", async () => {
		const answer = await send("http://localhost/v1/models", {
			headers: { "x-api-key": "test-key-123" },
		});
		expect(answer.status).toBe(200);
		await answer.body?.cancel();
	});
});

test("an answer that shows a key or another secret is kept by no cache", async () => {
	const { id, teamId } = await issueKey();
	const send_to = { shape: "webhook", url: "https://example.com/hook" };
	const shown = [
		await admin("POST", "/keys", { team_id: teamId, name: "another" }),
		await admin("POST", `/keys/${id}/rotate`, {}),
		await admin("POST", "/alerts", { name: "books", when: { type: "reconciliation" }, send_to }),
	];
	for (const { body, headers } of shown) {
		expect(String(body.key ?? body.secret)).toMatch(/^(tg_live_|whsec_)/);
		expect(headers.get("cache-control")).toBe("no-store");
	}
});
