/** Real WebP files of any size: lossless, one colour, whose codes are of one value each and take no bits a pixel. */
import { joinedBytes } from "#lib/text-bytes";
import { Bits } from "./bytes";

/** A picture of `width` by `height` pixels. */
export function webp(width: number, height: number, [red, green, blue]: readonly [number, number, number]): Uint8Array {
	const bits = new Bits("lowest first");
	bits
		.low(0x2f, 8)
		.low(width - 1, 14)
		.low(height - 1, 14);
	// No alpha, version 0; no transform, no cache of colours, no codes by region.
	bits.low(0, 1).low(0, 3).low(0, 1).low(0, 1).low(0, 1);
	// Green, red, blue, alpha; then distances, of which there are none.
	for (const value of [green, red, blue, 0xff, 0]) bits.low(1, 1).low(0, 1).low(1, 1).low(value, 8);
	const coded = bits.bytes();
	const data = coded.length % 2 === 0 ? coded : joinedBytes([coded, Uint8Array.of(0)]);
	const text = (word: string) => new TextEncoder().encode(word);
	return joinedBytes([text("RIFF"), size(12 + data.length), text("WEBPVP8L"), size(coded.length), data]);
}

function size(bytes: number): Uint8Array {
	const field = new Uint8Array(4);
	new DataView(field.buffer).setUint32(0, bytes, true);
	return field;
}
