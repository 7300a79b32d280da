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
});
