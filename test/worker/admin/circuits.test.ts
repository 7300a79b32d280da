import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Circuit } from "#core/health/circuits";
import type { Outcome } from "#core/health/health";
import type { CredentialId, KeyId } from "#core/ids";
import { ProviderObject } from "#durable-objects/provider/object";
import type { Env } from "#env";
import { isolate } from "#simulator/isolate";
import { chat, failure, fault, send, user } from "#test/worker/gateway";
import { admin, errorOf } from "./admin-client";

const bindings = env as unknown as Env;
const TARGET = { credential: "main" as CredentialId, model: "m" };

let serial = 0;

const outcome = (change: Partial<Outcome> = {}): Outcome => {
	const id = String(serial++);
	return {
		...TARGET,
		attemptId: id,
		keyId: "a" as KeyId,
		fingerprint: id,
		...{
			startedAt: Date.now(),
			at: Date.now(),
			result: "ok",
			fault: null,
			limits: null,
			midstream: false,
			retryAfterMs: null,
		},
		...{ ttftMs: null, stream: null, prompt: null, permit: null, ...change },
	};
};

beforeEach(async () => {
	await fault();
	await admin("POST", "/circuits/openai/reset");
});
afterEach(() => {
	vi.restoreAllMocks();
	vi.useRealTimers();
});

describe("a provider's object", () => {
	const object = (name: string) => bindings.PROVIDERS.getByName(name);
	const failures = (count: number) =>
		Array.from({ length: count }, () => outcome({ result: "failed", fault: "server" }));

	test("remembers an open cell and its permit after an eviction", async () => {
		const name = "evicted-open";
		await object(name).report({ id: "1", outcomes: failures(5) });
		expect(await object(name).acquireTrial(TARGET, true)).not.toBeNull();
		const before: Circuit[] = await object(name).circuits();
		await evictDurableObject(object(name));
		const after: Circuit[] = await object(name).circuits();
		expect(after.map(({ byOutcomes, trial }) => ({ byOutcomes, trial }))).toEqual(
			before.map(({ byOutcomes, trial }) => ({ byOutcomes, trial })),
		);
		expect(after.some(({ byOutcomes }) => byOutcomes.state === "open")).toBe(true);
		expect(await object(name).acquireTrial(TARGET, true)).toBeNull();
	});

	test("knows of a trial that still runs after an eviction", async () => {
		const name = "evicted-trying";
		await object(name).report({ id: "1", outcomes: failures(5) });
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 15_000 });
		const permit = await object(name).acquireTrial(TARGET, false);
		vi.setSystemTime(Date.now() + 20_000);
		await object(name).renewTrial(TARGET, permit?.id ?? "");
		await evictDurableObject(object(name));
		vi.setSystemTime(Date.now() + 20_000);
		expect(await object(name).acquireTrial(TARGET, false)).toBeNull();
		vi.setSystemTime(Date.now() + 10_000);
		expect(await object(name).acquireTrial(TARGET, false)).not.toBeNull();
	});

	test("writes what it learnt at its alarm, and knows it after an eviction", async () => {
		const name = "evicted-closed";
		await object(name).report({ id: "1", outcomes: [outcome({ ttftMs: 120 }), ...failures(3)] });
		expect(await runDurableObjectAlarm(object(name))).toBe(true);
		await evictDurableObject(object(name));
		const circuits: Circuit[] = await object(name).circuits();
		const circuit = circuits.find(({ health }) => health.ref.model === TARGET.model);
		expect(circuit).toMatchObject({
			streak: 3,
			lastMinute: { ok: 1, failed: 3 },
			health: { latency: { ttftMs: 120 } },
		});
		expect(await runDurableObjectAlarm(object(name))).toBe(false);
	});

	test("tells D1 what opened, once, though D1 was down and the object was evicted", async () => {
		const name = "told";
		const batch = vi.spyOn(Object.getPrototypeOf(bindings.DB) as D1Database, "batch");
		batch.mockRejectedValue(new Error("D1 is down"));
		await object(name).report({ id: "1", outcomes: failures(5) });
		expect((await object(name).sweep()).weight).toBeGreaterThan(0);
		await evictDurableObject(object(name));
		expect(batch).toHaveBeenCalled();
		batch.mockRestore();
		await object(name).report({ id: "2", outcomes: [outcome({ result: "failed", fault: "vendor_quota" })] });
		await object(name).sweep();
		await object(name).sweep();
		const query =
			"SELECT provider, credential, model, from_state, to_state, reason FROM circuit_transitions WHERE object = ?";
		const { results } = await bindings.DB.prepare(query).bind(`provider/${name}`).all();
		const common = { provider: name, credential: "main", from_state: "closed", to_state: "open" };
		expect(results).toEqual([
			{ ...common, model: "m", reason: "streak:server" },
			{ ...common, model: null, reason: "vendor_quota" },
		]);
	});
});

