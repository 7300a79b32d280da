import { describe, expect, it } from "vitest";
import { SeenPrefixes } from "#core/routing/seen-prefixes";

describe("seen prefixes", () => {
	it("are the shortest and all of a prompt, at the target where it came", () => {
		const seen = new SeenPrefixes(10);
		expect(seen.longest("a", ["s", "s1", "s2"], 0)).toBeNull();
		seen.saw("a", ["s", "s1", "s2"], 0);
		expect(seen.longest("a", ["s", "s1", "s2", "s3", "s4"], 1)).toBe(2);
		expect(seen.longest("a", ["s", "t1"], 1)).toBe(0);
		expect(seen.longest("a", ["s", "s1"], 1)).toBe(0);
		expect(seen.longest("b", ["s", "s1", "s2"], 1)).toBeNull();
		expect(seen.longest("a", [], 1)).toBeNull();
	});

	it("are forgotten after five minutes without use, and when there are too many", () => {
		const seen = new SeenPrefixes(2);
		seen.saw("a", ["s", "s1"], 0);
		expect(seen.longest("a", ["s"], 5 * 60_000 - 1)).toBe(0);
		expect(seen.longest("a", ["s"], 5 * 60_000)).toBeNull();
		seen.saw("b", ["s", "s1"], 0);
		expect(seen.longest("a", ["s", "s1"], 1)).toBeNull();
	});
});
