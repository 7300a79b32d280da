import fc from "fast-check";
import { expect, test } from "vitest";
import { isWellFormedKey, KEY_RANDOM_BYTES, lastFour, makeKey } from "#http/auth/key-format";

const randomBytes = fc.uint8Array({ minLength: KEY_RANDOM_BYTES, maxLength: KEY_RANDOM_BYTES });

test("a made key is well formed, always of the same length and shape", () => {
	fc.assert(
		fc.property(randomBytes, (bytes) => {
			const key = makeKey(bytes);
			expect(key).toMatch(/^tg_live_[0-9A-Za-z]{49}$/);
			expect(isWellFormedKey(key)).toBe(true);
		}),
	);
	expect(isWellFormedKey(makeKey(new Uint8Array(KEY_RANDOM_BYTES)))).toBe(true);
	expect(isWellFormedKey(makeKey(new Uint8Array(KEY_RANDOM_BYTES).fill(255)))).toBe(true);
});

test("different random bytes give different keys", () => {
	fc.assert(
		fc.property(randomBytes, randomBytes, (one, other) => {
			fc.pre(one.some((byte, index) => byte !== other[index]));
			expect(makeKey(one)).not.toBe(makeKey(other));
		}),
	);
});

test("any single changed character is noticed", () => {
	fc.assert(
		fc.property(
			randomBytes,
			fc.nat({ max: 56 }),
			fc.constantFrom(..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"),
			(bytes, at, replacement) => {
				const key = makeKey(bytes);
				fc.pre(key[at] !== replacement);
				expect(isWellFormedKey(key.slice(0, at) + replacement + key.slice(at + 1))).toBe(false);
			},
		),
	);
});

// Computed with zlib's CRC-32 and arithmetic on whole integers.
test.each([
	[() => 0, "tg_live_00000000000000000000000000000000000000000003lyvF0"],
	[() => 255, "tg_live_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp11rN4sg"],
	[(index: number) => index, "tg_live_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf49qrxe"],
])("random bytes become base62 and the checksum is the standard CRC-32", (byte, expected) => {
	expect(makeKey(Uint8Array.from({ length: KEY_RANDOM_BYTES }, (_, index) => byte(index)))).toBe(expected);
});

test.each(["", "tg_live_", "test-key-123", `sk-${"a".repeat(48)}`, `tg_live_${"é".repeat(49)}`])(
	"%j is not well formed",
	(text) => expect(isWellFormedKey(text)).toBe(false),
);

test("a key is not made of too few random bytes", () => {
	expect(() => makeKey(new Uint8Array(16))).toThrow(RangeError);
});

test("four characters of a key are shown, none of a short text", () => {
	expect(lastFour(makeKey(new Uint8Array(KEY_RANDOM_BYTES)))).toHaveLength(4);
	expect(lastFour("test-key-123")).toBe("-123");
	expect(lastFour("hunter2")).toBe("");
});
