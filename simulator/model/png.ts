/**
 * Real PNG files of any size, small whatever the size: one colour, at one bit a pixel, as a run that is compressed by
 * hand, since the platform's own compression answers only later.
 */

import { joinedBytes } from "#lib/text-bytes";
import { Bits } from "./bytes";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** The longest repetition that deflate knows, in bytes. */
const MAX_REPEAT = 258;
/** The modulus of Adler-32. */
const ADLER = 65_521;

/** A picture of `width` by `height` pixels. */
export function png(width: number, height: number, colour: readonly [number, number, number]): Uint8Array {
	const header = new Uint8Array(13);
	const view = new DataView(header.buffer);
	view.setUint32(0, width);
	view.setUint32(4, height);
	// One bit a pixel, by a palette.
	header.set([1, 3], 8);
	// Each row has a byte for its filter.
	const bytes = height * (1 + Math.ceil(width / 8));
	return joinedBytes([
		new Uint8Array(SIGNATURE),
		chunk("IHDR", header),
		chunk("PLTE", Uint8Array.from(colour)),
		chunk("IDAT", zeros(bytes)),
		chunk("IEND", new Uint8Array()),
	]);
}

/** A zlib stream of `count` zeros, in one block with fixed codes. */
function zeros(count: number): Uint8Array {
	const bits = new Bits("lowest first");
	// The last block, with fixed codes.
	bits.low(1, 1).low(1, 2);
	const literal = () => bits.high(0x30, 8);
	literal();
	let rest = count - 1;
	// Length 258 is code 285, at distance 1.
	for (; rest >= MAX_REPEAT; rest -= MAX_REPEAT) bits.high(0xc5, 8).high(0, 5);
	for (; rest > 0; rest--) literal();
	bits.high(0, 7);
	const checksum = new Uint8Array(4);
	// Adler-32 of zeros: the first sum stays one, and the second counts the bytes.
	new DataView(checksum.buffer).setUint32(0, (((count % ADLER) << 16) | 1) >>> 0);
	return joinedBytes([Uint8Array.of(0x78, 0x01), bits.bytes(), checksum]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
	const body = joinedBytes([new TextEncoder().encode(type), data]);
	const frame = new Uint8Array(body.length + 8);
	const view = new DataView(frame.buffer);
	view.setUint32(0, data.length);
	frame.set(body, 4);
	view.setUint32(body.length + 4, crc32(body));
	return frame;
}

export function crc32(bytes: Uint8Array): number {
	let crc = 0xffffffff;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return (crc ^ 0xffffffff) >>> 0;
}
