import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TeamId } from "#core/ids";
import { HedgeBudgets } from "#gateway/attempts/hedging/hedge-budget";
import { type IsolateState, newIsolateState } from "#gateway/isolate-state";
import {
	at,
	errorOf,
	expectBooksInOrder,
	fails,
	type Manner,
	type Setting,
	says,
	silent,
	stalls,
	TestRun,
} from "#test/support/failover-run";

const TEAM = "team_1" as TeamId;
const HEDGE = { afterMs: 3_000, mostHeld: 1_000_000 };

/** Answers so late. */
const late =
	(ms: number, then: Manner): Manner =>
	async (call, signal) => {
		await new Promise<void>((resolve, reject) => {
			const timer = setTimeout(resolve, ms);
			signal.addEventListener("abort", () => {
				clearTimeout(timer);
				reject(signal.reason);
			});
		});
		return then(call, signal);
	};

let isolate: IsolateState;

function run(setting: Partial<Setting>): TestRun {
	return new TestRun({
		targets: [],
		isolate,
		alias: { hedge: HEDGE },
		...setting,
		request: { stream: true, max_completion_tokens: 100, ...setting.request },
	});
}

/** What a team that has been busy may spend. */
function earn(): void {
	for (let i = 0; i < 50; i++) isolate.hedgeBudgets.request(TEAM);
	isolate.hedgeBudgets.spent(TEAM, 50 * HEDGE.mostHeld);
}

beforeEach(() => {
	isolate = newIsolateState();
	earn();
	vi.useFakeTimers();
});
afterEach(() => {
	expect(vi.getTimerCount()).toBe(0);
	vi.useRealTimers();
});

describe("a hedged stream", () => {
	it("is sent once when it is quick", async () => {
		const tried = run({ targets: [at("a", late(2_999, says("a"))), at("b", says("b"))] });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(10_000);
		expect(await text).toBe("a");
		expect(tried.calls).toEqual(["a"]);
		expectBooksInOrder(tried);
	});

	it("is sent to another provider when it stays silent, and the first content wins", async () => {
		const tried = run({ targets: [at("a", late(9_000, says("a"))), at("b", late(1_000, says("b")))] });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(4_000);
		expect(await text).toBe("b");
		expect(tried.calls).toEqual(["a", "b"]);
		expect(tried.labels).toEqual(["a:left", "b:200"]);
		expectBooksInOrder(tried);
	});

	it("may be won by the first after all", async () => {
		const tried = run({ targets: [at("a", late(3_500, says("a"))), at("b", silent)] });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(3_500);
		expect(await text).toBe("a");
		expect(tried.labels).toEqual(["a:200", "b:left"]);
		expectBooksInOrder(tried);
	});

	it("has its loser settled by what it may have done, never void, and not held against its provider", async () => {
		const tried = run({ targets: [at("a", stalls()), at("b", says("b"))] });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(3_000);
		await text;
		const [loser] = tried.settled.filter(({ attemptId }) => attemptId === "req_1.1");
		expect(loser).toMatchObject({ void: false, estimated: true });
		expect(loser?.actual).toBeGreaterThan(0);
		expect(loser?.actual).toBeLessThanOrEqual(loser?.token?.amount ?? 0);
		expect(tried.outcomes.filter(({ provider }) => provider === "a").map(({ result }) => result)).toEqual(["ignored"]);
	});

	it("goes on with the copy when the first fails, and with the first when the copy fails", async () => {
		const first = run({ targets: [at("a", late(4_000, fails(500))), at("b", late(5_000, says("b")))] });
		const second = run({ targets: [at("a", late(9_000, says("a"))), at("b", late(100, fails(500)))] });
		const texts = Promise.all([first.text(), second.text()]);
		earn();
		await vi.advanceTimersByTimeAsync(9_000);
		expect(await texts).toEqual(["b", "a"]);
		expect(first.labels).toEqual(["a:500", "b:200"]);
		expect(second.labels).toEqual(["a:200", "b:500"]);
		for (const tried of [first, second]) expectBooksInOrder(tried);
	});

	it("asks a third when both have failed, and no more", async () => {
		const tried = run({
			targets: [
				at("a", late(4_000, fails(500))),
				at("b", late(2_000, fails(503))),
				at("c", says("c")),
				at("d", says("d")),
			],
		});
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(5_000);
		expect(await text).toBe("c");
		expect(tried.labels).toEqual(["a:500", "b:503", "c:200"]);
		expectBooksInOrder(tried);
	});

	it("ends when one says that the request is wrong", async () => {
		const tried = run({ targets: [at("a", silent), at("b", late(500, fails(400))), at("c", says("c"))] });
		const outcome = errorOf(tried);
		await vi.advanceTimersByTimeAsync(3_500);
		expect(await outcome).toMatchObject({ status: 400 });
		expect(tried.calls).toEqual(["a", "b"]);
		expectBooksInOrder(tried);
	});

	it("leaves both when the caller leaves", async () => {
		const caller = new AbortController();
		const tried = run({ targets: [at("a", silent), at("b", silent)], caller: caller.signal });
		const outcome = errorOf(tried);
		await vi.advanceTimersByTimeAsync(4_000);
		caller.abort(new Error("left"));
		expect(await outcome).toMatchObject({ status: 499 });
		expectBooksInOrder(tried);
	});

	it("has no copy without money for it, and goes on", async () => {
		const tried = run({ targets: [at("a", late(4_000, says("a"))), at("b", says("b"))], affords: 1 });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(4_000);
		expect(await text).toBe("a");
		expect(tried.calls).toEqual(["a"]);
	});

	it.each<[string, Partial<Setting>]>([
		["at the same provider", { targets: [at("a", late(9_000, says("a")))] }],
		["of a whole answer", { request: { stream: false } }],
		["of a request that is stored", { request: { store: true } }],
		["with the vendor's own search", { request: { web_search_options: {} } }],
		["with fields that nobody knows", { request: { extensions: { previous_response_id: "x" } } }],
		["that may cost more than the alias allows", { alias: { hedge: { ...HEDGE, mostHeld: 10 } } }],
		["of a long prompt", { request: { messages: [{ role: "user", content: "x".repeat(33_000) }] } }],
		["without knowing what is usual", { alias: { hedge: { ...HEDGE, afterMs: null } } }],
		["unless the alias says so", { alias: { hedge: null } }],
	])("has no copy %s", async (_, setting) => {
		const tried = run({ targets: [at("a", late(9_000, says("a"))), at("b", says("b"))], ...setting });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(9_000);
		expect(await text).toBe("a");
		expect(tried.calls).toEqual(["a"]);
	});

	it("waits for what is usual at the first, and two seconds at least", async () => {
		for (const [usual, ms] of [
			[500, 2_000],
			[6_000, 6_000],
		] as const) {
			earn();
			const targets = [at("a", late(9_000, says("a"))), at("b", says("b"))];
			const tried = run({ targets, alias: { hedge: { ...HEDGE, afterMs: null } }, usualTtft: { a: usual } });
			const text = tried.text();
			await vi.advanceTimersByTimeAsync(ms - 1);
			expect(tried.calls).toEqual(["a"]);
			await vi.advanceTimersByTimeAsync(1);
			expect(await text).toBe("b");
		}
	});
});

