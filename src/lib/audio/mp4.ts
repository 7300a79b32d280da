// The length of the sound in an MP4 file, whole or in fragments.

import type { AudioLength } from "./audio-length";
import { AAC_RATES, AAC_SAMPLES } from "./frames";
import { MAX_OPUS_PACKET_MS } from "./opus";

/** Boxes that hold boxes on the way to what is looked for. */
const HOLDERS: ReadonlySet<string> = new Set(["moov", "trak", "mdia", "minf", "stbl", "moof", "traf"]);
const BOX_HEADER_BYTES = 8;
/** The lowest rate of AAC, in hertz: what holds where its own cannot be read. */
const LOWEST_RATE = AAC_RATES.at(-1) ?? AAC_SAMPLES;
/** Samples of a frame of Apple's lossless codec. */
const ALAC_SAMPLES = 4096;
/** Where the description of a track's sound has its rate and what is beyond it, in bytes. */
const ENTRY_RATE_AT = 32;
const ENTRY_BYTES = 36;

/** What was read on the way. */
interface Found {
	/** Frames of all tracks of sound, or of all tracks in fragments. */
	frames: number;
	/** How long a frame is at most, in milliseconds; null for a codec that is not known. */
	frameMs: number | null;
	/** As tracks of sound say. */
	ms: number;
	/** Of the track that is being read. */
	isSound: boolean;
	trackMs: number;
}

/** Every frame that a decoder plays is listed. Null for sound of a codec that is not known. */
export function mp4Length(view: DataView): AudioLength | null {
	const found: Found = { frames: 0, frameMs: 0, ms: 0, isSound: false, trackMs: 0 };
	walk(view, 0, view.byteLength, found, 0);
	if (found.frameMs === null || found.frameMs === 0 || found.frames === 0) return null;
	const mostMs = found.frames * found.frameMs;
	return { ms: found.ms === 0 ? mostMs : Math.min(found.ms, mostMs), mostMs };
}

function walk(view: DataView, from: number, to: number, found: Found, depth: number): void {
	for (let at = from; at + BOX_HEADER_BYTES <= to; ) {
		const named = view.getUint32(at);
		// 1: the length stands behind the name, in eight bytes. 0: until the end.
		const isLong = named === 1 && at + 16 <= to;
		const size = isLong ? Number(view.getBigUint64(at + 8)) : named === 0 ? to - at : named;
		const name = nameAt(view, at + 4);
		const begin = at + (isLong ? 16 : BOX_HEADER_BYTES);
		const end = Math.min(at + size, to);
		if (size < BOX_HEADER_BYTES || begin > end) return;
		if (HOLDERS.has(name) && depth < HOLDERS.size) {
			if (name === "trak") Object.assign(found, { isSound: false, trackMs: 0 });
			walk(view, begin, end, found, depth + 1);
		} else readBox(name, new DataView(view.buffer, view.byteOffset + begin, end - begin), found);
		at = end;
	}
}

function nameAt(view: DataView, at: number): string {
	let name = "";
	for (let byte = at; byte < at + 4; byte++) name += String.fromCharCode(view.getUint8(byte));
	return name;
}

function readBox(name: string, box: DataView, found: Found): void {
	const length = box.byteLength;
	if (name === "mdhd" && length >= 24) found.trackMs = headerMs(box);
	else if (name === "hdlr" && length >= 12) {
		// "soun"
		found.isSound = box.getUint32(8) === 0x736f756e;
		if (found.isSound) found.ms = Math.max(found.ms, found.trackMs);
	} else if (name === "stsd" && length >= 16 && found.isSound) {
		const ms = frameMsOf(box);
		found.frameMs = ms === null || found.frameMs === null ? null : Math.max(found.frameMs, ms);
	} else if (name === "stsz" && length >= 12 && found.isSound) found.frames += box.getUint32(8);
	else if (name === "stz2" && length >= 12 && found.isSound) found.frames += box.getUint32(8);
	else if (name === "trun" && length >= 8) found.frames += box.getUint32(4);
}

/** In a later version of the box its numbers are longer. All ones mean that the length is not known. */
function headerMs(box: DataView): number {
	const isLong = box.getUint8(0) === 1 && box.byteLength >= 36;
	const scale = box.getUint32(isLong ? 20 : 12);
	const duration = isLong ? Number(box.getBigUint64(24)) : box.getUint32(16);
	const isUnknown = duration === 0xffffffff || duration > Number.MAX_SAFE_INTEGER;
	return scale === 0 || isUnknown ? 0 : (duration * 1000) / scale;
}

/** How long a frame is by the first description of a track's sound; null for a codec that is not known. */
function frameMsOf(box: DataView): number | null {
	const codec = box.getUint32(12);
	const rate = box.byteLength >= 8 + ENTRY_RATE_AT + 2 ? box.getUint16(8 + ENTRY_RATE_AT) : 0;
	switch (codec) {
		// "mp4a"
		case 0x6d703461:
			return (AAC_SAMPLES * 1000) / aacRate(box);
		// "alac"
		case 0x616c6163:
			return (ALAC_SAMPLES * 1000) / (rate || LOWEST_RATE);
		// "Opus"
		case 0x4f707573:
			return MAX_OPUS_PACKET_MS;
		default:
			return null;
	}
}

/** What a decoder of AAC goes by is within the box "esds", behind three nested descriptions. */
function aacRate(box: DataView): number {
	for (let at = 8 + ENTRY_BYTES; at + BOX_HEADER_BYTES <= box.byteLength; at++) {
		if (box.getUint32(at) !== 0x65736473) continue;
		for (let tag = at + BOX_HEADER_BYTES; tag + 3 < box.byteLength; tag++) {
			// The innermost description: its tag, its length in one or more bytes, and the setting itself.
			if (box.getUint8(tag) !== 0x05) continue;
			let value = tag + 1;
			while (value + 2 < box.byteLength && (box.getUint8(value) & 0x80) !== 0) value++;
			if (value + 3 > box.byteLength) return LOWEST_RATE;
			const setting = box.getUint16(value + 1);
			return setting >>> 11 === 31 ? LOWEST_RATE : (AAC_RATES[(setting >>> 7) & 15] ?? LOWEST_RATE);
		}
	}
	return LOWEST_RATE;
}
