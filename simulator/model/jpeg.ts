/**
 * Real JPEG files of any size: one shade of grey, baseline, with Huffman tables of two codes, so that a block of 64
 * pixels takes two bits.
 */
import { joinedBytes } from "#lib/text-bytes";
import { Bits } from "./bytes";

/** Pixels on the side of a block. */
const BLOCK = 8;
/** How many bits the shade of the first block has; all others are told that nothing changed. */
const SHADE_BITS = 8;

/** A picture of `width` by `height` pixels in one of the 128 shades that are a little lighter than grey. */
export function jpeg(width: number, height: number, shade: number): Uint8Array {
	return joinedBytes([
		Uint8Array.of(0xff, 0xd8),
		segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]),
		// All factors are one: what is coded is what is meant, eight times the shade above grey.
		segment(0xdb, [0, ...new Array<number>(BLOCK ** 2).fill(1)]),
		segment(0xc0, [8, ...word(height), ...word(width), 1, 1, 0x11, 0]),
		// Of the first coefficient: 0 is "no bits", 10 is "as many bits as a shade has". Of the rest: 0 ends the block.
		table(0x00, [0, SHADE_BITS]),
		table(0x10, [0]),
		segment(0xda, [1, 1, 0, 0, 63, 0]),
		scan(Math.ceil(width / BLOCK) * Math.ceil(height / BLOCK), shade),
		Uint8Array.of(0xff, 0xd9),
	]);
}

function scan(blocks: number, shade: number): Uint8Array {
	const bits = new Bits("highest first");
	bits
		.high(0b10, 2)
		.high(0x80 | (shade & 0x7f), SHADE_BITS)
		.high(0, 1);
	for (let block = 1; block < blocks; block++) bits.high(0, 2);
	const coded = bits.bytes(1);
	// A byte of ones would begin a marker.
	return Uint8Array.from([...coded].flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte])));
}

/** A Huffman table whose codes are 0, 10 and so on. */
function table(id: number, values: readonly number[]): Uint8Array {
	const counts = Array.from({ length: 16 }, (_, at) => (at < values.length ? 1 : 0));
	return segment(0xc4, [id, ...counts, ...values]);
}

function segment(marker: number, data: readonly number[]): Uint8Array {
	return Uint8Array.from([0xff, marker, ...word(data.length + 2), ...data]);
}

function word(value: number): [number, number] {
	return [value >>> 8, value & 0xff];
}
