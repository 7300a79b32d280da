import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OutcomeBatch } from "#core/health/circuits";
import type { Outcome } from "#core/health/health";
import type { KeyId, ProviderName } from "#core/ids";
import { Circuits } from "#durable-objects/provider/circuits";
import type { Env } from "#env";
import { HealthClient } from "#gateway/routing/health-client";
import { PLATFORM } from "#lib/platform";
import { MemoryStore, TARGET } from "#test/models/circuits/schedules";
import { strictest } from "#test/models/circuits/strictest";

const ACME = "acme" as ProviderName;
const NOW = 1_800_000_000_000;

/** An isolate beside a provider's object, over a network that a test may break. */
class Isolate {
	readonly circuits = new Circuits({
		store: new MemoryStore(),
		clock: () => Date.now(),
		random: () => 0.5,
		newPermit: () => crypto.randomUUID(),
		wakeAt: () => {},
	});
	readonly calls: string[] = [];
	readonly batches: OutcomeBatch[] = [];
	stubs = 0;
	/** What becomes of each call before it arrives. */
	network: (call: string) => Promise<void> = () => Promise.resolve();
	/** What becomes of each reply. */
	reply: (call: string) => Promise<void> = () => Promise.resolve();
	readonly #background: Promise<unknown>[] = [];
	readonly health = new HealthClient(PLATFORM);
	readonly env: Env;
	readonly execution: ExecutionContext;

	constructor() {
		const via = async <T>(call: string, run: () => T): Promise<T> => {
			this.calls.push(call);
			await this.network(call);
			const result = run();
			await this.reply(call);
			return result;
		};
		const stub = {
			snapshot: () => via("snapshot", () => this.circuits.snapshot()),
			report: (batch: OutcomeBatch) =>
				via("report", () => {
					this.batches.push(batch);
					return this.circuits.report(batch);
				}),
			acquireTrial: (target: typeof TARGET, panic: boolean) =>
				via("acquireTrial", () => this.circuits.acquireTrial(target, panic)),
		};
		const getByName = () => {
			this.stubs += 1;
			return stub;
		};
		this.env = { PROVIDERS: { getByName } } as unknown as Env;
		const waitUntil = (work: Promise<unknown>) => void this.#background.push(work);
		this.execution = { waitUntil } as unknown as ExecutionContext;
	}

	async view() {
		const view = await this.health.view({ ...this, receivedAt: Date.now() }, [ACME]);
		return () => strictest(view(ACME), TARGET.credential, TARGET.model);
	}

	report(change: Partial<Outcome> = {}): void {
		this.health.report(this, ACME, { ...success(), ...change });
	}

	fail(times = 1): void {
		for (let n = 0; n < times; n++) this.report({ result: "failed", fault: "server" });
	}

	/** Lets what waits in the background finish. */
	async settle(): Promise<void> {
		while (this.#background.length > 0) await this.#background.shift();
	}
}

let serial = 0;

function success(): Outcome {
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
		...{ ttftMs: null, stream: null, prompt: null, permit: null },
	};
}

const never = () => new Promise<void>(() => {});
const broken = (properties: object) => () => Promise.reject(Object.assign(new Error("broken"), properties));

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

