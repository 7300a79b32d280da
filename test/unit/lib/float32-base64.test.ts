import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { base64ToFloats, floatsToBase64 } from "#lib/float32-base64";
import { cases } from "#test/support/scale";

describe("floats as base64", () => {
	it("come back as they were, to the bit", () => {
		fc.assert(
			fc.property(fc.array(fc.float({ noNaN: true })), (numbers) => {
				expect(base64ToFloats(floatsToBase64(numbers))).toEqual(numbers);
			}),
			{ numRuns: cases(300) },
		);
	});

	it("are the bytes that OpenAI's clients decode", () => {
		fc.assert(
			fc.property(fc.array(fc.double({ min: -1e30, max: 1e30, noNaN: true })), (numbers) => {
				const bytes = Uint8Array.from(atob(floatsToBase64(numbers)), (character) => character.charCodeAt(0));
				expect([...new Float32Array(bytes.buffer)]).toEqual(numbers.map(Math.fround));
			}),
			{ numRuns: cases(300) },
		);
	});

	it.each(["A", "AAAA", "AAAAAA==A", "!!!!", "AAAAAAA", "AAAAA A="])("are not read from %s", (text) => {
		expect(base64ToFloats(text)).toBeNull();
	});
});
