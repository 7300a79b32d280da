import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BudgetWindow } from "#core/budget/budget";
import { leavesAt, partLength, stillCounts, type Window, WindowClock } from "#durable-objects/shared/window";
import { cases, upTo } from "#test/support/scale";

const HOUR = 3_600_000;
const ZONES = [
	"UTC",
	"Asia/Shanghai",
	"Asia/Kolkata",
	"Asia/Kathmandu",
	"Asia/Tehran",
	"Asia/Beirut",
	"Africa/Cairo",
	"Africa/Casablanca",
	"Europe/Berlin",
	"Europe/London",
	"Europe/Dublin",
	"America/New_York",
	"America/Los_Angeles",
	"America/Sao_Paulo",
	"America/Santiago",
	"America/Havana",
	"America/St_Johns",
	"Australia/Lord_Howe",
	"Pacific/Chatham",
	"Pacific/Apia",
];
const YEARS = upTo(10, 3);
const FROM = Date.UTC(2027 - YEARS, 0, 1);
const TO = Date.UTC(2027, 0, 1);

const clocks = new Map<string, WindowClock>();

/** The window of a clock that is asked for the first time after it was asked for quite another time. */
function windowAt(window: BudgetWindow, zone: string, now: number): Window {
	const key = `${JSON.stringify(window)} ${zone}`;
	const clock = clocks.get(key) ?? new WindowClock(window, zone);
	clocks.set(key, clock);
	clock.at(0);
	return clock.at(now);
}

/** Local date and weekday by another road than the code under test: the formatted string. */
function local(zone: string): (at: number) => { date: string; weekday: string } {
	const date = new Intl.DateTimeFormat("sv-SE", { timeZone: zone });
	const weekday = new Intl.DateTimeFormat("en-GB", { timeZone: zone, weekday: "long" });
	return (at) => ({
		get date() {
			return date.format(at);
		},
		get weekday() {
			return weekday.format(at);
		},
	});
}

describe.each(ZONES)(`calendar windows in %s over ${YEARS} years`, (zone) => {
	test("days adjoin, begin where the local date turns, and hold nothing but their date", () => {
		const at = local(zone);
		const clock = new WindowClock("day", zone);
		const lengths = [23, 23.5, 24, 24.5, 25].map((hours) => hours * HOUR);
		const wrong: Window[] = [];
		let days = 0;
		for (let window = clock.at(FROM); window.end !== null && window.end < TO; days++) {
			const { start, end } = window;
			const date = at(start).date;
			const next = clock.at(end);
			const right = at(start - 1).date !== date && at(end - 1).date === date && at(end).date !== date;
			if (!right || next.start !== end || !lengths.includes(end - start)) wrong.push(window);
			window = next;
		}
		expect(wrong).toEqual([]);
		expect(days).toBeGreaterThanOrEqual(YEARS * 365);
	});

	test("weeks begin on Monday and months on the first, and both adjoin", () => {
		const at = local(zone);
		const days = new WindowClock("day", zone);
		for (const kind of ["week", "month"] as const) {
			const clock = new WindowClock(kind, zone);
			const wrong: Window[] = [];
			for (let window = clock.at(FROM); window.end !== null && window.end < TO; ) {
				const { start, end } = window;
				const isFirst = kind === "week" ? at(start).weekday === "Monday" : at(start).date.endsWith("-01");
				const next = clock.at(end);
				const isStart = at(start).date !== at(start - 1).date && days.at(start).start === start;
				if (!isFirst || !isStart || next.start !== end || windowAt(kind, zone, end - 1).start !== start)
					wrong.push(window);
				window = next;
			}
			expect(wrong).toEqual([]);
		}
	});
});

describe("windows", () => {
	test("an instant lies in its window, and every instant of the window names the same", () => {
		fc.assert(
			fc.property(
				fc.constantFrom(...ZONES),
				fc.constantFrom("day" as const, "week" as const, "month" as const),
				fc.integer({ min: FROM, max: TO }),
				fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
				(zone, kind, now, share) => {
					const window = windowAt(kind, zone, now);
					const end = window.end ?? Number.POSITIVE_INFINITY;
					expect(window.start).toBeLessThanOrEqual(now);
					expect(end).toBeGreaterThan(now);
					expect(windowAt(kind, zone, window.start + Math.floor((end - window.start) * share))).toEqual(window);
				},
			),
			{ numRuns: cases(300) },
		);
	});

	test("a date that comes twice, because the clocks fell back over midnight, makes no instant homeless", () => {
		// St John's turned its clocks at 00:01 until 2011.
		const zone = "America/St_Johns";
		let last = windowAt("day", zone, Date.UTC(2010, 10, 5));
		for (let now = Date.UTC(2010, 10, 5); now < Date.UTC(2010, 10, 10); now += 15 * 60_000 - 1) {
			const window = windowAt("day", zone, now);
			expect(window.start <= now && now < (window.end ?? 0)).toBe(true);
			if (window.start !== last.start) expect(window.start).toBe(last.end);
			last = window;
		}
	});

	test("a day that a zone skipped has no window of its own", () => {
		const zone = "Pacific/Apia";
		const before = windowAt("day", zone, Date.UTC(2011, 11, 29, 20));
		const after = windowAt("day", zone, before.end ?? 0);
		expect(local(zone)(before.start).date).toBe("2011-12-29");
		expect(local(zone)(after.start).date).toBe("2011-12-31");
	});

	test("a total window never ends", () => {
		expect(windowAt("total", "UTC", 5)).toEqual({ start: 0, end: null });
	});

	test("the parts of a rolling window cover any stretch of its length, the oldest as a whole", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 4_000_000 }),
				fc.integer({ min: FROM, max: TO }),
				fc.nat(),
				(rollingSeconds, now, back) => {
					const part = windowAt({ rollingSeconds }, "UTC", now);
					expect((part.end ?? 0) - part.start).toBe(partLength(rollingSeconds));
					const earlier = now - (back % (rollingSeconds * 1000));
					const { start } = windowAt({ rollingSeconds }, "UTC", earlier);
					expect(stillCounts(start, rollingSeconds, now)).toBe(true);
					expect(stillCounts(start, rollingSeconds, leavesAt(start, rollingSeconds))).toBe(false);
				},
			),
			{ numRuns: cases(500) },
		);
	});

	test("a clock gives the same answers as the calendar, also when time steps back", () => {
		fc.assert(
			fc.property(
				fc.constantFrom(...ZONES),
				fc.array(fc.integer({ min: FROM, max: FROM + 90 * 24 * HOUR }), { maxLength: 10 }),
				(zone, times) => {
					const clock = new WindowClock("day", zone);
					for (const now of times) expect(clock.at(now)).toEqual(windowAt("day", zone, now));
				},
			),
			{ numRuns: cases(30) },
		);
	});

	test("a zone that does not exist is refused at once", () => {
		expect(() => new WindowClock("month", "Europe/Atlantis")).toThrow(RangeError);
	});
});
