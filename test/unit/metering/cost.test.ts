import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { BUILT_IN_MODELS, ModelSchema, toModel } from "#catalog/catalog";
import { estimatedUsage, normalUsage, type Usage } from "#core/chat/usage";
import type { ProviderName } from "#core/ids";
import { cacheDiscountOf, costOf, priceAt } from "#metering/cost";
import { costLines, lineCost } from "#metering/cost-lines";
import { type NanoUsd, nanoUsd, usdNumber, usdString } from "#metering/money";
import { cases } from "#test/support/scale";

/** An exact fraction, never reduced: the oracle has no rounding to get wrong. */
class Fraction {
	constructor(
		readonly over: bigint,
		readonly under: bigint = 1n,
	) {}
	plus(other: Fraction): Fraction {
		return new Fraction(this.over * other.under + other.over * this.under, this.under * other.under);
	}
	times(other: Fraction): Fraction {
		return new Fraction(this.over * other.over, this.under * other.under);
	}
	atMost(whole: bigint): boolean {
		return this.over <= whole * this.under;
	}
	moreThan(whole: bigint): boolean {
		return this.over > whole * this.under;
	}
}

const DAY = 24 * 60 * 60 * 1000;

/** A decimal with `digits` places, kept as the integer that a person wrote without the point. */
interface Decimal {
	scaled: number;
	digits: number;
}
const decimal = (digits: number, max: number): fc.Arbitrary<Decimal> =>
	fc.oneof(fc.nat(max), fc.nat(Math.min(max, 1000))).map((scaled) => ({ scaled, digits }));
const written = ({ scaled, digits }: Decimal): number => Number(`${scaled}e-${digits}`);
const exact = ({ scaled, digits }: Decimal): Fraction => new Fraction(BigInt(scaled), 10n ** BigInt(digits));

const price = decimal(6, 1_000_000_000);
const factor = decimal(3, 6000);
const isoDay = fc.integer({ min: 19_700, max: 21_600 }).map((day) => new Date(day * DAY).toISOString().slice(0, 10));

const entry = fc.record({
	input: price,
	cache_read: fc.option(price, { nil: undefined }),
	cache_write: fc.option(price, { nil: undefined }),
	cache_write_hour: fc.option(price, { nil: undefined }),
	output: price,
	audio_input: fc.option(price, { nil: undefined }),
	image_input: fc.option(price, { nil: undefined }),
	image_output: fc.option(price, { nil: undefined }),
});
const hours = fc.tuple(fc.nat(24), fc.nat(24)).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);

const tariff = fc.record({
	always: fc.option(entry, { nil: undefined }),
	dated: fc.uniqueArray(fc.record({ from: isoDay, entry }), { maxLength: 3, selector: (dated) => dated.from }),
	long: fc.option(fc.record({ above: fc.integer({ min: 1, max: 1000 }), input: factor, output: factor }), {
		nil: undefined,
	}),
	tiers: fc.option(fc.record({ flex: factor, priority: factor }), { nil: undefined }),
	peak: fc.option(
		fc.record({ factor, weekdays: fc.uniqueArray(fc.nat(6)), hours: fc.array(hours, { maxLength: 2 }) }),
		{ nil: undefined },
	),
});
type Tariff = typeof tariff extends fc.Arbitrary<infer T> ? T : never;
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;

/** A tariff with nothing in it but what is given. */
function only(rules: Partial<Tariff>): Tariff {
	return { always: undefined, dated: [], long: undefined, tiers: undefined, peak: undefined, ...rules };
}
const dollars = (whole: number): Decimal => ({ scaled: whole, digits: 0 });
function flat(input: number, output: number): Entry {
	return {
		input: dollars(input),
		output: dollars(output),
		cache_read: undefined,
		cache_write: undefined,
		cache_write_hour: undefined,
		audio_input: undefined,
		image_input: undefined,
		image_output: undefined,
	};
}

function writtenEntry(source: Entry): object {
	return Object.fromEntries(
		Object.entries(source).flatMap(([name, value]) => (value === undefined ? [] : [[name, written(value)]])),
	);
}

function model({ always, dated, long, tiers, peak }: Tariff) {
	const source = {
		id: "m",
		prices: [
			...dated.map((each) => ({ from: each.from, ...writtenEntry(each.entry) })),
			...(always ? [writtenEntry(always)] : []),
		],
		rules: {
			...(long && {
				long_prompt: {
					above: long.above,
					input_factor: written(long.input),
					output_factor: written(long.output),
				},
			}),
			...(tiers && { tiers: { flex: written(tiers.flex), priority: written(tiers.priority) } }),
			...(peak && { peak: { factor: written(peak.factor), weekdays: peak.weekdays, hours: peak.hours } }),
		},
	};
	return toModel("p" as ProviderName, v.parse(ModelSchema, source));
}