describe("what copies may cost", () => {
	it("is one in fifty requests and a fiftieth of the money, whatever happens", () => {
		const step = fc.oneof(
			fc.record({ kind: fc.constant("request" as const), cost: fc.nat(1_000) }),
			fc.record({ kind: fc.constant("copy" as const), cost: fc.nat(1_000) }),
		);
		fc.assert(
			fc.property(fc.array(step, { minLength: 200, maxLength: 2_000 }), (steps) => {
				const budgets = new HedgeBudgets();
				let [requests, spent, copies, extra] = [0, 0, 0, 0];
				for (const { kind, cost } of steps) {
					if (kind === "request" || requests % 3 > 0) {
						budgets.request(TEAM);
						budgets.spent(TEAM, cost);
						requests++;
						spent += cost;
					}
					if (kind === "copy" && budgets.take(TEAM, 1_000)) {
						budgets.giveBack(TEAM, 1_000 - cost);
						copies++;
						extra += cost;
					}
					expect(copies * 50).toBeLessThanOrEqual(requests);
					expect(extra * 50).toBeLessThanOrEqual(spent + 1e-6);
				}
			}),
		);
	});

	it("is given back when the first has failed by the time the copy is held for, which then runs alone", async () => {
		const tried = run({ targets: [at("a", late(3_100, fails(500))), at("b", says("b"))], furtherHoldMs: 500 });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(3_500);
		expect(await text).toBe("b");
		expect(tried.labels).toEqual(["a:500", "b:200"]);
		expectBooksInOrder(tried);
		for (let i = 0; i < 50; i++) isolate.hedgeBudgets.request(TEAM);
		expect(isolate.hedgeBudgets.take(TEAM, HEDGE.mostHeld)).toBe(true);
	});

	it("is given back when the first has answered by the time the copy is held for, which is then not sent", async () => {
		const tried = run({ targets: [at("a", late(3_100, says("a"))), at("b", says("b"))], furtherHoldMs: 500 });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(4_000);
		expect(await text).toBe("a");
		expect(tried.calls).toEqual(["a"]);
		expect(tried.released).toEqual(["req_1.2"]);
		expectBooksInOrder(tried);
		for (let i = 0; i < 50; i++) isolate.hedgeBudgets.request(TEAM);
		expect(isolate.hedgeBudgets.take(TEAM, HEDGE.mostHeld)).toBe(true);
	});

	it("is nothing at first, so that a quiet team has none", async () => {
		isolate = newIsolateState();
		const tried = run({ targets: [at("a", late(9_000, says("a"))), at("b", says("b"))] });
		const text = tried.text();
		await vi.advanceTimersByTimeAsync(9_000);
		expect(await text).toBe("a");
		expect(tried.calls).toEqual(["a"]);
	});
});
