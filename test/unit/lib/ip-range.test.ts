import fc from "fast-check";
import { expect, test } from "vitest";
import { inRanges, parseIpRange } from "#lib/ip-range";

test.each([
	["10.0.0.0/8", "10.255.0.1", true],
	["10.0.0.0/8", "11.0.0.1", false],
	["10.1.2.3/8", "10.9.9.9", true],
	["192.0.2.7", "192.0.2.7", true],
	["192.0.2.7", "192.0.2.8", false],
	["0.0.0.0/0", "203.0.113.9", true],
	["0.0.0.0/0", "2001:db8::1", false],
	["::/0", "2001:db8::1", true],
	["::/0", "203.0.113.9", false],
	["2001:db8::/32", "2001:DB8:0:1::5", true],
	["2001:db8::/32", "2001:db9::1", false],
	["2001:db8::1", "2001:0db8:0000:0000:0000:0000:0000:0001", true],
	["192.0.2.0/24", "::ffff:192.0.2.9", true],
	["::ffff:192.0.2.0/120", "192.0.2.9", true],
	["64:ff9b::/96", "64:ff9b::192.0.2.1", true],
] as const)("%s contains %s: %s", (range, address, expected) => {
	expect(inRanges([range], address)).toBe(expected);
});

test.each([
	"",
	"10.0.0",
	"10.0.0.0/33",
	"10.0.0.0/",
	"10.0.0.0/08",
	"10.0.0.256",
	"010.0.0.1",
	"::1/129",
	":::1",
	"1::2::3",
])("%j is not a range", (text) => expect(parseIpRange(text)).toBeNull());

test.each([
	"1:2:3:4:5:6:7",
	"1:2:3:4:5:6:7:8:9",
	"12345::",
	"fe80::1%eth0",
	"1.2.3.4::",
	"::1.2.3.4:5",
	"example.com",
	"::/-1",
])("%j is not a range either", (text) => expect(parseIpRange(text)).toBeNull());

test("an address that cannot be read is in no range", () => {
	expect(inRanges(["0.0.0.0/0", "::/0"], "unknown")).toBe(false);
	expect(inRanges(["0.0.0.0/0", "::/0"], "")).toBe(false);
});

test("no range contains nothing, and one of several is enough", () => {
	expect(inRanges([], "10.0.0.1")).toBe(false);
	expect(inRanges(["192.0.2.0/24", "10.0.0.0/8"], "10.0.0.1")).toBe(true);
});

const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");

test("an IPv4 range contains exactly the addresses that share its prefix", () => {
	const word = fc.integer({ min: 0, max: 0xffffffff });
	fc.assert(
		fc.property(word, word, fc.integer({ min: 0, max: 32 }), (network, difference, prefix) => {
			const sameBits = prefix === 0 ? true : difference >>> (32 - prefix) === 0;
			const address = dotted((network ^ difference) >>> 0);
			expect(inRanges([`${dotted(network)}/${prefix}`], address)).toBe(sameBits);
		}),
	);
});

test("every spelling of an IPv6 address is the same address", () => {
	fc.assert(
		fc.property(fc.ipV6(), (address) => {
			expect(parseIpRange(address)).not.toBeNull();
			expect(inRanges([address], address.toUpperCase())).toBe(true);
			expect(inRanges([`${address}/128`], address)).toBe(true);
		}),
	);
});
