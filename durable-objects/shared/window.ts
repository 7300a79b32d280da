// The windows of budgets: calendar days, weeks and months in a time zone, rolling windows, and one without end.

import type { BudgetWindow } from "#core/budget/budget";
import { DAY_MS } from "#lib/time";

/** A half-open period [start, end) in milliseconds since the epoch; `end` is null where there is none. */
export interface Window {
	readonly start: number;
	readonly end: number | null;
}

/** In how many parts a rolling window is counted. More parts refuse less early and store more rows. */
const ROLLING_PARTS = 60;

/** No zone is further than 15 hours from UTC; a margin covers days that a zone skipped. */
const ZONE_REACH_MS = 40 * 3_600_000;

/** Length in milliseconds of one part of a rolling window. */
export function partLength(rollingSeconds: number): number {
	return Math.ceil((rollingSeconds * 1000) / ROLLING_PARTS);
}

/** Whether a part of a rolling window that begins at `start` still counts at `now`: the oldest counts as a whole. */
export function stillCounts(start: number, rollingSeconds: number, now: number): boolean {
	return leavesAt(start, rollingSeconds) > now;
}

/** When such a part stops counting, in milliseconds since the epoch. */
export function leavesAt(start: number, rollingSeconds: number): number {
	return start + partLength(rollingSeconds) + rollingSeconds * 1000;
}

/**
 * Answers which window of a budget holds an instant, asking the calendar only when the window turns. For a rolling
 * budget this is the part in which new spending counts.
 *
 * Calendar periods begin at the first instant of their first local day, so a day with a change of the clocks has 23 or
 * 25 hours, and one whose midnight is skipped begins at one. There is no reset: a new window is simply another one.
 */
export class WindowClock {
	readonly #find: (now: number) => Window;
	#current: Window | null = null;

	/** Throws RangeError for a zone that does not exist. */
	constructor(window: BudgetWindow, timeZone: string) {
		if (window === "total") this.#find = () => ({ start: 0, end: null });
		else if (typeof window === "object") this.#find = rolling(window.rollingSeconds);
		else this.#find = calendar(window, timeZone);
	}

	at(now: number): Window {
		const current = this.#current;
		if (current !== null && current.start <= now && (current.end === null || now < current.end)) return current;
		this.#current = this.#find(now);
		return this.#current;
	}
}

function rolling(rollingSeconds: number): (now: number) => Window {
	const length = partLength(rollingSeconds);
	return (now) => {
		const start = Math.floor(now / length) * length;
		return { start, end: start + length };
	};
}

function calendar(window: "day" | "week" | "month", timeZone: string): (now: number) => Window {
	const zone = localDays(timeZone);
	return (now) => {
		const day = zone.dayOf(now);
		// Where the clocks fell back over midnight a date comes twice: what lies after the next period's start is in that.
		const next = following(window, day);
		const first = zone.startOf(next) <= now ? next : firstDay(window, day);
		return { start: zone.startOf(first), end: zone.startOf(following(window, first)) };
	};
}

/** Days are counted from 1970-01-01, a Thursday, as local dates without a zone. */
function firstDay(window: "day" | "week" | "month", day: number): number {
	if (window === "day") return day;
	if (window === "week") return day - ((((day + 3) % 7) + 7) % 7);
	const date = new Date(day * DAY_MS);
	return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / DAY_MS;
}

function following(window: "day" | "week" | "month", day: number): number {
	const first = firstDay(window, day);
	if (window === "day") return first + 1;
	if (window === "week") return first + 7;
	const date = new Date(first * DAY_MS);
	return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS;
}

interface LocalDays {
	/** The local date at an instant. */
	dayOf(at: number): number;
	/** The first instant whose local date is `day` or later. */
	startOf(day: number): number;
}

/** By time zone, kept because making a format is slow. */
const zones = new Map<string, LocalDays>();

function localDays(timeZone: string): LocalDays {
	const known = zones.get(timeZone) ?? readZone(timeZone);
	zones.set(timeZone, known);
	return known;
}

function readZone(timeZone: string): LocalDays {
	const format = new Intl.DateTimeFormat("en-US", {
		timeZone,
		calendar: "iso8601",
		numberingSystem: "latn",
		hourCycle: "h23",
		year: "numeric",
		month: "numeric",
		day: "numeric",
		hour: "numeric",
		minute: "numeric",
		second: "numeric",
	});
	/** What a clock on the wall shows, read as if it were UTC; to the second. */
	const wall = (at: number): number => {
		const part = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
		for (const { type, value } of format.formatToParts(at)) {
			if (type in part) part[type as keyof typeof part] = Number(value);
		}
		return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
	};
	const dayOf = (at: number): number => Math.floor(wall(at) / DAY_MS);
	const startOf = (day: number): number => {
		const midnight = day * DAY_MS;
		const guess = midnight - (wall(midnight) - midnight);
		if (wall(guess) === midnight && dayOf(guess - 1) < day) return guess;
		let before = midnight - ZONE_REACH_MS;
		let reached = midnight + ZONE_REACH_MS;
		while (reached - before > 1) {
			const middle = Math.floor((before + reached) / 2);
			if (dayOf(middle) >= day) reached = middle;
			else before = middle;
		}
		return reached;
	};
	return { dayOf, startOf };
}
