// The length of a WAV file.
import type { AudioLength } from "./audio-length";

/** What a byte of the sound's file format means: tags of formats without compression. */
const PCM = 0x0001;
const FLOAT = 0x0003;
const A_LAW = 0x0006;
const MU_LAW = 0x0007;
const EXTENSIBLE = 0xfffe;
const PLAIN: readonly number[] = [PCM, FLOAT, A_LAW, MU_LAW];
/** Where chunks begin, and how long a chunk's own header is, in bytes. */
const FIRST_CHUNK = 12;
const CHUNK_HEADER_BYTES = 8;
const FORMAT_BYTES = 16;
/** Where a format that says more has its tag. */
const EXTENSIBLE_TAG_AT = 24;

/** All bytes behind the header may be played, whatever length it names. Null for sound that is compressed. */
export function wavLength(view: DataView): AudioLength | null {
	let bytesPerSecond = 0;
	for (let at = FIRST_CHUNK; at + CHUNK_HEADER_BYTES <= view.byteLength; ) {
		const name = view.getUint32(at);
		const size = view.getUint32(at + 4, true);
		const from = at + CHUNK_HEADER_BYTES;
		// "fmt ", "data"
		if (name === 0x666d7420) bytesPerSecond = rateIn(view, from);
		else if (name === 0x64617461) {
			if (bytesPerSecond === 0) return null;
			const left = view.byteLength - from;
			// A file that was written as it was made names no length, or all ones.
			const declared = size === 0 ? left : Math.min(size, left);
			return { ms: (declared * 1000) / bytesPerSecond, mostMs: (left * 1000) / bytesPerSecond };
		}
		at = from + size + (size % 2);
	}
	return null;
}

/** Bytes of a second, by what a decoder goes by; 0 for what is compressed or makes no sense. */
function rateIn(view: DataView, at: number): number {
	if (at + FORMAT_BYTES > view.byteLength) return 0;
	let tag = view.getUint16(at, true);
	if (tag === EXTENSIBLE && at + EXTENSIBLE_TAG_AT + 2 <= view.byteLength)
		tag = view.getUint16(at + EXTENSIBLE_TAG_AT, true);
	if (!PLAIN.includes(tag)) return 0;
	const channels = view.getUint16(at + 2, true);
	const rate = view.getUint32(at + 4, true);
	return channels * rate * Math.ceil(view.getUint16(at + 14, true) / 8);
}
