import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { upTo } from "#test/support/scale";
import { always, byChance, byListPrice, byRouter, bySpeed, type Chooser, oracle } from "./choosers";
import { LOSSES } from "./losses";
import { report } from "./report";
import { lossOfAll, run, type Tally } from "./run";
import { traffic } from "./traffic";
import { START, TARGETS, type World, worldOf } from "./world";

const CONVERSATIONS_PER_SECOND = 0.6;

/** Makes the same calls in the same world by each way of choosing. */
function compared(count: number, seed: number, choosers: (world: World) => Chooser[]): Tally[] {
	const calls = traffic(count, CONVERSATIONS_PER_SECOND, START, seed);
	const world = worldOf((calls.at(-1)?.at ?? START) - START, seed / 2);
	return choosers(world).map((chooser) => run(chooser, calls, world));
}

/** All that the table of docs/routing.md compares, in its order. Regret is reckoned from the first two. */
function ways(world: World): Chooser[] {
	return [
		oracle("oracle, alike", LOSSES.alike),
		oracle("oracle, graded", LOSSES.graded),
		byRouter("`auto`", world, "auto"),
		byRouter("`auto`, cost", world, "auto", { optimize: "cost" }),
		byRouter("`auto`, latency", world, "auto", { optimize: "latency" }),
		byRouter("`auto`, quality", world, "auto", { optimize: "quality" }),
		byRouter("`auto` without affinity", world, "auto", { sticky: false }),
		byListPrice(world),
		bySpeed(world),
		byChance(world),
		...singles(world),
	];
}

const singles = (world: World) => TARGETS.map((target) => always(world, target));

describe("auto, among providers whose prices, speeds, failures and caches drift", () => {
	it("comes to what docs/routing.md says, beside every other way of choosing", async ({ annotate }) => {
		const tallies = compared(10_000, 0.314, (world) => {
			const all = ways(world);
			return all.slice(0, upTo(all.length, 3));
		});
		const least = {
			alike: Math.min(...tallies.map((tally) => lossOfAll(LOSSES.alike, tally))),
			graded: Math.min(...tallies.map((tally) => lossOfAll(LOSSES.graded, tally))),
		};
		const table = report(tallies, least);
		await annotate(table);
		expect(readFileSync("docs/routing.md", "utf8")).toContain(table);
	});

	it.each([0.58, 0.69, 0.91])("loses less than any single model where mistakes weigh by task, in world %d", (seed) => {
		const [auto, ...others] = compared(upTo(4_000, 800), seed, (world) => [
			byRouter("auto", world, "auto"),
			...singles(world),
		]);
		const losses = others.map((tally) => lossOfAll(LOSSES.graded, tally));
		expect(auto === undefined ? 0 : lossOfAll(LOSSES.graded, auto)).toBeLessThan(Math.min(...losses));
	});
});
