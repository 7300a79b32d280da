import { describe, expect, it } from "vitest";
import type { ForceOrder } from "#core/health/circuits";
import type { Outcome } from "#core/health/health";
import type { CredentialId, KeyId } from "#core/ids";
import { Circuits } from "#durable-objects/provider/circuits";
import { MemoryStore, START, TARGET } from "#test/models/circuits/schedules";
import { strictest } from "#test/models/circuits/strictest";

const { credential, model } = TARGET;

class Provider {
	now = START;
	readonly store = new MemoryStore();
	readonly wakes: number[] = [];
	circuits = this.start();
	#serial = 0;

	start(): Circuits {
		return new Circuits({
			store: this.store,
			clock: () => this.now,
			random: () => 0.5,
			newPermit: () => `permit-${this.#serial++}`,
			wakeAt: (at) => this.wakes.push(at),
		});
	}

	tell(change: Partial<Outcome>, times = 1): void {
		for (let n = 0; n < times; n++) {
			const id = String(this.#serial++);
			this.circuits.report({ id, outcomes: [{ ...outcome(id, this.now), ...change }] });
		}
	}

	fail(times = 1, change: Partial<Outcome> = {}): void {
		this.tell({ result: "failed", fault: "server", ...change }, times);
	}

	state(of = TARGET) {
		return strictest(this.circuits.snapshot(), of.credential, of.model);
	}

	force(change: Partial<ForceOrder>): void {
		const cells = { credential: null, model: null };
		this.circuits.force({ cells, state: "open", until: this.now + 60_000, author: "admin", reason: "", ...change });
	}
}

function outcome(id: string, now: number): Outcome {
	return {
		...TARGET,
		attemptId: id,
		keyId: "a" as KeyId,
		fingerprint: id,
		...{ startedAt: now, at: now, result: "ok", fault: null, limits: null, midstream: false, retryAfterMs: null },
		...{ ttftMs: null, stream: null, prompt: null, permit: null },
	};
}

describe("a vendor that does not serve one model", () => {
	it("loses that model after five refusals, and keeps all others", () => {
		const provider = new Provider();
		provider.fail(5, { fault: "forbidden" });
		expect(provider.state()).toMatchObject({ state: "open", reason: "streak:forbidden" });
		expect(provider.state({ credential, model: "another" })).toMatchObject({ state: "closed", share: 1 });
	});
});

describe("a vendor that refuses for rate", () => {
	const another = { credential, model: "another" };
	const third = { credential, model: "a third" };
	const throttle = (provider: Provider, change: Partial<Outcome>) => {
		provider.fail(1, { fault: "rate_limited", retryAfterMs: 300_000, ...change });
	};

	it("of one model leaves all others alone", () => {
		const provider = new Provider();
		throttle(provider, {});
		expect(provider.state()).toMatchObject({ state: "throttled", until: START + 300_000 });
		expect(provider.state(another)).toMatchObject({ state: "closed", share: 1 });
	});

	it("of the account, by its own words, throttles all of it", () => {
		const provider = new Provider();
		throttle(provider, { limits: "account" });
		expect(provider.state(another)).toMatchObject({ state: "throttled", until: START + 300_000 });
		expect(provider.state({ ...another, credential: "spare" as CredentialId }).state).toBe("closed");
	});

	it("of two models at once throttles the account for a minute at most, for it did not say so", () => {
		const provider = new Provider();
		throttle(provider, {});
		throttle(provider, another);
		expect(provider.state(third)).toMatchObject({ state: "throttled", until: START + 60_000 });
		provider.now += 60_000;
		expect(provider.state(third).state).toBe("closed");
		expect(provider.state(another).state).toBe("throttled");
	});

	it("of two models one after the other throttles no third one", () => {
		const provider = new Provider();
		throttle(provider, {});
		provider.now += 300_000;
		throttle(provider, another);
		expect(provider.state(third).state).toBe("closed");
	});

	it("of two models at once, each by its own limit, throttles no third one", () => {
		const provider = new Provider();
		throttle(provider, { limits: "model", retryAfterMs: 24 * 60 * 60_000 });
		throttle(provider, { ...another, limits: "model", retryAfterMs: 24 * 60 * 60_000 });
		expect(provider.state(third).state).toBe("closed");
		expect(provider.state()).toMatchObject({ state: "throttled", until: START + 900_000 });
	});
});

describe("a prompt at which an upstream fails", () => {
	it("shuts nothing while others are served, however often it is sent", () => {
		const provider = new Provider();
		for (let n = 0; n < 500; n++) {
			provider.fail(2, { keyId: "poisonous" as KeyId, fingerprint: "the same" });
			provider.tell({ keyId: "other" as KeyId });
			provider.now += 300;
			expect(provider.state()).toMatchObject({ state: "closed", share: 1, shed: 0 });
		}
	});

	it("shuts nothing while others are served, though it is another each time", () => {
		const provider = new Provider();
		for (let n = 0; n < 500; n++) {
			provider.tell({ keyId: "other" as KeyId });
			provider.fail(5, { keyId: "poisonous" as KeyId });
			provider.now += 300;
			expect(provider.state()).toMatchObject({ state: "closed", share: 1, shed: 0 });
		}
	});

	it("is no excuse when nothing else is served: the same request in a loop opens the cell", () => {
		const provider = new Provider();
		provider.tell({ fingerprint: "the same" }, 10);
		provider.fail(4, { fingerprint: "the same" });
		expect(provider.state().state).toBe("closed");
		provider.fail(1, { fingerprint: "the same" });
		expect(provider.state()).toMatchObject({ state: "open", reason: "streak:server" });
	});
});

describe("a trial", () => {
	it("is one at a time; a lost permit is free after 30 s", () => {
		const provider = new Provider();
		provider.fail(5);
		expect(provider.circuits.acquireTrial(TARGET, false)).toBeNull();
		provider.now += 7_500;
		expect(provider.state().state).toBe("half_open");
		expect(provider.circuits.acquireTrial(TARGET, false)).toEqual({
			id: expect.any(String),
			expiresAt: provider.now + 30_000,
		});
		provider.now += 29_999;
		expect(provider.circuits.acquireTrial(TARGET, false)).toBeNull();
		provider.now += 1;
		expect(provider.circuits.acquireTrial(TARGET, false)).not.toBeNull();
	});

	it("keeps its permit for 30 s after each sign that it runs, and not once it is another's", () => {
		const provider = new Provider();
		provider.fail(5);
		provider.now += 7_500;
		const first = provider.circuits.acquireTrial(TARGET, false)?.id ?? "";
		for (let n = 0; n < 20; n++) {
			provider.now += 29_999;
			expect(provider.circuits.acquireTrial(TARGET, true)).toBeNull();
			provider.circuits.renewTrial(TARGET, first);
			// Also where the object moved meanwhile.
			provider.circuits = provider.start();
		}
		provider.now += 30_000;
		const second = provider.circuits.acquireTrial(TARGET, false);
		expect(second).not.toBeNull();
		provider.now += 20_000;
		provider.circuits.renewTrial(TARGET, first);
		provider.now += 10_000;
		expect(provider.circuits.acquireTrial(TARGET, false)).not.toBeNull();
	});

	it("gives its permit back when it taught nothing", () => {
		const provider = new Provider();
		provider.fail(5);
		provider.now += 7_500;
		const permit = provider.circuits.acquireTrial(TARGET, false)?.id ?? null;
		provider.tell({ result: "ignored", permit });
		expect(provider.state().state).toBe("half_open");
		expect(provider.circuits.acquireTrial(TARGET, false)).not.toBeNull();
	});

	it("covers all cells on the way, or none", () => {
		const provider = new Provider();
		const other = { credential, model: "other" };
		provider.fail(5, { fault: "connect" });
		provider.fail(5, { ...other });
		provider.now += 7_500;
		expect(provider.circuits.acquireTrial(other, false)).not.toBeNull();
		// The provider's own cell is being tried.
		expect(provider.circuits.acquireTrial(TARGET, false)).toBeNull();
	});

	it("is not needed where nothing is open, and is not to be had where an admin shut it", () => {
		const provider = new Provider();
		expect(provider.circuits.acquireTrial(TARGET, false)).not.toBeNull();
		provider.force({});
		expect(provider.circuits.acquireTrial(TARGET, true)).toBeNull();
	});

	it("of a dead credential comes after 30 minutes, or every 30 s as the last resort", () => {
		const provider = new Provider();
		provider.fail(1, { fault: "credential" });
		expect(provider.state()).toMatchObject({ state: "open", reason: "credential", until: START + 1_800_000 });
		provider.now += 1_000;
		expect(provider.circuits.acquireTrial(TARGET, false)).toBeNull();
		const permit = provider.circuits.acquireTrial(TARGET, true)?.id ?? null;
		provider.fail(1, { fault: "credential", permit });
		provider.now += 29_999;
		expect(provider.circuits.acquireTrial(TARGET, true)).toBeNull();
		provider.now += 1;
		expect(provider.circuits.acquireTrial(TARGET, true)).not.toBeNull();
	});
});

describe("an upstream that asks for a wait", () => {
	it("of more than 15 minutes parks the credential", () => {
		const provider = new Provider();
		provider.fail(1, { fault: "rate_limited", retryAfterMs: 900_000 });
		expect(provider.state()).toMatchObject({ state: "throttled", until: START + 900_000 });
		provider.fail(1, { fault: "rate_limited", limits: "account", retryAfterMs: 900_001 });
		expect(provider.state()).toMatchObject({ state: "open", until: START + 1_800_000 });
	});
});

describe("an admin's decision", () => {
	const other = { credential: "other" as CredentialId, model: "other" };

	it("holds for its time, whatever outcomes say", () => {
		const provider = new Provider();
		provider.force({ state: "open" });
		provider.tell({}, 50);
		expect(provider.state(other)).toMatchObject({ state: "open", reason: "forced", until: START + 60_000 });
		provider.now += 59_999;
		expect(provider.state().state).toBe("open");
		provider.now += 1;
		expect(provider.state().state).toBe("closed");
	});

	it("closes what outcomes opened, and they do not open it again", () => {
		const provider = new Provider();
		provider.fail(5);
		provider.force({ state: "closed", cells: { credential: null, model } });
		expect(provider.state()).toMatchObject({ state: "closed", share: 1, shed: 0 });
		provider.fail(50);
		provider.now += 60_000;
		expect(provider.state().state).toBe("closed");
	});

	it("to observe counts everything and refuses nothing", () => {
		const provider = new Provider();
		provider.force({ state: "observe" });
		provider.fail(5);
		expect(provider.state()).toMatchObject({ state: "closed", share: 1, shed: 0 });
		const circuit = provider.circuits.circuits().find(({ health }) => health.ref.model === model);
		expect(circuit).toMatchObject({ byOutcomes: { state: "open" }, forced: { state: "observe", author: "admin" } });
	});

	it("of one model or one credential concerns these alone, and outdoes a wider one", () => {
		const provider = new Provider();
		provider.force({ cells: { credential: null, model } });
		expect(provider.state().state).toBe("open");
		expect(provider.state({ credential, model: "other" }).state).toBe("closed");
		provider.force({ cells: { credential: other.credential, model: null } });
		expect(provider.state(other).state).toBe("open");
		provider.force({ cells: { credential, model }, state: "closed" });
		provider.fail(50);
		const cell = provider.circuits
			.snapshot()
			.cells.find(({ ref }) => ref.credential === credential && ref.model === model);
		expect(cell).toMatchObject({ state: "closed", forced: "closed" });
	});

	it("goes with a reset of its cells, and not with that of others", () => {
		const provider = new Provider();
		provider.force({ cells: { credential, model } });
		provider.circuits.reset({ credential: null, model: "other" });
		expect(provider.state().state).toBe("open");
		provider.circuits.reset({ credential: null, model });
		expect(provider.state().state).toBe("closed");
	});
});

describe("what is stored", () => {
	it("is written when a cell opens, is tried or recovers; the rest waits for the alarm", () => {
		const provider = new Provider();
		provider.tell({ ttftMs: 100 }, 100);
		provider.fail(4);
		expect(provider.store.writes).toBe(0);
		expect(provider.wakes).toEqual([START + 8_000]);
		provider.fail(1);
		expect(provider.store.writes).toBe(1);
		provider.fail(100);
		expect(provider.store.writes).toBe(1);
		provider.now += 8_000;
		provider.circuits.wake();
		expect(provider.store.writes).toBe(2);
		expect(provider.circuits.acquireTrial(TARGET, false)).not.toBeNull();
		expect(provider.store.writes).toBe(3);
	});

	it("is known again after an eviction", () => {
		const provider = new Provider();
		provider.tell({ ttftMs: 100, prompt: { tokens: 10, cached: 5 } }, 30);
		provider.fail(5);
		provider.fail(1, { credential: "dead" as CredentialId, fault: "vendor_quota" });
		provider.force({ cells: { credential: null, model: "forced" }, reason: "maintenance" });
		provider.now += 10_000;
		const permit = provider.circuits.acquireTrial(TARGET, false);
		expect(permit).not.toBeNull();
		const before = provider.circuits.circuits();
		provider.circuits = provider.start();
		expect(provider.circuits.circuits()).toEqual(before);
		// The permit is still out, and what it brings still counts.
		expect(provider.circuits.acquireTrial(TARGET, false)).toBeNull();
		provider.tell({ permit: permit?.id ?? null });
		const circuit = provider.circuits
			.circuits()
			.find(({ health }) => health.ref.credential === credential && health.ref.model === model);
		expect(circuit?.trial.successes).toBe(1);
	});

	it("is forgotten after a day in health, and not while it is open", () => {
		const provider = new Provider();
		provider.tell({});
		provider.fail(1, { credential: "dead" as CredentialId, fault: "vendor_quota" });
		provider.now += 24 * 3_600_000;
		provider.circuits.wake();
		provider.circuits = provider.start();
		expect(provider.circuits.snapshot().cells.map(({ ref }) => ref)).toEqual([{ credential: "dead", model: null }]);
	});
});

it("tells each opening, recovery and closing once, and no failed trial", () => {
	const provider = new Provider();
	provider.fail(5);
	provider.now += 7_500;
	const attempt = () => provider.circuits.acquireTrial(TARGET, false)?.id ?? null;
	provider.fail(1, { permit: attempt() });
	provider.now += 7_500;
	for (let n = 0; n < 3; n++) provider.tell({ permit: attempt() });
	provider.now += 15_000;
	provider.tell({});
	provider.fail(5);
	provider.circuits.reset({ credential: null, model: null });
	expect(provider.store.transitions.map(({ from, to, reason, until }) => [from, to, reason, until])).toEqual([
		["closed", "open", "streak:server", START + 7_500],
		["open", "ramping", "recovering", null],
		["ramping", "closed", "", null],
		["closed", "open", "streak:server", START + 45_000],
		["open", "closed", "reset", null],
	]);
});

it("counts a batch that arrives twice once", () => {
	const provider = new Provider();
	const outcomes = [0, 1, 2, 3].map((n) => ({
		...outcome(`${n}`, START),
		result: "failed" as const,
		fault: "server" as const,
	}));
	provider.circuits.report({ id: "one", outcomes });
	const { state } = strictest(provider.circuits.report({ id: "one", outcomes }), credential, model);
	expect(state).toBe("closed");
});

it("does not go back in time when its clock does, even across a restart", () => {
	const provider = new Provider();
	provider.fail(5);
	provider.now -= 3_600_000;
	provider.circuits = provider.start();
	expect(provider.circuits.snapshot().at).toBe(START);
	provider.now += 3_600_000 + 7_500;
	expect(provider.state().state).toBe("half_open");
});

it("takes one model's slowness for slowness against what is usual there", () => {
	const provider = new Provider();
	provider.tell({ ttftMs: 2_000 }, 20);
	provider.now += 30_000;
	provider.tell({ ttftMs: 2_000 });
	provider.now += 60_000;
	provider.tell({ ttftMs: 10_000 }, 40);
	expect(provider.state().state).toBe("closed");
	provider.now += 60_000;
	provider.tell({ ttftMs: 40_000 }, 19);
	expect(provider.state().state).toBe("closed");
	provider.tell({ ttftMs: 40_000 });
	expect(provider.state()).toMatchObject({ state: "open", reason: "slowness" });
});
