// The length of a FLAC file.
import type { AudioLength } from "./audio-length";

/** How long the description of the stream is with what stands before it, in bytes. */
const HEAD_BYTES = 42;
/** Samples of a block, by the bits of a frame's header; those that the frame itself says are 0. */
const BLOCKS = [0, 192, 576, 1152, 2304, 4608, 0, 0, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768];
/** In hertz, by the bits of a frame's header; 0 where the stream's own holds, or the frame says it. */
const RATES = [0, 88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 0, 0, 0];
/** Frame headers are no longer, in bytes. */
const MAX_HEADER_BYTES = 16;

/**
 * Counts the samples of every frame whose header has its check sum: a decoder plays no others, and hardly any bytes
 * within a frame look like one.
 */
export function flacLength(view: DataView): AudioLength | null {
	if (view.byteLength < HEAD_BYTES) return null;
	const rate = view.getUint32(18) >>> 12;
	const total = (view.getUint8(21) & 15) * 2 ** 32 + view.getUint32(22);
	if (rate === 0) return null;
	const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
	let mostMs = 0;
	for (let at = bytes.indexOf(0xff, HEAD_BYTES); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
		if (((bytes[at + 1] ?? 0) & 0xfe) === 0xf8) mostMs += frameMs(bytes.subarray(at, at + MAX_HEADER_BYTES), rate);
	}
	if (mostMs === 0) return null;
	return { ms: total === 0 ? mostMs : Math.min((total * 1000) / rate, mostMs), mostMs };
}

/** How long the frame is that begins here; 0 where none does. */
function frameMs(header: Uint8Array, streamRate: number): number {
	const [, , third = 0, fourth = 0, fifth = 0] = header;
	if ((fourth & 1) !== 0) return 0;
	const block = third >>> 4;
	const rateBits = third & 15;
	if (block === 0 || rateBits === 15) return 0;
	// A number in the manner of UTF-8 stands before what the frame says itself.
	const ones = Math.clz32(~(fifth << 24));
	let at = 4 + Math.max(1, ones);
	if (ones === 1 || ones > 7) return 0;
	let samples = BLOCKS[block] ?? 0;
	if (block === 6) samples = (header[at++] ?? 0) + 1;
	else if (block === 7) samples = (header[at++] ?? 0) * 256 + (header[at++] ?? 0) + 1;
	let rate = RATES[rateBits] || streamRate;
	if (rateBits === 12) rate = (header[at++] ?? 0) * 1000;
	else if (rateBits > 12) rate = ((header[at++] ?? 0) * 256 + (header[at++] ?? 0)) * (rateBits === 14 ? 10 : 1);
	if (at >= header.length || rate === 0 || crc8(header.subarray(0, at)) !== header[at]) return 0;
	return (samples * 1000) / rate;
}

/** With the polynomial x⁸ + x² + x + 1. */
function crc8(bytes: Uint8Array): number {
	let crc = 0;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x80 ? 0x07 : 0)) & 0xff;
	}
	return crc;
}
