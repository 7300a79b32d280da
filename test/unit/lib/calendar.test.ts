import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { beginsWithRealDay } from "#lib/calendar";
import { cases } from "#test/support/scale";

describe("a day that exists", () => {
	it.each(["2027-01-31", "2028-02-29T12:00:00Z", "2000-02-29", "0001-01-01", "9999-12-31 23:59:59"])(
		"is found in %s",
		(text) => expect(beginsWithRealDay(text)).toBe(true),
	);

	it.each([
		...["2027-02-31", "2027-02-29", "1900-02-29", "2027-04-31T00:00:00Z", "2027-13-01", "2027-00-10", "2027-01-00"],
		...["2027-01-32", "0000-01-01", "2027-01-011", "27-01-01", "tomorrow", ""],
	])("is not found in %j", (text) => expect(beginsWithRealDay(text)).toBe(false));

	it("is one that the calendar gives back", () => {
		const part = fc.nat(99);
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 9999 }), part, part, (year, month, day) => {
				const text = [String(year).padStart(4, "0"), ...[month, day].map((n) => String(n).padStart(2, "0"))].join("-");
				const date = new Date(0);
				date.setUTCFullYear(year, month - 1, day);
				const isReal = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
				expect(beginsWithRealDay(text)).toBe(isReal);
			}),
			{ numRuns: cases(2_000) },
		);
	});
});
