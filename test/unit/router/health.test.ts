import { describe, expect, it } from "vitest";
import { route } from "#router/route";
import {
	type CellSketch,
	chances,
	directoryOf,
	healthOf,
	NOW,
	order,
	reasons,
	refusal,
	routeRequestOf,
	viewOf,
} from "./world";

const directory = directoryOf({ "a/m": {}, "b/m": {}, "c/m": {} });
const planOf = (cells: Record<string, CellSketch>, random = 0.5, rest: Parameters<typeof routeRequestOf>[1] = {}) =>
	route(routeRequestOf("m", rest), viewOf(directory, { health: healthOf(cells), random }));
const open = { state: "open", until: NOW + 60_000 } as const;
const throttled = { state: "throttled", until: NOW + 60_000 } as const;

/** How often a target comes first, over evenly spread chances. */
function firsts(
	target: string,
	cells: Record<string, CellSketch>,
	rest: Parameters<typeof routeRequestOf>[1] = {},
): number {
	const plans = chances(2_000).map((random) => planOf(cells, random, rest));
	return plans.filter((plan) => order(plan)[0] === target).length / plans.length;
}

describe("a plan", () => {
	it("leaves out whoever is shut at any of its three cells, and says until when", () => {
		for (const cell of ["a", "a#default", "a/m"]) {
			const plan = planOf({ [cell]: open });
			expect(order(plan)).toEqual(["b/m", "c/m"]);
			expect(plan.excluded).toEqual([{ target: "a/m", reason: "health:open", until: NOW + 60_000 }]);
		}
		expect(reasons(planOf({ "a/m": throttled, b: { ...open, forced: "open" } }))).toEqual({
			"a/m": "health:throttled",
			"b/m": "health:forced",
		});
		expect(order(planOf({ "a/another": open, "b#another": open }))).toEqual(["a/m", "b/m", "c/m"]);
	});

	it("waits for the last of the cells that are shut", () => {
		const plan = planOf({ a: open, "a/m": { ...throttled, until: NOW + 90_000 } });
		expect(plan.excluded).toEqual([{ target: "a/m", reason: "health:open", until: NOW + 90_000 }]);
		const unknown = planOf({ a: open, "a/m": { ...open, until: null } });
		expect(unknown.excluded).toEqual([{ target: "a/m", reason: "health:open", until: null }]);
	});

	it("believes an admin more than outcomes", () => {
		for (const forced of ["closed", "observe"] as const) {
			expect(order(planOf({ "a/m": { ...open, forced } }))).toEqual(["a/m", "b/m", "c/m"]);
		}
	});

	it("takes one that an admin shut for well once the time for that is over", () => {
		const forced = { ...open, forced: "open", share: 0, until: NOW } as const;
		expect(planOf({ "a/m": { ...forced, until: NOW + 1 } }).candidates).toHaveLength(2);
		const [first] = planOf({ "a/m": forced }).candidates;
		expect(first).toMatchObject({ model: { provider: "a" }, needsTrial: false, deferred: null });
	});

	it("lets a cell be tried, and a throttled one be used, whose time has run out since the snapshot", () => {
		const over = { until: NOW - 1 };
		expect(planOf({ "a/m": { ...throttled, ...over } }).candidates[0]).toMatchObject({ needsTrial: false });
		const tried = planOf({ "a/m": { ...open, ...over } }).candidates.find(({ model }) => model.provider === "a");
		expect(tried).toMatchObject({ needsTrial: true });
	});
});

describe("a share of the requests", () => {
	it("goes to a cell that ramps up, and is counted behind the others when it does not", () => {
		const cells = { "a/m": { state: "ramping", share: 0.25 } } as const;
		expect(firsts("a/m", cells)).toBeCloseTo(0.25, 1);
		const last = chances(100)
			.map((random) => planOf(cells, random))
			.find((plan) => order(plan)[0] !== "a/m");
		expect(last?.candidates.at(-1)).toMatchObject({ model: { provider: "a" }, deferred: "ramping" });
	});

	it("is shed from one that fails now and then", () => {
		expect(firsts("a/m", { "a/m": { shed: 0.4 } })).toBeCloseTo(0.6, 1);
		expect(firsts("a/m", { "a/m": { shed: 0.4 }, "b/m": { shed: 0.4 }, "c/m": { shed: 0.4 } })).toBeGreaterThan(0.6);
	});

	it("is offered to one that is half open, under a permit; a critical one never", () => {
		const cells = { "a/m": { state: "half_open" } } as const;
		expect(firsts("a/m", cells)).toBeCloseTo(0.25, 1);
		expect(firsts("a/m", cells, { critical: true })).toBe(0);
		for (const random of chances(50)) {
			const plan = planOf(cells, random);
			expect(plan.candidates).toHaveLength(3);
			for (const { model, needsTrial } of plan.candidates) expect(needsTrial).toBe(model.provider === "a");
		}
	});
});

