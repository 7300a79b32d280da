// The length of the sound in a WebM file, also of one that was written as it was recorded.
import type { AudioLength } from "./audio-length";
import { MAX_OPUS_PACKET_MS, opusPacketMs } from "./opus";

/** Elements that hold others; their lengths need not be known, since what they hold follows them. */
const HOLDERS: ReadonlySet<number> = new Set([
	...[0x18538067, 0x1549a966, 0x1654ae6b, 0xae, 0x1f43b675, 0xa0], // Segment, Info, Tracks, TrackEntry, Cluster, BlockGroup
]);
const SCALE = 0x2ad7b1;
const DURATION = 0x4489;
const CODEC = 0x86;
const SIMPLE_BLOCK = 0xa3;
const BLOCK = 0xa1;
/** Nanoseconds of a tick unless the file says otherwise. */
const DEFAULT_SCALE = 1_000_000;
const NANOSECONDS = 1_000_000;
/** Of a block's flags: several frames are laced together. */
const LACED = 0x06;

/** Sums up the packets of Opus. Null where a track is of another codec, or where nothing is found. */
export function webmLength(view: DataView): AudioLength | null {
	let scale = DEFAULT_SCALE;
	let ticks = 0;
	let mostMs = 0;
	for (let at = 0; at < view.byteLength; ) {
		const id = numberAt(view, at, true);
		const size = id === null ? null : numberAt(view, at + id.bytes, false);
		if (id === null || size === null) break;
		const from = at + id.bytes + size.bytes;
		const to = Math.min(from + size.value, view.byteLength);
		if (HOLDERS.has(id.value)) {
			at = from;
			continue;
		}
		if (id.value === SCALE) scale = unsigned(view, from, to) || DEFAULT_SCALE;
		else if (id.value === DURATION) ticks = float(view, from, to);
		else if (id.value === CODEC && textOf(view, from, to).trim() !== "A_OPUS") return null;
		else if (id.value === SIMPLE_BLOCK || id.value === BLOCK) mostMs += blockMs(view, from, to);
		at = to;
	}
	if (mostMs === 0) return null;
	const shown = (ticks * scale) / NANOSECONDS;
	return { ms: shown > 0 ? Math.min(shown, mostMs) : mostMs, mostMs };
}

/** A number whose first byte says by its first one how long it is; of an id that bit is kept. */
function numberAt(view: DataView, at: number, keepsMark: boolean): { value: number; bytes: number } | null {
	if (at >= view.byteLength) return null;
	const first = view.getUint8(at);
	const bytes = Math.clz32(first) - 23;
	if (bytes > 8 || at + bytes > view.byteLength) return null;
	let value = keepsMark ? first : first & (0xff >>> bytes);
	for (let next = 1; next < bytes; next++) value = value * 256 + view.getUint8(at + next);
	return { value, bytes };
}

/** A block: the number of its track, a time, flags, and a packet, or several laced together. */
function blockMs(view: DataView, from: number, to: number): number {
	const track = numberAt(view, from, false);
	if (track === null) return 0;
	const flags = from + track.bytes + 2;
	if (flags + 1 >= to) return 0;
	if ((view.getUint8(flags) & LACED) !== 0) return (view.getUint8(flags + 1) + 1) * MAX_OPUS_PACKET_MS;
	return opusPacketMs(view.getUint8(flags + 1), flags + 2 < to ? view.getUint8(flags + 2) : undefined);
}

function unsigned(view: DataView, from: number, to: number): number {
	let value = 0;
	for (let at = from; at < to; at++) value = value * 256 + view.getUint8(at);
	return value;
}

function float(view: DataView, from: number, to: number): number {
	const value = to - from === 4 ? view.getFloat32(from) : to - from === 8 ? view.getFloat64(from) : 0;
	return Number.isFinite(value) && value > 0 ? value : 0;
}

function textOf(view: DataView, from: number, to: number): string {
	let text = "";
	for (let at = from; at < Math.min(to, from + 32); at++) text += String.fromCharCode(view.getUint8(at));
	return text.replaceAll("\0", " ");
}
