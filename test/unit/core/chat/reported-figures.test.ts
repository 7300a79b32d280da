import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReportedFigures } from "#core/chat/reported-figures";
import { normalUsage, promptTokens, type Usage } from "#core/chat/usage";

const usage = (input: number, output: number, cacheRead = 0): Usage =>
	normalUsage({ input, output, cacheRead, reasoning: output }) as Usage;

function told(...reported: readonly Usage[]): Usage | null {
	const figures = new ReportedFigures();
	for (const each of reported) figures.report(each);
	return figures.usage;
}

describe("figures that come several times", () => {
	it("are the last ones, and none before any came", () => {
		expect(told()).toBeNull();
		expect(told(usage(100, 1), usage(100, 50, 80))).toEqual(usage(100, 50, 80));
		expect(told(usage(100, 60), usage(90, 50))).toEqual(usage(90, 50));
	});

	it("are not undone by a last word that is far lower, of the prompt or of the output", () => {
		expect(told(usage(1_000, 500), usage(1_000, 1))).toEqual({ ...usage(1_000, 500), source: "estimated" });
		expect(told(usage(1_000, 500, 900), usage(1, 600))).toEqual({ ...usage(1_000, 600, 900), source: "estimated" });
		expect(told(usage(1_000, 500), usage(1, 0))).toEqual({ ...usage(1_000, 500), source: "estimated" });
	});

	it("do not take searches back, nor take a count from before the end for one of all", () => {
		const searched = (webSearches: number) => ({ ...usage(100, 5), webSearches });
		expect(told(searched(0), searched(2))).toEqual(searched(2));
		expect(told(searched(2), searched(1))).toEqual({ ...searched(2), source: "estimated" });
		expect(told(searched(0), usage(100, 5))).toEqual(usage(100, 5));
		expect(told({ ...usage(1_000, 5), webSearches: 1 }, usage(1, 5))?.webSearches).toBeUndefined();
		expect(told({ ...usage(1_000, 5), webSearches: 1 }, { ...usage(1, 5), webSearches: 3 })?.webSearches).toBe(3);
	});

	it("say whether they count the output until now", () => {
		const figures = new ReportedFigures();
		expect(figures.report(usage(10, 100))).toBe(true);
		expect(figures.report(usage(10, 10))).toBe(false);
		expect(figures.report(usage(1, 100))).toBe(true);
	});

	it("are never brought below half of the highest, in however many steps", () => {
		const report = fc.tuple(fc.integer({ min: 1, max: 10_000 }), fc.nat(10_000));
		fc.assert(
			fc.property(fc.array(report, { minLength: 1 }), (reports) => {
				const { output, ...counted } = told(...reports.map(([input, output]) => usage(input, output))) as Usage;
				const [prompts, outputs] = [reports.map(([input]) => input), reports.map(([, output]) => output)];
				expect(promptTokens({ ...counted, output }) * 2).toBeGreaterThanOrEqual(Math.max(...prompts));
				expect(output * 2).toBeGreaterThanOrEqual(Math.max(...outputs));
			}),
		);
	});
});