describe("in need", () => {
	it("tries the one that reopens first, under a permit, rather than to refuse", () => {
		const plan = planOf({ a: { ...open, until: NOW + 30_000 }, b: open, "c/m": { ...open, until: null } });
		expect(plan.candidates).toMatchObject([
			{ model: { provider: "a" }, needsTrial: true, deferred: "shut", shutUntil: NOW + 30_000 },
			{ model: { provider: "b" }, needsTrial: true, deferred: "shut", shutUntil: NOW + 60_000 },
			{ model: { provider: "c" }, needsTrial: true, deferred: "shut", shutUntil: null },
		]);
	});

	it("is when nobody is let through: one that is half open is enough for there to be none", () => {
		const plan = planOf({ a: open, b: open, "c/m": { state: "half_open" } });
		expect(order(plan)).toEqual(["c/m"]);
	});

	it("waits for one that is throttled for less than two seconds, and asks no other", () => {
		const plan = planOf({ a: throttled, b: { ...throttled, until: NOW + 1_900 }, c: { ...open, forced: "open" } });
		expect(plan.candidates).toMatchObject([{ model: { provider: "b" }, needsTrial: false, shutUntil: NOW + 1_900 }]);
	});

	const refused = (cells: Record<string, CellSketch>) =>
		refusal(routeRequestOf("m"), viewOf(directory, { health: healthOf(cells) }));

	it("says when to come back if no attempt can succeed", () => {
		const cells = {
			a: throttled,
			b: { ...throttled, until: NOW + 20_000 },
			c: { ...open, until: null, forced: "open" },
		};
		expect(refused(cells as Record<string, CellSketch>)).toMatchObject({
			status: 503,
			code: "no_provider_available",
			retryAfterMs: 20_000,
		});
	});

	it("passes on that all are throttled", () => {
		expect(refused({ a: throttled, b: throttled, c: throttled })).toMatchObject({
			status: 429,
			code: "rate_limit_exceeded",
			retryAfterMs: 60_000,
		});
	});

	it("tries the circuit of a model that is named alone, too", () => {
		const plan = route(routeRequestOf("a/m"), viewOf(directory, { health: healthOf({ "a/m": open }) }));
		expect(plan.candidates).toMatchObject([{ needsTrial: true, deferred: "shut" }]);
		const half = route(routeRequestOf("a/m"), viewOf(directory, { health: healthOf({ a: { state: "half_open" } }) }));
		expect(half.candidates).toMatchObject([{ needsTrial: true }]);
	});
});

describe("the credentials of a provider", () => {
	const several = directoryOf({ "a/m": {}, "b/m": {} }, [], { a: { x: 3, y: 1, z: 0 } });
	const plans = (cells: Record<string, CellSketch>) =>
		chances(2_000).map((random) => route(routeRequestOf("m"), viewOf(several, { health: healthOf(cells), random })));
	const firstShare = (cells: Record<string, CellSketch>, credential: string) => {
		const all = plans(cells);
		return all.filter((plan) => plan.candidates[0]?.credential === credential).length / all.length;
	};

	it("are used by weight, and after all other providers once more", () => {
		expect(firstShare({}, "x")).toBeCloseTo(0.75, 1);
		expect(firstShare({}, "y")).toBeCloseTo(0.25, 1);
		for (const plan of plans({})) {
			const uses = plan.candidates.map(({ model, credential }) => `${model.provider} ${credential}`);
			expect(uses[1]).toBe("b default");
			expect([...uses].sort()).toEqual(["a x", "a y", "a z", "b default"]);
			expect(uses.at(-1)).toBe("a z");
		}
	});

	it("are used as their own cells permit", () => {
		expect(firstShare({ "a#x": open }, "y")).toBe(1);
		expect(firstShare({ "a#y": { shed: 1 } }, "x")).toBe(1);
		for (const plan of plans({ "a#x": open })) {
			expect(plan.candidates.map(({ credential }) => credential)).not.toContain("x");
			expect(plan.excluded).toEqual([]);
		}
		expect(
			reasons(plans({ "a#x": open, "a#y": open, "a#z": { ...throttled, until: NOW + 1 } })[0] ?? expect.fail()),
		).toEqual({
			"a/m": "health:throttled",
		});
	});
});
