import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CredentialId } from "#core/ids";
import { BoundedMemory, type Learnt } from "#core/routing/routing-memory";

const NOW = Date.UTC(2026, 10, 27);
const MINUTE = 60_000;
const learnt = (rest: Partial<Learnt>): Learnt => ({
	conversation: "talk",
	family: "task",
	target: "openai/m",
	credential: "default" as CredentialId,
	failed: false,
	prompt: { tokens: 1_000, cached: 900 },
	output: 200,
	...rest,
});
const memory = () => new BoundedMemory({ conversations: 4, families: 3 });

describe("the routing memory", () => {
	it("knows where a conversation was served last, for ten minutes", () => {
		const known = memory();
		known.learn(learnt({}), NOW);
		known.learn(learnt({ target: "deepseek/m", prompt: null }), NOW + MINUTE);
		expect(known.affinity("talk", NOW + 2 * MINUTE)).toEqual({
			target: "deepseek/m",
			credential: "default",
			cachedShare: null,
			at: NOW + MINUTE,
		});
		expect(known.affinity("talk", NOW + 11 * MINUTE - 1)).not.toBeNull();
		expect(known.affinity("talk", NOW + 11 * MINUTE)).toBeNull();
		expect(known.affinity("another", NOW)).toBeNull();
	});

	it("does not stay where an attempt failed, and counts the failure", () => {
		const known = memory();
		known.learn(learnt({}), NOW);
		known.learn(learnt({ target: "deepseek/m", failed: true, prompt: null, output: null }), NOW);
		expect(known.affinity("talk", NOW)?.target).toBe("openai/m");
		expect(known.family("task")?.targets.get("deepseek/m")).toEqual({
			attempts: 1,
			failures: 1,
			output: null,
			cachedShare: null,
		});
	});

	it("keeps the mean output of a family and of each of its targets", () => {
		const known = memory();
		for (let i = 0; i < 200; i++) {
			known.learn(learnt({ target: "terse/m", output: 100 }), NOW);
			known.learn(learnt({ target: "wordy/m", output: 500 }), NOW);
		}
		const family = known.family("task");
		expect(family?.targets.get("terse/m")?.output).toBeCloseTo(100);
		expect(family?.targets.get("wordy/m")?.output).toBeCloseTo(500);
		expect(family?.output).toBeGreaterThan(200);
		expect(family?.output).toBeLessThan(400);
	});

	it("keeps the share of a family's prompts that each target had cached", () => {
		const known = memory();
		for (let i = 0; i < 200; i++)
			known.learn(learnt({ prompt: { tokens: 1_000, cached: i % 2 === 0 ? 0 : 800 } }), NOW);
		expect(known.family("task")?.targets.get("openai/m")?.cachedShare).toBeCloseTo(0.4, 1);
	});

	it("forgets old failures as new attempts succeed", () => {
		const known = memory();
		for (let i = 0; i < 50; i++) known.learn(learnt({ failed: true }), NOW);
		for (let i = 0; i < 400; i++) known.learn(learnt({}), NOW);
		const figures = known.family("task")?.targets.get("openai/m");
		expect((figures?.failures ?? 1) / (figures?.attempts ?? 1)).toBeLessThan(0.01);
	});

	it("stays within its bounds, whatever it is told, and forgets what was not touched for longest", () => {
		const name = fc.integer({ min: 0, max: 40 }).map(String);
		const told = fc.record({ conversation: fc.option(name), family: name, target: name, failed: fc.boolean() });
		fc.assert(
			fc.property(fc.array(told, { maxLength: 200 }), (items) => {
				const known = memory();
				for (const item of items) known.learn(learnt(item), NOW);
				const all = Array.from({ length: 41 }, (_, i) => String(i));
				expect(all.filter((id) => known.affinity(id, NOW) !== null).length).toBeLessThanOrEqual(4);
				const families = all.map((id) => known.family(id)).filter((family) => family !== null);
				expect(families.length).toBeLessThanOrEqual(3);
				for (const { targets } of families) expect(targets.size).toBeLessThanOrEqual(16);
				const last = items.at(-1);
				if (last !== undefined) expect(known.family(last.family)?.targets.has(last.target)).toBe(true);
			}),
			{ seed: 7 },
		);
	});

	it("tells another memory, which keeps what it knows better", () => {
		const [here, there] = [memory(), memory()];
		there.learn(learnt({ target: "openai/m" }), NOW);
		here.adopt("talk", "task", there.recollect("talk", "task", NOW));
		expect(here.affinity("talk", NOW)?.target).toBe("openai/m");
		expect(here.family("task")?.output).toBe(200);
		here.learn(learnt({ target: "deepseek/m" }), NOW + 1);
		here.adopt("talk", "task", there.recollect("talk", "task", NOW + 1));
		expect(here.affinity("talk", NOW + 1)?.target).toBe("deepseek/m");
		expect(here.family("task")?.targets.size).toBe(2);
	});
});
