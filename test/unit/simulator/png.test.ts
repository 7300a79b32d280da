import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { png } from "#simulator/model/png";
import { cases } from "#test/support/scale";

describe("a simulated picture", () => {
	it("is a PNG of the size that was asked for, which unpacks to all its rows", () => {
		const side = fc.integer({ min: 1, max: 2_000 });
		fc.assert(
			fc.property(side, side, fc.string(), (width, height, seed) => {
				const bytes = png(width, height, seed);
				const view = new DataView(bytes.buffer);
				expect([view.getUint32(16), view.getUint32(20)]).toEqual([width, height]);
				// Signature, header and palette come before the pixels.
				const at = 8 + 25 + 15;
				const length = view.getUint32(at);
				const pixels = inflateSync(bytes.slice(at + 8, at + 8 + length));
				expect(pixels.length).toBe(height * (1 + Math.ceil(width / 8)));
				expect(pixels.every((byte) => byte === 0)).toBe(true);
			}),
			{ numRuns: cases(20) },
		);
	});

	it("has checksums that others compute alike", () => {
		const bytes = png(1, 1, "");
		// The CRC of an empty IEND, as every PNG ends.
		expect([...bytes.slice(-4)]).toEqual([0xae, 0x42, 0x60, 0x82]);
	});
});