/** What the vendor bills, in nano-dollars, by the written tariff and no code of ours; null without a price. */
function truth(usage: Usage, { always, dated, long, tiers, peak }: Tariff, at: number, tier?: string): Fraction | null {
	const today = new Date(at).toISOString().slice(0, 10);
	const started = dated.filter((each) => each.from <= today).sort((a, b) => (a.from < b.from ? -1 : 1));
	const prices = started.at(-1)?.entry ?? always;
	if (prices === undefined) return null;
	// Dollars per million tokens are thousands of nano-dollars per token.
	const billed = (tokens: number, each: Decimal) =>
		new Fraction(BigInt(tokens)).times(exact(each)).times(new Fraction(1000n));
	const sound = prices.audio_input === undefined ? 0 : usage.audioInput;
	const fresh = Math.min(sound, usage.uncachedInput);
	const cached = Math.min(sound - fresh, usage.cacheRead);
	const seen = prices.image_input === undefined ? 0 : usage.imageInput;
	const freshSeen = Math.min(seen, usage.uncachedInput - fresh);
	const cachedSeen = Math.min(seen - freshSeen, usage.cacheRead - cached);
	let input = billed(usage.uncachedInput - fresh - freshSeen, prices.input)
		.plus(billed(usage.cacheRead - cached - cachedSeen, prices.cache_read ?? prices.input))
		.plus(billed(fresh + cached, prices.audio_input ?? prices.input))
		.plus(billed(freshSeen + cachedSeen, prices.image_input ?? prices.input))
		.plus(billed(usage.cacheWrite, prices.cache_write ?? prices.input))
		.plus(billed(usage.cacheWriteHour, prices.cache_write_hour ?? prices.cache_write ?? prices.input));
	const drawn = prices.image_output === undefined ? 0 : usage.imageOutput;
	let output = billed(usage.output - drawn, prices.output).plus(billed(drawn, prices.image_output ?? prices.output));
	if (long && usage.uncachedInput + usage.cacheRead + usage.cacheWrite + usage.cacheWriteHour > long.above) {
		input = input.times(exact(long.input));
		output = output.times(exact(long.output));
	}
	let total = input.plus(output);
	if (tiers && (tier === "flex" || tier === "priority")) total = total.times(exact(tiers[tier]));
	// 1 January 1970 was a Thursday.
	const weekday = (Math.floor(at / DAY) + 4) % 7;
	const hour = Math.floor((at % DAY) / (60 * 60 * 1000));
	if (peak?.weekdays.includes(weekday) && peak.hours.some(([from, to]) => from <= hour && hour < to)) {
		total = total.times(exact(peak.factor));
	}
	return total;
}

function check(cost: NanoUsd | null, expected: Fraction | null): void {
	if (cost === null || expected === null) {
		expect(cost).toBe(expected);
		return;
	}
	// Plain comparisons: an assertion per case would take most of the time.
	if (!expected.atMost(BigInt(cost))) expect.fail(`${cost} is below the truth ${expected.over}/${expected.under}`);
	if (!expected.moreThan(BigInt(cost) - 1n)) {
		expect.fail(`${cost} is a nano-dollar or more above the truth ${expected.over}/${expected.under}`);
	}
}

const tokens = fc.oneof(fc.nat(20), fc.nat(2000), fc.nat(2_000_000));
const usages = fc
	.record({
		input: tokens.map((input) => Math.max(1, input)),
		output: tokens,
		cacheRead: tokens,
		cacheWrite: tokens,
		cacheWriteHour: tokens,
		audioInput: tokens,
		imageInput: tokens,
		imageOutput: tokens,
	})
	.map((reported) => normalUsage(reported) as Usage);
const moments = fc.integer({ min: 19_690 * DAY, max: 21_610 * DAY });
const tierNames = fc.constantFrom(undefined, "flex", "priority", "default", "constructor", "__proto__");

