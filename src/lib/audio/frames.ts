// The length of sound that is a row of frames, each with a header of its own: MP3, and AAC as ADTS.
import type { AudioLength } from "./audio-length";

/** What a frame's header says; null where there is none. */
type FrameReader = (view: DataView, at: number) => { readonly bytes: number; readonly ms: number } | null;

/** In kbit/s, by the bits of a header; 0 where they say none. */
const V1_LAYER_1 = [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 0];
const V1_LAYER_2 = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0];
const V1_LAYER_3 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0];
const V2_LAYER_1 = [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 0];
const V2_LAYER_2_3 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0];
/** In hertz, of MPEG 1; of MPEG 2 half, of 2.5 a quarter of it. */
const MPEG_RATES = [44_100, 48_000, 32_000, 0];
const MPEG_HEADER_BYTES = 4;
export const AAC_RATES: readonly number[] = [
	...[96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000],
	...[22_050, 16_000, 12_000, 11_025, 8_000, 7_350],
];
export const AAC_SAMPLES = 1024;
const ADTS_HEADER_BYTES = 7;
const ID3_HEADER_BYTES = 10;
/** Of what is no frame the gateway looks at no more than this, in bytes: each byte costs a look. */
const MAX_SEARCHED_BYTES = 1024 * 1024;

/**
 * Walks over the frames. What stands between them may be a tag, or frames that another decoder finds: in the most it
 * counts at `leastBytes` a second. Null where there is no frame at all.
 */
export function framesLength(view: DataView, read: FrameReader, leastBytes: number): AudioLength | null {
	let ms = 0;
	let between = 0;
	for (let at = id3Bytes(view); at < view.byteLength; ) {
		const frame = read(view, at);
		const next = frame === null ? at : at + frame.bytes;
		// A frame is followed by another, or by the end: else these bytes only look like one.
		if (frame !== null && (next >= view.byteLength - MPEG_HEADER_BYTES || read(view, next) !== null)) {
			ms += frame.ms;
			at = next;
		} else if (between < MAX_SEARCHED_BYTES) {
			between++;
			at++;
		} else {
			between += view.byteLength - at;
			break;
		}
	}
	return ms === 0 ? null : { ms, mostMs: ms + (between * 1000) / leastBytes };
}

/** A tag before the first frame, which every decoder passes over. */
function id3Bytes(view: DataView): number {
	if (view.byteLength < ID3_HEADER_BYTES || view.getUint32(0) >>> 8 !== 0x494433) return 0;
	let size = 0;
	for (let at = 6; at < ID3_HEADER_BYTES; at++) size = (size << 7) | (view.getUint8(at) & 0x7f);
	return ID3_HEADER_BYTES + size;
}

export function mp3Frame(view: DataView, at: number): ReturnType<FrameReader> {
	if (at + MPEG_HEADER_BYTES > view.byteLength) return null;
	const header = view.getUint32(at);
	if (header >>> 21 !== 0x7ff) return null;
	const version = (header >>> 19) & 3;
	const layer = 4 - ((header >>> 17) & 3);
	const isV1 = version === 3;
	if (version === 1 || layer === 4) return null;
	const table = isV1 ? [V1_LAYER_1, V1_LAYER_2, V1_LAYER_3][layer - 1] : layer === 1 ? V2_LAYER_1 : V2_LAYER_2_3;
	const kbits = table?.[(header >>> 12) & 15] ?? 0;
	const rate = (MPEG_RATES[(header >>> 10) & 3] ?? 0) / (isV1 ? 1 : version === 2 ? 2 : 4);
	if (kbits === 0 || rate === 0) return null;
	const padding = (header >>> 9) & 1;
	const samples = layer === 1 ? 384 : layer === 3 && !isV1 ? 576 : 1152;
	const slots = Math.floor((samples / (layer === 1 ? 32 : 8)) * ((kbits * 1000) / rate)) + padding;
	return { bytes: layer === 1 ? slots * 4 : slots, ms: (samples * 1000) / rate };
}

export function aacFrame(view: DataView, at: number): ReturnType<FrameReader> {
	if (at + ADTS_HEADER_BYTES > view.byteLength || (view.getUint16(at) & 0xfff6) !== 0xfff0) return null;
	const rate = AAC_RATES[(view.getUint8(at + 2) >>> 2) & 15];
	const bytes = (view.getUint32(at + 3) >>> 13) & 0x1fff;
	if (rate === undefined || bytes < ADTS_HEADER_BYTES) return null;
	const blocks = (view.getUint8(at + 6) & 3) + 1;
	return { bytes, ms: (blocks * AAC_SAMPLES * 1000) / rate };
}
