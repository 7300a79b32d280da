import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { ModelSchema, toModel } from "#catalog/catalog";
import { estimatedUsage } from "#core/chat/usage";
import type { ProviderName } from "#core/ids";
import { boundOf, boundOfWritten } from "#metering/bound";
import { costOf } from "#metering/cost";
import { isPlausible } from "#metering/plausible";

const model = toModel(
	"openai" as ProviderName,
	v.parse(ModelSchema, {
		id: "painter",
		output: ["image"],
		prices: [{ input: 0, output: 10 }],
		rules: { image_fees: { tile: 0.0000528, step: 0.0001056 } },
	}),
);
const units = { tile: 4, step: 8 };
const call = { request: { n: 2 }, body: {}, prompts: ["a cat"], outputLimit: null, images: { tokens: 100, units } };
/** Two images of 100 tokens at $10 per million, four tiles and eight steps, in nano-dollars. */
const WHOLE = 2 * 100 * 10_000 + 4 * 52_800 + 8 * 105_600;

describe("images", () => {
	it("are charged by tokens and units alike, to the nano-dollar", () => {
		expect(costOf({ ...estimatedUsage(5, 200), images: units }, model, 0)).toBe(WHOLE);
	});

	it("are held whole: there is no smaller hold, and what failed may have cost all of it", () => {
		expect(boundOf(call, model, 0)).toMatchObject({ outputTokens: 200, amount: WHOLE, leastAmount: WHOLE });
		expect(boundOfWritten(call, 1, model, 0)).toMatchObject({ outputTokens: 200, amount: WHOLE });
	});

	it("are not believed to have more units than were asked for", () => {
		const usage = { ...estimatedUsage(5, 200), images: units };
		expect(isPlausible(usage, call, model)).toBe(true);
		expect(isPlausible({ ...usage, images: { ...units, step: 9 } }, call, model)).toBe(false);
		expect(isPlausible({ ...usage, images: { image: 1 } }, call, model)).toBe(false);
	});

	it("are held by what is drawn and what is said apart, each at its own price, as often as the prompt is read", () => {
		const apart = toModel(
			"gemini" as ProviderName,
			v.parse(ModelSchema, {
				id: "drawer",
				output: ["text", "image"],
				prices: [{ input: 1, output: 3, image_input: 8, image_output: 60 }],
			}),
		);
		const drawing = { request: { n: 2 }, body: {}, prompts: ["a cat"], outputLimit: null, readings: 2 };
		const allowance = { tokens: 1000, text: 500, inputTokens: 100, units: {} };
		const held = boundOf({ ...drawing, images: allowance }, apart, 0);
		// The prompt may be pictures throughout.
		expect(held?.amount).toBe((held?.inputTokens ?? 0) * 8_000 + 2 * (1000 * 60_000 + 500 * 3_000));
		const most = { ...estimatedUsage(held?.inputTokens ?? 0, 3000), imageOutput: 2000, imageInput: 200 };
		expect(isPlausible(most, { ...drawing, images: allowance }, apart)).toBe(true);
		expect(costOf(most, apart, 0)).toBeLessThanOrEqual(held?.amount ?? 0);
		expect(isPlausible({ ...most, imageOutput: 4001, output: 4001 }, { ...drawing, images: allowance }, apart)).toBe(
			false,
		);
	});
});
