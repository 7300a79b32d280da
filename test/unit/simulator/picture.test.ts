import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { picture } from "#simulator/model/picture";
import { cases } from "#test/support/scale";

const side = fc.integer({ min: 1, max: 2_000 });

function text(bytes: Uint8Array, from: number, to: number): string {
	return String.fromCharCode(...bytes.slice(from, to));
}

describe("a simulated picture", () => {
	it("is a PNG of the size that was asked for, which unpacks to all its rows", () => {
		fc.assert(
			fc.property(side, side, fc.string(), (width, height, seed) => {
				const bytes = picture("png", width, height, seed);
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
		const bytes = picture("png", 1, 1, "");
		// The CRC of an empty IEND, as every PNG ends.
		expect([...bytes.slice(-4)]).toEqual([0xae, 0x42, 0x60, 0x82]);
	});

	it("is a JPEG of that size, with two bits for each of its blocks and no marker among them", () => {
		fc.assert(
			fc.property(side, side, fc.string(), (width, height, seed) => {
				const bytes = picture("jpeg", width, height, seed);
				const view = new DataView(bytes.buffer);
				let at = 2;
				const segments = new Map<number, number>();
				while (!segments.has(0xda)) {
					expect(bytes[at]).toBe(0xff);
					segments.set(bytes[at + 1] as number, at + 4);
					at += 2 + view.getUint16(at + 2);
				}
				const frame = segments.get(0xc0) ?? 0;
				expect([view.getUint16(frame + 3), view.getUint16(frame + 1)]).toEqual([width, height]);
				const scan = bytes.slice(at, -2).filter((byte, index, all) => byte !== 0 || all[index - 1] !== 0xff);
				const bits = 2 * Math.ceil(width / 8) * Math.ceil(height / 8) + 9;
				expect(scan.length).toBe(Math.ceil(bits / 8));
				expect([...bytes.slice(-2)]).toEqual([0xff, 0xd9]);
			}),
			{ numRuns: cases(20) },
		);
	});

	it("is a WebP of that size", () => {
		fc.assert(
			fc.property(side, side, fc.string(), (width, height, seed) => {
				const bytes = picture("webp", width, height, seed);
				const view = new DataView(bytes.buffer);
				expect([text(bytes, 0, 4), text(bytes, 8, 16), bytes[20]]).toEqual(["RIFF", "WEBPVP8L", 0x2f]);
				// What is coded takes 13 bytes, whatever the size, and one that makes them even.
				expect([view.getUint32(4, true), view.getUint32(16, true), bytes.length]).toEqual([26, 13, 34]);
				const sides = view.getUint32(21, true);
				expect([(sides & 0x3fff) + 1, ((sides >>> 14) & 0x3fff) + 1]).toEqual([width, height]);
			}),
			{ numRuns: cases(20) },
		);
	});
});