it("adds the fees of searches to the nano-dollar, whatever the tier, the prompt's length and the hour", () => {
	const rules = {
		tiers: { priority: 2 },
		long_prompt: { above: 10, input_factor: 3, output_factor: 3 },
		peak: { factor: 2, weekdays: [0, 1, 2, 3, 4, 5, 6], hours: [[0, 24]] },
		use_fees: { web_search: 12.345678 },
	};
	const prices = [{ input: 0.1234, output: 0.5 }];
	const model = toModel("acme" as ProviderName, v.parse(ModelSchema, { id: "m", prices, rules }));
	const plain = toModel("acme" as ProviderName, v.parse(ModelSchema, { id: "m", prices }));
	for (const [input, output] of [
		[1, 1],
		[7, 3],
		[9_999, 77],
	] as const) {
		for (const on of [model, { ...plain, rules: { useFees: model.rules.useFees ?? {} } }]) {
			for (const tier of ["priority", undefined]) {
				const usage = normalUsage({ input, output }) as Usage;
				const without = costOf(usage, on, 0, tier) ?? Number.NaN;
				expect(costOf({ ...usage, webSearches: 0 }, on, 0, tier)).toBe(without);
				expect(costOf({ ...usage, webSearches: 3 }, on, 0, tier)).toBe(without + 3 * 12_345_678);
			}
		}
	}
	expect(costOf({ ...(normalUsage({ input: 1, output: 1 }) as Usage), webSearches: 3 }, plain, 0)).toBe(624);
});

it.each([[{ web_search: 0.0000001 }], [{ web_search: -1 }], [{ web_search: 1_001 }], [{ code_interpreter: 1 }]])(
	"knows no fee that it could not charge exactly: %o",
	(useFees) => {
		expect(v.safeParse(ModelSchema, { id: "m", rules: { use_fees: useFees } }).success).toBe(false);
	},
);

describe("costOf", () => {
	it("is the exact price rounded up to a nano-dollar, for any tariff", { timeout: 300_000 }, () => {
		// A tariff costs more to make than to use, so each is used several times.
		const uses = fc.array(fc.tuple(usages, moments, tierNames), { minLength: 10, maxLength: 10 });
		fc.assert(
			fc.property(tariff, uses, (prices, calls) => {
				const priced = model(prices);
				for (const [usage, at, tier] of calls) {
					check(costOf(usage, priced, at, tier), truth(usage, prices, at, tier));
				}
			}),
			{ numRuns: cases(10_000) },
		);
	});

	it("is what its lines come to, rounded up once; a charge of anything else has none", () => {
		const uses = fc.array(fc.tuple(usages, moments, tierNames), { minLength: 5, maxLength: 5 });
		const nano = (usd: string) => {
			const [whole = "0", part = ""] = usd.split(".");
			return BigInt(whole) * 10n ** 21n + BigInt(part.padEnd(21, "0"));
		};
		fc.assert(
			fc.property(tariff, uses, (prices, calls) => {
				const priced = model(prices);
				for (const [usage, at, tier] of calls) {
					const cost = costOf(usage, priced, at, tier);
					if (cost === null) continue;
					const lines = costLines(usage, priced, at, cost) ?? expect.fail("a charge is not explained");
					const exactly = lines.reduce((sum, line) => sum + nano(lineCost(line)), 0n);
					if ((exactly + 10n ** 12n - 1n) / 10n ** 12n !== BigInt(cost)) expect.fail(`${exactly} is not ${cost}`);
				}
			}),
			{ numRuns: cases(500) },
		);
		const priced = model(only({ always: flat(2, 8) }));
		const usage = normalUsage({ input: 1_000, output: 500, cacheRead: 400 }) as Usage;
		expect(costLines(usage, priced, 0, 6_000_000)?.map((line) => [line.kind, line.amount, lineCost(line)])).toEqual([
			["input", 600, "0.0012"],
			["cache_read", 400, "0.0008"],
			["output", 500, "0.004"],
		]);
		expect(costLines(usage, priced, 0, 6_000_001)).toBeNull();
	});

	it("changes price at midnight UTC of the day it is dated", () => {
		const dated = model(only({ always: flat(1, 0), dated: [{ from: "2027-01-01", entry: flat(2, 0) }] }));
		const usage = normalUsage({ input: 1, output: 0 }) as Usage;
		const midnight = Date.parse("2027-01-01T00:00:00Z");
		expect(costOf(usage, dated, midnight - 1)).toBe(1000);
		expect(costOf(usage, dated, midnight)).toBe(2000);
	});

	it("charges the peak from the first to before the last hour, on its weekdays only", () => {
		const peak = { factor: dollars(2), weekdays: [1], hours: [[1, 4] as [number, number]] };
		const peaked = model(only({ always: flat(1, 0), peak }));
		const usage = normalUsage({ input: 1, output: 0 }) as Usage;
		const at = (iso: string) => costOf(usage, peaked, Date.parse(iso));
		// 7 December 2026 is a Monday.
		expect(at("2026-12-07T00:59:59.999Z")).toBe(1000);
		expect(at("2026-12-07T01:00:00Z")).toBe(2000);
		expect(at("2026-12-07T03:59:59.999Z")).toBe(2000);
		expect(at("2026-12-07T04:00:00Z")).toBe(1000);
		expect(at("2026-12-08T02:00:00Z")).toBe(1000);
	});

	it("charges the long prompt's price for a prompt longer than its limit, cached tokens included", () => {
		const long = model(only({ always: flat(1, 1), long: { above: 100, input: dollars(2), output: dollars(3) } }));
		const cost = (input: number, cacheRead: number) =>
			costOf(normalUsage({ input, output: 1, cacheRead }) as Usage, long, 0);
		expect(cost(100, 0)).toBe(101_000);
		expect(cost(101, 100)).toBe(205_000);
	});

	it("knows no cost without a price, rather than none", () => {
		const unpriced = model(only({}));
		expect(costOf(normalUsage({ input: 1, output: 1 }) as Usage, unpriced, 0)).toBeNull();
		expect(priceAt(unpriced, 0)).toBeNull();
	});

	it("refuses an amount beyond what a number holds exactly", () => {
		const usage = estimatedUsage(Number.MAX_SAFE_INTEGER, 0);
		const [dear] = BUILT_IN_MODELS.filter((each) => (priceAt(each, Date.parse("2027-01-01"))?.input ?? 0) > 1_000_000);
		expect(dear).toBeDefined();
		expect(() => dear && costOf(usage, dear, Date.parse("2027-01-01"))).toThrow(RangeError);
	});
});