describe("an isolate", () => {
	it("waits for the first word, and then never again while it is fresh", async () => {
		const isolate = new Isolate();
		isolate.circuits.force({
			...{ cells: { credential: null, model: null }, state: "open", until: NOW + 60_000 },
			...{ author: "admin", reason: "" },
		});
		expect((await isolate.view())().state).toBe("open");
		vi.advanceTimersByTime(1_999);
		expect((await isolate.view())().state).toBe("open");
		expect(isolate.calls).toEqual(["snapshot"]);
	});

	it("refreshes in the background after 2 s, one request for all", async () => {
		const isolate = new Isolate();
		await isolate.view();
		vi.advanceTimersByTime(2_000);
		isolate.network = never;
		await Promise.all([isolate.view(), isolate.view(), isolate.view()]);
		expect(isolate.calls).toEqual(["snapshot", "snapshot"]);
	});

	it("asks again as a new one does when it has not heard for 10 s", async () => {
		const isolate = new Isolate();
		await isolate.view();
		isolate.circuits.force({
			...{ cells: { credential: null, model: null }, state: "open", until: NOW + 60_000 },
			...{ author: "admin", reason: "" },
		});
		vi.advanceTimersByTime(10_000);
		expect((await isolate.view())().state).toBe("open");
	});

	it("takes health for closed when nobody answers, after 150 ms once and at once from then on", async () => {
		const isolate = new Isolate();
		isolate.network = never;
		const first = isolate.view();
		await vi.advanceTimersByTimeAsync(150);
		expect((await first)()).toMatchObject({ state: "closed", share: 1 });
		await vi.advanceTimersByTimeAsync(60_000);
		// Fake time stands still here: this would hang if it waited.
		expect((await isolate.view())()).toMatchObject({ state: "closed", share: 1 });
	});

	it("waits for no object that answered late, as one far away does", async () => {
		const isolate = new Isolate();
		isolate.network = () => new Promise((resolve) => setTimeout(resolve, 150));
		const first = isolate.view();
		await vi.advanceTimersByTimeAsync(150);
		await first;
		await isolate.view();
		await vi.advanceTimersByTimeAsync(20_000);
		// Fake time stands still here: this would hang if it waited.
		expect((await isolate.view())()).toMatchObject({ state: "closed" });
		expect(isolate.calls.length).toBeGreaterThan(1);
	});

	it("avoids what failed before its object has answered, and then goes by its object", async () => {
		const isolate = new Isolate();
		await isolate.view();
		let deliver = () => {};
		isolate.network = () => new Promise((resolve) => (deliver = () => resolve()));
		isolate.fail();
		const view = await isolate.view();
		expect(view()).toMatchObject({ state: "closed", shed: 1 });
		deliver();
		await isolate.settle();
		expect(view()).toMatchObject({ state: "closed", shed: 0 });
	});

	it("avoids what failed for 2 s at most", async () => {
		const isolate = new Isolate();
		await isolate.view();
		isolate.network = broken({});
		isolate.fail();
		await isolate.settle();
		expect((await isolate.view())().shed).toBe(1);
		vi.advanceTimersByTime(2_000);
		expect((await isolate.view())().shed).toBe(0);
	});

	it("sends successes together after a second, 32 at once, and failures and trials at once", async () => {
		const isolate = new Isolate();
		for (let n = 0; n < 31; n++) isolate.report();
		await vi.advanceTimersByTimeAsync(999);
		expect(isolate.batches).toHaveLength(0);
		await vi.advanceTimersByTimeAsync(1);
		expect(isolate.batches.map(({ outcomes }) => outcomes.length)).toEqual([31]);
		for (let n = 0; n < 32; n++) isolate.report();
		await vi.advanceTimersByTimeAsync(0);
		isolate.report();
		isolate.fail();
		await vi.advanceTimersByTimeAsync(0);
		isolate.report({ permit: "permit" });
		await vi.advanceTimersByTimeAsync(0);
		expect(isolate.batches.map(({ outcomes }) => outcomes.length)).toEqual([31, 32, 2, 1]);
	});

	it("sends nothing of what teaches nothing", async () => {
		const isolate = new Isolate();
		isolate.report({ result: "ignored" });
		await vi.advanceTimersByTimeAsync(5_000);
		expect(isolate.calls).toEqual([]);
	});

	it("asks anew after an admin's decision", async () => {
		const isolate = new Isolate();
		isolate.fail(5);
		await isolate.settle();
		isolate.circuits.reset({ credential: null, model: null });
		expect((await isolate.view())().state).toBe("open");
		isolate.health.forget();
		expect((await isolate.view())().state).toBe("closed");
	});
});

