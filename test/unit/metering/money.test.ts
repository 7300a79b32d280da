import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseUsd, signedUsdString } from "#metering/money";
import { cases } from "#test/support/scale";

describe("an amount in USD", () => {
	test.each<[string | number, number]>([
		["5.00", 5_000_000_000],
		["0", 0],
		["-0", 0],
		["007", 7_000_000_000],
		["0.000000001", 1],
		["-0.10", -100_000_000],
		["4000000", 4_000_000_000_000_000],
		["8999999.999999999", 8_999_999_999_999_999],
		[5, 5_000_000_000],
		[-0, 0],
		[0.1, 100_000_000],
		[1e-9, 1],
		[1.5e-8, 15],
		[-2.5e-7, -250],
		[3999999.123456789, 3_999_999_123_456_789],
	])("%j is read exactly", (written, nano) => {
		expect(parseUsd(written)).toBe(nano);
	});

	test.each<string | number>([
		"",
		" 5",
		"5 ",
		"+5",
		"5.",
		".5",
		"5,00",
		"$5",
		"1e3",
		"0x10",
		"--1",
		"Infinity",
		"NaN",
		"٣",
		"0.0000000001",
		"5.0000000000",
		"9007199.254740993",
		"9999999999",
		1e-10,
		1.23e-9,
		5e-324,
		0.1234567891,
		1e21,
		Number.POSITIVE_INFINITY,
		Number.NaN,
	])("%j is none", (written) => {
		expect(parseUsd(written)).toBeNull();
	});

	test("comes back as it was written out, as text and as a number", () => {
		const amount = fc.integer({ min: -4_000_000_000_000_000, max: 4_000_000_000_000_000 });
		fc.assert(
			fc.property(fc.oneof(amount, fc.integer({ min: -2_000, max: 2_000 })), (nano) => {
				const text = signedUsdString(nano);
				expect(parseUsd(text)).toBe(nano);
				expect(parseUsd(Number(text))).toBe(nano);
			}),
			{ numRuns: cases(2_000) },
		);
	});
});
