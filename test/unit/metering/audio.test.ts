import fc from "fast-check";
import * as v from "valibot";
import { expect, it } from "vitest";
import { ModelSchema, toModel } from "#catalog/catalog";
import { unitsUsage } from "#core/audio/usage";
import type { ProviderName } from "#core/ids";
import { boundOf, boundOfWritten } from "#metering/bound";
import { costOf } from "#metering/cost";
import { costLines, lineCost } from "#metering/cost-lines";
import { isPlausible } from "#metering/plausible";
import { cases } from "#test/support/scale";

/** A model of which sound costs `fees` beside its tokens, which cost $1 and $2 a million, and $3 of sound. */
function modelOf(fees: object) {
	const prices = [{ input: 1, audio_input: 3, output: 2 }];
	return toModel("acme" as ProviderName, v.parse(ModelSchema, { id: "x", prices, rules: { audio_fees: fees } }));
}

it("costs by the minute what its milliseconds come to, rounded up, and by a character or a byte each alike", () => {
	const model = modelOf({ minute: 0.00051293, million_characters: 15, million_bytes: 7.15 });
	expect(costOf(unitsUsage({ millisecond: 60_000 }, "provider"), model, 0)).toBe(512_930);
	expect(costOf(unitsUsage({ millisecond: 1 }, "provider"), model, 0)).toBe(9);
	expect(costOf(unitsUsage({ character: 3, byte: 2 }, "provider"), model, 0)).toBe(3 * 15_000 + 2 * 7_150);
});

it("is held for no less than any usage that is believed costs, and no other is believed", () => {
	const units = fc.record({ millisecond: fc.nat(9_000_000), character: fc.nat(9_000), byte: fc.nat(9_000) });
	const fee = fc.nat(1_000_000).map((nano) => nano / 1e9);
	fc.assert(
		fc.property(units, units, fee, fc.nat(5_000), fc.nat(5_000), (most, used, minute, input, output) => {
			const model = modelOf({ minute, million_characters: 15 });
			const audio = { units: most, inputTokens: input, outputTokens: output };
			const call = { request: {}, body: {}, prompts: ["words"], outputLimit: null, audio };
			const bound = boundOf(call, model, 0);
			const usage = { ...unitsUsage(used, "provider"), uncachedInput: input, audioInput: input, output };
			const fits = used.millisecond <= most.millisecond && used.character <= most.character && used.byte <= most.byte;
			expect(isPlausible(usage, call, model)).toBe(fits);
			if (fits) expect(bound?.amount ?? 0).toBeGreaterThanOrEqual(costOf(usage, model, 0) ?? 0);
			expect(bound?.leastAmount).toBe(bound?.amount);
			const lines = costLines(usage, model, 0, costOf(usage, model, 0) ?? 0) ?? expect.fail("not explained");
			const sum = lines.reduce((total, line) => total + Number(lineCost(line)) * 1e9, 0);
			expect(Math.abs(sum - (costOf(usage, model, 0) ?? 0))).toBeLessThan(1.001);
		}),
		{ numRuns: cases(500) },
	);
});

it("that is spoken is charged whole when it breaks off, and what is written by what was written", () => {
	const model = modelOf({});
	const call = { request: {}, body: {}, prompts: ["words"], outputLimit: null };
	const audio = { units: {}, inputTokens: 0, outputTokens: 1_000 };
	expect(boundOfWritten({ ...call, audio: { ...audio, speaks: true } }, 10, model, 0)?.outputTokens).toBe(1_000);
	expect(boundOfWritten({ ...call, audio }, 10, model, 0)?.outputTokens).toBe(10);
});
