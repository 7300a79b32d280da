// Makes small MP4 files: every box of a film's header is real, so that players and tests read its length and size.
import { joinedBytes } from "#lib/text-bytes";

/** Ticks in a second. */
const TIMESCALE = 1_000;

/** A film of that size in pixels and that length in seconds; what it shows is noise of its seed. */
export function mp4(width: number, height: number, seconds: number, seed: string): Uint8Array<ArrayBuffer> {
	const duration = seconds * TIMESCALE;
	const head = box("ftyp", ascii("isom"), u32(0x200), ascii("isomiso2mp41"));
	const movie = box("mvhd", u32(0), u32(0), u32(0), u32(TIMESCALE), u32(duration), u32(0x10000), zeros(76), u32(2));
	const track = box(
		"trak",
		box("tkhd", u32(7), zeros(8), u32(1), u32(0), u32(duration), zeros(52), u32(width << 16), u32(height << 16)),
	);
	return joinedBytes([head, box("moov", movie, track), box("mdat", noise(seed))]);
}

function box(kind: string, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
	const content = joinedBytes(parts);
	return joinedBytes([u32(content.byteLength + 8), ascii(kind), content]);
}

function u32(value: number): Uint8Array {
	const bytes = new Uint8Array(4);
	new DataView(bytes.buffer).setUint32(0, value);
	return bytes;
}

function ascii(text: string): Uint8Array {
	return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function zeros(count: number): Uint8Array {
	return new Uint8Array(count);
}

/** The bytes of the film itself. */
const NOISE_BYTES = 64 * 1024;

function noise(seed: string): Uint8Array {
	const bytes = new Uint8Array(NOISE_BYTES);
	let state = [...seed].reduce((sum, character) => (Math.imul(sum, 31) + character.charCodeAt(0)) | 0, 7);
	for (let at = 0; at < bytes.length; at++) {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
		bytes[at] = state >>> 24;
	}
	return bytes;
}
