import fc from "fast-check";
import { expect, test } from "vitest";
import { byteLength, cutToBytes, withoutEach } from "#lib/text-bytes";

test("a text is cut to bytes, at the last character that fits", () => {
	const character = fc.constantFrom("x", "\u00e4", "\u4f60", "\u{1f600}", "\ud800", "\udc00");
	const text = fc.array(character, { maxLength: 40 }).map((characters) => characters.join(""));
	fc.assert(
		fc.property(text, fc.nat(120), (whole, most) => {
			const cut = cutToBytes(whole, most);
			expect(whole.startsWith(cut)).toBe(true);
			expect(byteLength(cut)).toBeLessThanOrEqual(most);
			const [next] = whole.slice(cut.length);
			if (next !== undefined) expect(byteLength(cut + next)).toBeGreaterThan(most);
			// In code points, so that half of a pair would show.
			expect([...whole].slice(0, [...cut].length).join("")).toBe(cut);
		}),
	);
});

test("bytes are taken out wherever they stand, as a text is taken out of a text", () => {
	const text = (most: number) =>
		fc.array(fc.constantFrom("a", "b"), { maxLength: most }).map((letters) => letters.join(""));
	fc.assert(
		fc.property(text(20), text(3), (whole, part) => {
			const others = `${part}a`;
			const left = withoutEach(new TextEncoder().encode(whole), new TextEncoder().encode(others));
			expect(new TextDecoder().decode(left)).toBe(whole.replaceAll(others, ""));
		}),
	);
});