describe("a user", () => {
	const MODELS = ["openai/gpt-6-luna", "deepseek/deepseek-flash"];
	const ask = async () => {
		// A conversation would stay where it was served, so each is another one.
		const response = await chat({ models: MODELS, messages: user(`Hi for the ${serial++}. time`), max_tokens: 20 });
		await response.text();
		return { status: response.status, attempts: response.headers.get("x-tollgate-attempts") };
	};
	const circuitAt = async (provider: string) => {
		const { body } = await admin("GET", "/circuits");
		const all = body.data as { id: string; circuits: { model: string | null; state: string; since: string }[] }[];
		return all.find(({ id }) => id === provider)?.circuits.find(({ model }) => model === "gpt-6-luna");
	};

	test("notices nothing of a broken provider, which is asked no more until it is reset", async () => {
		await fault({ provider: "openai", fault: "error", status: 500 });
		await vi.waitFor(async () => {
			expect((await ask()).status).toBe(200);
			expect((await circuitAt("openai"))?.state).toBe("open");
		}, 10_000);
		// One that is open by the same trip before and after was open meanwhile; on a slow machine a trial may come
		// between.
		for (let n = 0; n < 5; ) {
			const before = await circuitAt("openai");
			const answer = await ask();
			expect(answer.status).toBe(200);
			const after = await circuitAt("openai");
			if (before?.state !== "open" || after?.state !== "open" || before.since !== after.since) continue;
			expect(answer.attempts).toBe("deepseek:200");
			n++;
		}
		// Not by `fault`, which resets circuits.
		await send("http://gateway/_simulator/faults", { method: "DELETE" });
		expect((await admin("POST", "/circuits/openai/reset?model=gpt-6-luna")).status).toBe(200);
		expect((await ask()).attempts).toBe("openai:200");
	});

	test("is served elsewhere at once when an admin shuts a provider, and told when there is no other", async () => {
		const forced = await admin("POST", "/circuits/openai/force", {
			...{ state: "open", ttl_seconds: 60, reason: "maintenance" },
		});
		expect(forced.status).toBe(200);
		expect(await ask()).toEqual({ status: 200, attempts: "deepseek:200" });
		const refused = await failure(chat({ model: "openai/gpt-6-luna", messages: user("Hi") }));
		expect(refused.status).toBe(503);
		await admin("POST", "/circuits/openai/force", { state: "closed", ttl_seconds: 60, reason: "done" });
		expect((await ask()).attempts).toBe("openai:200");
	});

	test("is served although the providers' objects are down", async () => {
		for (const method of ["report", "snapshot", "acquireTrial"] as const) {
			vi.spyOn(ProviderObject.prototype, method).mockImplementation(() => {
				throw new Error("the provider's object is down");
			});
		}
		isolate.renew();
		expect(await ask()).toEqual({ status: 200, attempts: "openai:200" });
		await fault({ provider: "openai", fault: "error", status: 500 });
		for (let n = 0; n < 10; n++) expect((await ask()).status).toBe(200);
	});
});

