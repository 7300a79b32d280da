import { expect, it } from "vitest";
import { append, changed, greatestOf, leastOf } from "#lib/list";

/** More than fit on any stack as arguments. */
const LONG = Array.from({ length: 2_000_000 }, (_, i) => i);

it("appends lists of any length in their order", () => {
	const list = [-1];
	append(list, LONG);
	expect([list.length, list[0], list[1], list.at(-1)]).toEqual([2_000_001, -1, 0, 1_999_999]);
});

it("finds the ends of lists of any length", () => {
	expect(leastOf(LONG)).toBe(0);
	expect(greatestOf(LONG)).toBe(1_999_999);
	expect(leastOf([])).toBe(Number.POSITIVE_INFINITY);
	expect(greatestOf([])).toBe(Number.NEGATIVE_INFINITY);
});

it("changes the entries of a list, and keeps one of which none changes", () => {
	const list = [1, 2, 3];
	expect(changed(list, (entry) => entry)).toBe(list);
	expect(changed(list, (entry, at) => (at === 1 ? entry * 10 : entry))).toEqual([1, 20, 3]);
	expect(list).toEqual([1, 2, 3]);
});
