import fc from "fast-check";
import { expect, it } from "vitest";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { Model } from "#catalog/model";
import { normalUsage, type Usage } from "#core/chat/usage";
import type { Json } from "#lib/json";
import { type BoundCall, boundOf } from "#metering/bound";
import { isPlausible } from "#metering/plausible";
import { model as plain } from "#test/support/upstream-request";

const model: Model = { ...plain, context: 100_000, maxOutput: 8_000 };
const call = (more: Partial<BoundCall> = {}): BoundCall => {
	return { request: {}, body: { messages: [{ role: "user", content: "hi" }] }, outputLimit: 100, ...more };
};
const usage = (input: number, output: number): Usage => normalUsage({ input, output }) as Usage;

it.each<[string, number, number, Partial<BoundCall>, boolean]>([
	["the limit twice and 1,024 tokens", 5, 1_224, {}, true],
	["one more", 5, 1_225, {}, false],
	["as much for each choice", 5, 3 * 1_224, { request: { n: 3 } }, true],
	["one more for each choice", 5, 3 * 1_224 + 1, { request: { n: 3 } }, false],
	["what the upstream may bill beyond the limit", 5, 1_244, { beyondLimit: 10 }, true],
	["the model's own limit where none was sent", 5, 17_024, { outputLimit: null }, true],
	["one more than that", 5, 17_025, { outputLimit: null }, false],
	["a prompt as long as the context, whose number is rounded", 105_000, 1, {}, true],
	["one more than that", 105_001, 1, {}, false],
	["as many prompts as searches let it read", 315_000, 1, { searches: { uses: 2, contexts: 3 } }, true],
	["one token more than that", 315_001, 1, { searches: { uses: 2, contexts: 3 } }, false],
	["an output beyond the context, whatever limit was sent", 5, 105_001, { outputLimit: 1_000_000 }, false],
])("believes no more than can be: %s", (_, input, output, more, expected) => {
	expect(isPlausible(usage(input, output), call(more), model)).toBe(expected);
});

it.each([
	[0, undefined, true],
	[1, undefined, false],
	[2, { uses: 2, contexts: 3 }, true],
	[3, { uses: 2, contexts: 3 }, false],
])("believes no more searches than were allowed: %i with %o", (webSearches, searches, expected) => {
	const searched = { ...usage(5, 1), webSearches };
	expect(isPlausible(searched, call(searches === undefined ? {} : { searches }), model)).toBe(expected);
});

it("believes a longer prompt of a model whose context is only supposed, when it was sent", () => {
	const unknown = { ...model, context: null };
	const long: Json = [{ role: "user", content: "a".repeat(2_000_000) }];
	expect(isPlausible(usage(1_900_000, 1), call({ body: { messages: long } }), unknown)).toBe(true);
	expect(isPlausible(usage(1_900_000, 1), call(), unknown)).toBe(false);
});

it("believes no number of choices a hundred million tokens", () => {
	const many = call({ request: { n: 128 }, outputLimit: null });
	expect(isPlausible(usage(1, 100_000_000), many, { ...model, context: 10_000_000, maxOutput: null })).toBe(false);
	expect(isPlausible(usage(1, 1e300), many, { ...model, context: 10_000_000, maxOutput: null })).toBe(false);
});

it("believes all that a hold allows, of every model", () => {
	fc.assert(
		fc.property(
			fc.constantFrom(...BUILT_IN_MODELS.filter(({ prices }) => prices.length > 0)),
			fc.option(fc.integer({ min: 1, max: 200_000 })),
			fc.integer({ min: 1, max: 4 }),
			(model, outputLimit, n) => {
				const asked = call({ outputLimit, request: { n } });
				const bound = boundOf(asked, model, Date.UTC(2027, 0, 1));
				if (bound === null) return;
				expect(isPlausible(usage(bound.inputTokens, bound.outputTokens), asked, model)).toBe(true);
			},
		),
	);
});

it("believes sound at a price of its own only of a request that may hold some", () => {
	const [entry] = model.prices;
	const price = { input: 1, cacheRead: 1, cacheWrite: 1, cacheWriteHour: 1, output: 1, ...entry?.price, audioInput: 9 };
	const hearing = { ...model, prices: [{ from: 0, price }] };
	const sound = [{ type: "input_audio", input_audio: { data: "AAAA", format: "mp3" } }];
	const heard = { ...usage(5, 1), audioInput: 5 };
	expect(isPlausible(heard, call({ body: { messages: [{ role: "user", content: sound }] } }), hearing)).toBe(true);
	expect(isPlausible(heard, call(), hearing)).toBe(false);
	expect(isPlausible(heard, call(), model)).toBe(true);
});