describe("an amount of money", () => {
	const amounts = fc.oneof(
		fc.maxSafeNat(),
		fc.nat(2_000_000_000),
		fc.constantFrom(0, 1, 999_999_999, 1_000_000_000, Number.MAX_SAFE_INTEGER),
	);

	it("is written in dollars without loss and without trailing zeros", () => {
		fc.assert(
			fc.property(amounts, (amount) => {
				const text = usdString(nanoUsd(amount));
				expect(text).toMatch(/^(0|[1-9]\d*)(\.\d{0,8}[1-9])?$/);
				const [whole = "", fraction = ""] = text.split(".");
				expect(BigInt(whole + fraction.padEnd(9, "0"))).toBe(BigInt(amount));
			}),
			{ numRuns: cases(5000) },
		);
	});

	it("keeps its nano-dollars as a JSON number below 2^23 dollars", () => {
		fc.assert(
			fc.property(
				amounts.filter((amount) => amount < 2 ** 23 * 1e9),
				(amount) => {
					const number = JSON.parse(JSON.stringify(usdNumber(nanoUsd(amount)))) as number;
					expect(Number(number.toFixed(9))).toBe(Number(usdString(nanoUsd(amount))));
					expect(BigInt(number.toFixed(9).replace(".", ""))).toBe(BigInt(amount));
				},
			),
			{ numRuns: cases(5000) },
		);
	});

	it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("is never %d", (value) => {
		expect(() => nanoUsd(value)).toThrow(RangeError);
	});
});

describe("what a cache saved", () => {
	const model = BUILT_IN_MODELS.find(({ id, provider }) => provider === "anthropic" && id === "claude-sonnet-5");
	if (model === undefined) throw new Error("no such model");
	const at = Date.UTC(2027, 0, 1);
	const discount = (parts: object) =>
		cacheDiscountOf(normalUsage({ input: 10_000, output: 10, ...parts }) as Usage, model, at);

	// Per million tokens: 2 USD, 0.2 from the cache, 2.5 into it.
	it.each([
		["read", { cacheRead: 10_000 }, 18_000_000],
		["written", { cacheWrite: 10_000 }, -5_000_000],
		["written and read", { cacheRead: 5_000, cacheWrite: 5_000 }, 6_500_000],
	])("is the price without it less the price with it: %s", (_, parts, nano) => {
		expect(discount(parts)).toBe(nano);
	});

	it("is nothing where it had no part, or the price is not known", () => {
		expect(discount({})).toBeUndefined();
		const usage = normalUsage({ input: 10, output: 1, cacheRead: 5 }) as Usage;
		expect(cacheDiscountOf(usage, { ...model, prices: [] }, at)).toBeUndefined();
	});
});
