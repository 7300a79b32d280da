// The length of an Ogg file, with Opus or Vorbis in it.
import { greatestOf } from "#lib/list";
import type { AudioLength } from "./audio-length";
import { opusPacketMs } from "./opus";

/** How long a page's header is before its table of segments, in bytes. */
const PAGE_HEADER_BYTES = 27;
const CAPTURE = 0x4f676753;
/** A segment of this length is followed by more of the same packet. */
const WHOLE_SEGMENT = 255;
/** Packets that say what the sound is, ahead of it. */
const OPUS_HEADERS = 2;
const VORBIS_HEADERS = 3;

/** One stream in the file, as far as it was read. */
interface Track {
	readonly codec: "opus" | "vorbis";
	/** Packets that have begun. */
	packets: number;
	/** Counted from its packets: of Opus exactly, of Vorbis at most. */
	ms: number;
	/** Of Vorbis, in hertz. */
	readonly rate: number;
	/** The longest packet of Vorbis, in samples. */
	readonly longest: number;
	/** What the last page says, in samples. */
	granule: number;
}

/** Null where there is no sound in it whose packets can be counted. */
export function oggLength(view: DataView): AudioLength | null {
	const tracks = new Map<number, Track | null>();
	let goesOn = false;
	for (let at = 0; at + PAGE_HEADER_BYTES <= view.byteLength; ) {
		if (view.getUint32(at) !== CAPTURE) {
			at++;
			continue;
		}
		const serial = view.getUint32(at + 14, true);
		const segments = view.getUint8(at + 26);
		const table = at + PAGE_HEADER_BYTES;
		let from = table + segments;
		if (from > view.byteLength) break;
		if (!tracks.has(serial)) tracks.set(serial, trackOf(view, from));
		const track = tracks.get(serial) ?? null;
		for (let index = 0; index < segments; index++) {
			const size = view.getUint8(table + index);
			if (!goesOn && track !== null && from < view.byteLength) count(track, view, from, size);
			goesOn = size === WHOLE_SEGMENT;
			from += size;
		}
		if (track !== null) track.granule = Math.max(track.granule, granuleAt(view, at));
		at = from;
	}
	return longest([...tracks.values()]);
}

/** What a stream's first packet says; null for a codec that is not known. */
function trackOf(view: DataView, at: number): Track | null {
	const begins = (text: string) =>
		at + text.length <= view.byteLength &&
		[...text].every((letter, i) => view.getUint8(at + i) === letter.charCodeAt(0));
	const track = { packets: 0, ms: 0, granule: 0 };
	if (begins("OpusHead")) return { ...track, codec: "opus", rate: 48_000, longest: 0 };
	if (!begins("\x01vorbis") || at + 29 > view.byteLength) return null;
	return {
		...track,
		codec: "vorbis",
		rate: view.getUint32(at + 12, true),
		longest: 2 ** (view.getUint8(at + 28) >>> 4) / 2,
	};
}

function count(track: Track, view: DataView, at: number, size: number): void {
	track.packets++;
	if (track.packets <= (track.codec === "opus" ? OPUS_HEADERS : VORBIS_HEADERS) || size === 0) return;
	if (track.codec === "vorbis") track.ms += (track.longest * 1000) / track.rate;
	else track.ms += opusPacketMs(view.getUint8(at), at + 1 < view.byteLength ? view.getUint8(at + 1) : undefined);
}

/** All ones where no packet ends on the page. */
function granuleAt(view: DataView, at: number): number {
	const granule = view.getBigInt64(at + 6, true);
	return granule < 0n ? 0 : Number(granule);
}

function longest(tracks: readonly (Track | null)[]): AudioLength | null {
	const known = tracks.filter((track) => track !== null && track.ms > 0 && Number.isFinite(track.ms)) as Track[];
	// A stream of another codec may be the sound that is heard.
	if (known.length === 0 || known.length < tracks.length) return null;
	const mostMs = greatestOf(known.map(({ ms }) => ms));
	const shown = greatestOf(
		known.map(({ codec, ms, granule, rate }) => (codec === "opus" ? ms : (granule * 1000) / rate)),
	);
	return { ms: Math.min(shown > 0 ? shown : mostMs, mostMs), mostMs };
}
