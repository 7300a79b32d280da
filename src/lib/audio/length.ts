/**
 * How long sound is, read from its file: about how long, and at most. What a file's header says of its length is only
 * its word; the most is counted from what a decoder plays, so that no file can be longer than it seems.
 */

import type { AudioLength } from "./audio-length";
import { flacLength } from "./flac";
import { aacFrame, framesLength, mp3Frame } from "./frames";
import { mp4Length } from "./mp4";
import { oggLength } from "./ogg";
import { wavLength } from "./wav";
import { webmLength } from "./webm";

export type AudioContainer = "wav" | "mp3" | "aac" | "ogg" | "flac" | "mp4" | "webm";

export interface AudioFacts extends AudioLength {
	/** Null for a file of no known kind. */
	readonly container: AudioContainer | null;
	/** Whether the length was read; else it is what the file has at the lowest bitrate that its format allows. */
	readonly isRead: boolean;
}

/**
 * The fewest bytes that a second of sound takes: of MP3 and AAC by their lowest bitrate of 8 kbit/s, of WAV with the
 * speech codec G.723.1, which is the lowest that it holds; of the others, and of what is not known, silence at the
 * lowest rate of Opus.
 */
const LEAST_BYTES_PER_SECOND: Readonly<Record<AudioContainer | "unknown", number>> = {
	wav: 600,
	mp3: 1_000,
	aac: 64,
	ogg: 32,
	flac: 32,
	mp4: 32,
	webm: 32,
	unknown: 32,
};

/** Whatever bytes these are; nothing is thrown. */
export function audioFacts(bytes: Uint8Array): AudioFacts {
	const container = containerOf(bytes);
	const read = container === null ? null : lengthIn(container, bytes);
	if (read !== null) return { container, isRead: true, ms: Math.ceil(read.ms), mostMs: Math.ceil(read.mostMs) };
	const mostMs = Math.ceil((bytes.byteLength * 1000) / LEAST_BYTES_PER_SECOND[container ?? "unknown"]);
	return { container, isRead: false, ms: mostMs, mostMs };
}

/** Null where it cannot be read. */
function lengthIn(container: AudioContainer, bytes: Uint8Array): AudioLength | null {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	switch (container) {
		case "wav":
			return wavLength(view);
		case "mp3":
			return framesLength(view, mp3Frame, LEAST_BYTES_PER_SECOND.mp3);
		case "aac":
			return framesLength(view, aacFrame, LEAST_BYTES_PER_SECOND.aac);
		case "ogg":
			return oggLength(view);
		case "flac":
			return flacLength(view);
		case "mp4":
			return mp4Length(view);
		case "webm":
			return webmLength(view);
	}
}

/** By how a file begins; null for no known kind. */
function containerOf(bytes: Uint8Array): AudioContainer | null {
	const begins = (text: string, at = 0) => [...text].every((letter, i) => bytes[at + i] === letter.charCodeAt(0));
	if (begins("RIFF") && begins("WAVE", 8)) return "wav";
	if (begins("OggS")) return "ogg";
	if (begins("fLaC")) return "flac";
	if (begins("ftyp", 4)) return "mp4";
	if (begins("\x1aE\xdf\xa3")) return "webm";
	if (begins("ID3")) return "mp3";
	if (bytes[0] !== 0xff) return null;
	// The two bits of the layer are 0 in AAC alone.
	const second = bytes[1] ?? 0;
	if ((second & 0xf6) === 0xf0) return "aac";
	return (second & 0xe0) === 0xe0 ? "mp3" : null;
}
