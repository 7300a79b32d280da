import { describe, expect, it } from "vitest";
import { asOf, type Cell, cellStatus, newCell } from "#durable-objects/provider/cell";
import { afterFailedTrial, openTime, remembered, throttleTime } from "#durable-objects/provider/open-time";
import { isSlow, shed, successRate, tripRule } from "#durable-objects/provider/trip";
import { count, isRepetition, type Successes, tally, type Window, withSuccess } from "#durable-objects/provider/window";

const NOW = 1_800_000_000_000;
const S = 1_000;

/** So many attempts, each of its own request, by keys in turn. */
function windowOf(
	counts: { ok?: number; failed?: number; throttled?: number; slow?: number },
	keys = ["a"],
	at = NOW,
	before: Window = [],
): Window {
	let window = before;
	let n = 0;
	for (const what of ["ok", "failed", "throttled"] as const) {
		for (let i = 0; i < (counts[what] ?? 0); i++, n++) {
			const by = { keyId: keys[n % keys.length] ?? "", fingerprint: `${at} ${n}` };
			window = count(window, what, n < (counts.slow ?? 0), by, at);
		}
	}
	return window;
}

describe("a cell trips", () => {
	it("at five failures in a row, not at four", () => {
		const window = windowOf({ failed: 5 });
		expect(tripRule(4, window, NOW)).toBeNull();
		expect(tripRule(5, window, NOW)).toBe("streak");
	});

	it("at half of twenty attempts, not at half of nineteen, nor at less than half", () => {
		expect(tripRule(1, windowOf({ ok: 10, failed: 10 }), NOW)).toBe("failure_rate");
		expect(tripRule(1, windowOf({ ok: 9, failed: 10 }), NOW)).toBeNull();
		expect(tripRule(1, windowOf({ ok: 11, failed: 10 }), NOW)).toBeNull();
		expect(tripRule(1, windowOf({ ok: 11, failed: 11 }), NOW)).toBe("failure_rate");
	});

	it("counting refusals for rate as attempts, but neither as failures nor as successes", () => {
		expect(tripRule(1, windowOf({ ok: 2, failed: 2, throttled: 16 }), NOW)).toBe("failure_rate");
		expect(tripRule(1, windowOf({ ok: 2, failed: 2, throttled: 15 }), NOW)).toBeNull();
		expect(tripRule(0, windowOf({ throttled: 50 }), NOW)).toBeNull();
	});

	it("when four in five of twenty are slow, not at fewer", () => {
		expect(tripRule(0, windowOf({ ok: 20, slow: 16 }), NOW)).toBe("slowness");
		expect(tripRule(0, windowOf({ ok: 20, slow: 15 }), NOW)).toBeNull();
		expect(tripRule(0, windowOf({ ok: 19, slow: 19 }), NOW)).toBeNull();
	});

	it("never by one key's trouble while another has traffic", () => {
		const other = windowOf({ ok: 1 }, ["b"]);
		expect(tripRule(9, windowOf({ failed: 9 }, ["a"], NOW, other), NOW)).toBeNull();
		expect(tripRule(9, windowOf({ failed: 9 }, ["a", "b"], NOW, other), NOW)).toBe("streak");
		expect(tripRule(0, windowOf({ ok: 30, slow: 30 }, ["a"], NOW, other), NOW)).toBeNull();
		expect(tripRule(0, windowOf({ ok: 30, slow: 30 }, ["a", "b"], NOW, other), NOW)).toBe("slowness");
	});

	it("by what the last six buckets hold, the running one included", () => {
		const start = NOW - (NOW % (10 * S));
		const window = windowOf({ ok: 10, failed: 10 }, ["a"], start);
		expect(tripRule(1, window, start + 60 * S - 1)).toBe("failure_rate");
		expect(tripRule(1, window, start + 60 * S)).toBeNull();
	});
});

describe("an answer is slow", () => {
	it("beyond 10 s and beyond three times the usual p95, not at them", () => {
		expect(isSlow(10_000, 1_000)).toBe(false);
		expect(isSlow(10_001, 1_000)).toBe(true);
		expect(isSlow(12_000, 4_000)).toBe(false);
		expect(isSlow(12_001, 4_000)).toBe(true);
	});

	it("never while nothing is usual", () => {
		expect(isSlow(500_000, null)).toBe(false);
	});
});

describe("a failure repeats another", () => {
	const by = (keyId: string, fingerprint: string) => ({ keyId, fingerprint });
	const failed = count([], "failed", false, by("a", "p"), NOW);

	it("when it is the same request, and another key has succeeded since", () => {
		const repeats = (successes: Successes, of = by("a", "p")) => isRepetition(failed, successes, of, NOW + 9);
		expect(repeats([])).toBe(false);
		expect(repeats([{ keyId: "b", at: NOW }])).toBe(false);
		expect(repeats([{ keyId: "a", at: NOW + 1 }])).toBe(false);
		expect(repeats([{ keyId: "b", at: NOW + 1 }])).toBe(true);
		expect(repeats([{ keyId: "b", at: NOW + 1 }], by("b", "p"))).toBe(false);
		expect(repeats([{ keyId: "b", at: NOW + 1 }], by("c", "p"))).toBe(true);
		expect(repeats([{ keyId: "b", at: NOW + 1 }], by("a", "q"))).toBe(false);
	});

	it("though only the last success of the last two keys is known", () => {
		const successes = ["a", "b", "b", "c", "b"].reduce(
			(all, key, n) => withSuccess(all, by(key, ""), n),
			[] as Successes,
		);
		expect(successes).toEqual([
			{ keyId: "b", at: 4 },
			{ keyId: "c", at: 3 },
		]);
	});
});