describe("the admin", () => {
	test("finds a provider's circuits closed after giving it another credential", async () => {
		const name = "mended";
		const models = [{ id: "m", prices: [{ input: 1, output: 1 }] }];
		await admin("POST", "/providers", { name, base_url: "https://api.mended.example/v1", credential: "old", models });
		const object = () => bindings.PROVIDERS.getByName(name);
		const refused = outcome({ credential: "default" as CredentialId, result: "failed", fault: "credential" });
		const states = (circuits: readonly Circuit[]) => circuits.map(({ health }) => health.state);
		await object().report({ id: "1", outcomes: [refused] });
		expect(states(await object().circuits())).toContain("open");
		expect((await admin("PATCH", `/providers/${name}`, { credential: "new" })).status).toBe(200);
		expect(states(await object().circuits())).not.toContain("open");
	});

	test("sees a decision with its author, time and reason, and finds it on record", async () => {
		const order = { state: "observe", ttl_seconds: 3600, reason: " to look ", model: "gpt-6-luna" };
		const { status, body } = await admin("POST", "/circuits/openai/force", order);
		expect(status).toBe(200);
		const circuits = body.circuits as Record<string, unknown>[];
		expect(circuits.filter(({ model }) => model === "gpt-6-luna")).not.toHaveLength(0);
		for (const circuit of circuits) {
			if (circuit.model !== "gpt-6-luna") expect(circuit.forced).toBeNull();
			else expect(circuit.forced).toMatchObject({ state: "observe", author: "admin", reason: "to look" });
		}
		const reset = await admin("POST", "/circuits/openai/reset?model=gpt-6-luna");
		expect((reset.body.circuits as { forced: unknown }[]).every(({ forced }) => forced === null)).toBe(true);
		const audit = await admin("GET", "/audit?kind=circuit&subject=openai&limit=2");
		expect(audit.body.data).toMatchObject([
			{ action: "reset", who: "admin", after: { model: "gpt-6-luna", credential: null } },
			{ action: "force", who: "admin", after: { model: "gpt-6-luna", state: "observe", reason: "to look" } },
		]);
	});

	test("sees every serving provider, and of one whose object is down that nothing is known", async () => {
		vi.spyOn(ProviderObject.prototype, "circuits").mockImplementation(() => {
			throw new Error("the provider's object is down");
		});
		const { status, body } = await admin("GET", "/circuits");
		expect(status).toBe(200);
		const all = body.data as { id: string; circuits: unknown }[];
		expect(all.map(({ id }) => id)).toContain("workers-ai");
		expect(all.every(({ circuits }) => circuits === null)).toBe(true);
	});

	test("is told when nobody knows whether a decision took effect", async () => {
		vi.spyOn(ProviderObject.prototype, "force").mockImplementation(() => {
			throw new Error("the provider's object is down");
		});
		const answer = await admin("POST", "/circuits/openai/force", { state: "open", ttl_seconds: 1, reason: "x" });
		expect(answer.status).toBe(503);
		expect(errorOf(answer).code).toBe("health_unavailable");
	});

	test.each([
		["/circuits/nobody/reset", undefined, 404, "provider_not_found", null],
		["/circuits/openai/reset?model=gpt-nothing", undefined, 400, "invalid_request", "model"],
		["/circuits/openai/reset?credential=other", undefined, 400, "invalid_request", "credential"],
		["/circuits/openai/reset?modell=gpt-6-luna", undefined, 400, "invalid_request", "modell"],
		["/circuits/openai/force", { ttl_seconds: 60, reason: "x" }, 400, "invalid_request", "state"],
		["/circuits/openai/force", { state: "shut", ttl_seconds: 60, reason: "x" }, 400, "invalid_request", "state"],
		["/circuits/openai/force", { state: "open", ttl_seconds: 0, reason: "x" }, 400, "invalid_request", "ttl_seconds"],
		[
			"/circuits/openai/force",
			{ state: "open", ttl_seconds: 2_592_001, reason: "x" },
			400,
			"invalid_request",
			"ttl_seconds",
		],
		["/circuits/openai/force", { state: "open", ttl_seconds: 60, reason: " " }, 400, "invalid_request", "reason"],
		["/circuits/openai/force", { state: "open", ttl_seconds: 60 }, 400, "invalid_request", "reason"],
	])("is told what is wrong: %s %j", async (path, body, status, code, param) => {
		const answer = await admin("POST", path, body);
		expect(answer.status).toBe(status);
		expect(errorOf(answer)).toMatchObject({ code, param });
	});
});
