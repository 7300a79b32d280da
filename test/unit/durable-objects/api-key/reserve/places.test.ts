import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Reservation } from "#core/key-object/reservation";
import { type Key, World } from "#test/support/key-object";
import { cases } from "#test/support/scale";

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
	vi.useRealTimers();
});

/** Requests of a key that wait for a place, and the attempts that have one. */
class Callers {
	readonly answers: Reservation[] = [];
	readonly running: string[] = [];
	#asked = 0;
	readonly #key: Key;

	constructor(key: Key) {
		this.#key = key;
	}

	async arrive(waitMs = 500): Promise<void> {
		const attemptId = `r${this.#asked++}`;
		void this.#key.reserve(1, { attemptId, waitMs }).then((answer) => {
			this.answers.push(answer);
			if (answer.outcome === "granted") this.running.push(attemptId);
		});
		await come();
	}

	/** The attempt that has run longest is settled. */
	async end(): Promise<void> {
		const attemptId = this.running.shift();
		if (attemptId === undefined) return;
		const item = { attemptId, token: null, actual: 0, estimated: false, void: true, tokens: 0 };
		this.#key.teller.settle({ id: `end ${attemptId}`, sentAt: 0, items: [item] });
		await come();
	}

	get waiting(): number {
		return this.#asked - this.answers.length;
	}
}

/** All that follows at once has happened. */
const come = () => new Promise((resolve) => setImmediate(resolve));

test("a request waits for a settlement, and the number that runs never exceeds the limit", async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.integer({ min: 1, max: 4 }),
			fc.array(fc.constantFrom("arrive", "end"), { maxLength: 40 }),
			async (concurrentRequests, steps) => {
				const callers = new Callers(new World().key("k", { limits: { concurrentRequests } }));
				for (const step of steps) {
					await callers[step as "arrive" | "end"]();
					expect(callers.running.length).toBeLessThanOrEqual(concurrentRequests);
					// Nobody waits while there is a place.
					if (callers.running.length < concurrentRequests) expect(callers.waiting).toBe(0);
				}
				while (callers.running.length > 0) await callers.end();
				expect(callers.answers.every(({ outcome }) => outcome === "granted")).toBe(true);
			},
		),
		{ numRuns: cases(200, 60) },
	);
});

test("it waits for 500 ms, whatever it asks for, and not at all if it does not ask", async () => {
	const world = new World();
	const callers = new Callers(world.key("k", { limits: { concurrentRequests: 1 } }));
	await callers.arrive();
	await callers.arrive(0);
	expect(callers.answers.map(({ outcome }) => outcome)).toEqual(["granted", "limited"]);
	await callers.arrive(60_000);
	world.now += 499;
	await vi.advanceTimersByTimeAsync(499);
	expect(callers.waiting).toBe(1);
	world.now += 1;
	await vi.advanceTimersByTimeAsync(1);
	expect(callers.answers.at(-1)).toMatchObject({ outcome: "limited", limit: "concurrentRequests" });
});

test("no more than a hundred wait", async () => {
	const callers = new Callers(new World().key("k", { limits: { concurrentRequests: 1 } }));
	for (let n = 0; n < 102; n++) await callers.arrive();
	expect(callers.waiting).toBe(100);
	expect(callers.answers.at(-1)).toMatchObject({ outcome: "limited" });
});

test("other limits are not waited for", async () => {
	const callers = new Callers(new World().key("k", { limits: { requestsPerMinute: 1 } }));
	await callers.arrive();
	await callers.arrive();
	expect(callers.answers.at(-1)).toMatchObject({ outcome: "limited", limit: "requestsPerMinute" });
});