describe("an object that fails", () => {
	it("is not asked again when it is overloaded", async () => {
		const isolate = new Isolate();
		isolate.network = broken({ overloaded: true });
		expect((await isolate.view())().state).toBe("closed");
		isolate.fail();
		await isolate.settle();
		expect(isolate.calls).toEqual(["snapshot", "report"]);
	});

	it("is asked once more over a fresh stub when the first one broke", async () => {
		const isolate = new Isolate();
		isolate.fail(5);
		await isolate.settle();
		isolate.health.forget();
		const { stubs } = isolate;
		isolate.network = (call) => {
			isolate.network = () => Promise.resolve();
			return call === "snapshot" ? broken({ durableObjectReset: true })() : Promise.resolve();
		};
		expect((await isolate.view())().state).toBe("open");
		expect(isolate.stubs - stubs).toBe(2);
	});

	it("counts outcomes once whose reply was lost", async () => {
		const isolate = new Isolate();
		let lost = 0;
		isolate.reply = () => (lost++ === 0 ? broken({})() : Promise.resolve());
		isolate.report({ result: "failed", fault: "server" });
		await isolate.settle();
		expect(isolate.batches.map(({ id }) => id)).toHaveLength(2);
		expect(new Set(isolate.batches.map(({ id }) => id)).size).toBe(1);
		const [circuit] = isolate.circuits.circuits().filter(({ health }) => health.ref.model !== null);
		expect(circuit?.lastMinute.failed).toBe(1);
	});

	it("never fails a request, and forgets what it could not be told", async () => {
		const isolate = new Isolate();
		isolate.network = broken({});
		for (let n = 0; n < 100; n++) isolate.fail();
		await isolate.settle();
		vi.advanceTimersByTime(3_000);
		expect((await isolate.view())()).toMatchObject({ state: "closed", shed: 0 });
		isolate.network = () => Promise.resolve();
		await isolate.settle();
		isolate.report({ permit: "permit" });
		await isolate.settle();
		expect(isolate.batches.map(({ outcomes }) => outcomes.length)).toEqual([1]);
	});
});

describe("the right to a trial", () => {
	const opened = async () => {
		const isolate = new Isolate();
		isolate.fail(5);
		await isolate.settle();
		vi.advanceTimersByTime(7_500);
		return isolate;
	};

	it("goes to one; a refusal is not asked for again for a while", async () => {
		const isolate = await opened();
		const asked = () => isolate.calls.filter((call) => call === "acquireTrial").length;
		expect(await isolate.health.trial(isolate.env, ACME, TARGET)).not.toBeNull();
		expect(await isolate.health.trial(isolate.env, ACME, TARGET)).toBeNull();
		expect(await isolate.health.trial(isolate.env, ACME, TARGET)).toBeNull();
		expect(asked()).toBe(2);
		vi.advanceTimersByTime(250);
		expect(await isolate.health.trial(isolate.env, ACME, TARGET)).toBeNull();
		expect(asked()).toBe(3);
	});

	it("is not to be had from a silent object, except as the last resort", async () => {
		const isolate = await opened();
		isolate.network = never;
		const due = isolate.health.trial(isolate.env, ACME, TARGET);
		const panic = isolate.health.trial(isolate.env, ACME, TARGET, "panic");
		await vi.advanceTimersByTimeAsync(300);
		expect(await due).toBeNull();
		expect(await panic).not.toBeNull();
	});

	it("ends in recovery: three trials, then a growing share, then all", async () => {
		const isolate = await opened();
		for (let n = 0; n < 3; n++) {
			const permit = await isolate.health.trial(isolate.env, ACME, TARGET);
			expect(permit).not.toBeNull();
			isolate.report({ permit: permit?.id ?? null });
			await isolate.settle();
		}
		expect((await isolate.view())()).toMatchObject({ state: "ramping", share: 0.1 });
		vi.advanceTimersByTime(15_000);
		expect((await isolate.view())()).toMatchObject({ state: "closed", share: 1 });
	});
});