describe("a window", () => {
	it("holds no more than two minutes, and two of each kind of witness", () => {
		let window: Window = [];
		for (let n = 0; n < 100; n++) window = windowOf({ ok: 5, failed: 100 }, ["a", "b", "c"], NOW + n * 10 * S, window);
		expect(window).toHaveLength(12);
		for (const { keys, failedKeys, failures } of window) {
			expect([keys.length, failedKeys.length, failures.length]).toEqual([2, 2, 64]);
		}
		expect(tally(window, 6, NOW + 990 * S)).toMatchObject({ ok: 30, failed: 600 });
	});
});

describe("shedding", () => {
	it("begins where half of at least ten attempts fail", () => {
		expect(shed([], NOW)).toBe(0);
		expect(shed(windowOf({ ok: 10, failed: 10 }), NOW)).toBe(0);
		expect(shed(windowOf({ ok: 10, failed: 11 }), NOW)).toBeCloseTo(1 / 22, 12);
		expect(shed(windowOf({ failed: 9 }), NOW)).toBe(0);
		expect(shed(windowOf({ failed: 10 }), NOW)).toBeCloseTo(10 / 11, 12);
		expect(shed(windowOf({ throttled: 10 }), NOW)).toBeCloseTo(10 / 11, 12);
		expect(shed(windowOf({ ok: 3, failed: 4, throttled: 3 }), NOW)).toBeCloseTo(4 / 11, 12);
	});

	it("looks back for two minutes, the success rate for one", () => {
		const start = NOW - (NOW % (10 * S));
		const window = windowOf({ failed: 10 }, ["a"], start);
		expect(successRate(window, start + 60 * S - 1)).toBe(0);
		expect(successRate(window, start + 60 * S)).toBeNull();
		expect(shed(window, start + 120 * S - 1)).toBeCloseTo(10 / 11, 12);
		expect(shed(window, start + 120 * S)).toBe(0);
	});
});

describe("a cell stays open", () => {
	const never = () => 0;
	const fully = () => 1;

	it("for 10 s doubling to 5 minutes, at least half of it", () => {
		expect([1, 2, 3, 4, 5, 6, 7].map((trips) => openTime(trips, fully) / S)).toEqual([10, 20, 40, 80, 160, 300, 300]);
		expect([1, 2, 6].map((trips) => openTime(trips, never) / S)).toEqual([5, 10, 150]);
	});

	it("for longer after a failed trial, once it has been down for a minute", () => {
		expect(afterFailedTrial(1, 60 * S - 1)).toBe(1);
		expect(afterFailedTrial(1, 60 * S)).toBe(2);
	});

	it("for a shorter time again after minutes in health", () => {
		expect(remembered(3, 60 * S - 1)).toBe(3);
		expect(remembered(3, 60 * S)).toBe(2);
		expect(remembered(3, 1_000 * S)).toBe(0);
	});

	it("until the moment it may be tried, and ramps up in steps from the moment it has recovered", () => {
		const open: Cell = {
			...newCell(NOW),
			phase: {
				...{ state: "open", since: NOW, downSince: NOW, until: NOW + 10, dead: false, reason: "streak:server" },
				...{ successes: 0, trials: { granted: [], pending: null, lastAt: 0 } },
			},
		};
		expect(cellStatus(open, NOW + 9)).toMatchObject({ state: "open", until: NOW + 10, share: 0 });
		expect(cellStatus(open, NOW + 10)).toMatchObject({ state: "half_open", until: null, share: 0 });
		const ramping: Cell = { ...open, phase: { state: "ramping", since: NOW, downSince: NOW } };
		const shares = [0, 4_999, 5_000, 9_999, 10_000, 14_999].map((ms) => cellStatus(ramping, NOW + ms).share);
		expect(shares).toEqual([0.1, 0.1, 0.25, 0.25, 0.5, 0.5]);
		expect(cellStatus(ramping, NOW + 15_000)).toMatchObject({ state: "closed", share: 1, since: NOW + 15_000 });
		expect(asOf(ramping, NOW + 15_000).phase.state).toBe("closed");
	});
});

describe("a throttled cell waits", () => {
	it("as long as it was asked to, up to 15 minutes", () => {
		expect(throttleTime(0, 3, () => 1)).toBe(0);
		expect(throttleTime(900 * S, 0, () => 1)).toBe(900 * S);
		expect(throttleTime(900 * S + 1, 0, () => 1)).toBe(900 * S);
	});

	it("up to a second when it was asked for no time, doubling to a minute", () => {
		const longest = [0, 1, 2, 3, 4, 5, 6, 7].map((before) => throttleTime(null, before, () => 1) / S);
		expect(longest).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
		expect(throttleTime(null, 5, () => 0)).toBe(0);
	});

	it("no longer than that: it is free at the moment itself", () => {
		const cell: Cell = { ...newCell(NOW), throttle: { until: NOW + 5, inARow: 1 } };
		expect(cellStatus(cell, NOW + 4)).toMatchObject({ state: "throttled", until: NOW + 5, share: 0 });
		expect(cellStatus(cell, NOW + 5)).toMatchObject({ state: "closed", until: null, share: 1 });
	});
});
