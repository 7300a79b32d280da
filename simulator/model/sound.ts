/**
 * Real files of sound, all of it silence: samples and WAV, MP3 and AAC in frames, Opus in Ogg, and a FLAC file's head.
 * And how long the sound of a file is that was sent, by its own header.
 */

/** Samples a second of all that is made, in hertz. */
const RATE = 24_000;
const BYTES_PER_SAMPLE = 2;
/** Milliseconds in a second. */
const SECOND = 1000;
/** How long it takes to say a character, in milliseconds. */
const MS_PER_CHARACTER = 60;

export type SoundFormat = "mp3" | "opus" | "aac" | "flac" | "wav" | "pcm";

export const SOUND_TYPES: Readonly<Record<SoundFormat, string>> = {
	mp3: "audio/mpeg",
	opus: "audio/ogg",
	aac: "audio/aac",
	flac: "audio/flac",
	wav: "audio/wav",
	pcm: "audio/pcm",
};

/** How long a text takes to say, in milliseconds. */
export function spokenMs(text: string): number {
	return [...text].length * MS_PER_CHARACTER;
}

/** Silence in a format, in the pieces in which it is made. */
export function silenceAs(format: SoundFormat, ms: number): Uint8Array[] {
	switch (format) {
		case "mp3":
			return repeated(MP3_FRAME, Math.ceil(ms / MP3_FRAME_MS));
		case "aac":
			return repeated(AAC_FRAME, Math.ceil(ms / AAC_FRAME_MS));
		case "opus":
			return [...oggHead(), ...oggPages(Math.ceil(ms / OPUS_PACKET_MS))];
		case "flac":
			return [flacHead(ms)];
		case "wav":
			return [wavHead(samplesIn(ms) * BYTES_PER_SAMPLE), ...samples(ms)];
		case "pcm":
			return samples(ms);
	}
}

function samplesIn(ms: number): number {
	return Math.ceil((ms * RATE) / SECOND);
}

/** 16-bit samples of one channel, a fifth of a second at a time. */
export function samples(ms: number): Uint8Array[] {
	const pieces: Uint8Array[] = [];
	for (let left = samplesIn(ms); left > 0; left -= RATE / 5)
		pieces.push(new Uint8Array(Math.min(left, RATE / 5) * BYTES_PER_SAMPLE));
	return pieces;
}

function wavHead(bytes: number): Uint8Array {
	const head = new Uint8Array(44);
	const view = new DataView(head.buffer);
	head.set(ascii("RIFF"), 0);
	view.setUint32(4, 36 + bytes, true);
	head.set(ascii("WAVEfmt "), 8);
	view.setUint32(16, 16, true);
	view.setUint16(20, 1, true);
	view.setUint16(22, 1, true);
	view.setUint32(24, RATE, true);
	view.setUint32(28, RATE * BYTES_PER_SAMPLE, true);
	view.setUint16(32, BYTES_PER_SAMPLE, true);
	view.setUint16(34, 16, true);
	head.set(ascii("data"), 36);
	view.setUint32(40, bytes, true);
	return head;
}

/** MPEG 2, layer 3, 32 kbit/s, 24 kHz, one channel: what follows the header says that there is nothing to hear. */
const MP3_FRAME = Uint8Array.of(0xff, 0xf3, 0x44, 0xc4, ...new Array<number>(92).fill(0));
const MP3_FRAME_MS = 24;

/** AAC-LC, 24 kHz, one channel. */
const AAC_FRAME = Uint8Array.of(0xff, 0xf1, 0x58, 0x40, 0x01, 0xbf, 0xfc, 0x00, 0xc8, 0x00, 0x80, 0x23, 0x80);
const AAC_FRAME_MS = (1024 * SECOND) / RATE;

function repeated(frame: Uint8Array, count: number): Uint8Array[] {
	return Array.from({ length: count }, () => frame.slice());
}

const OPUS_PACKET_MS = 20;
/** Three bytes say that for 20 ms there is nothing to hear. */
const OPUS_SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe);
const OPUS_RATE = 48_000;

function oggHead(): Uint8Array[] {
	const head = Uint8Array.of(...ascii("OpusHead"), 1, 1, 0, 0, 0xc0, 0x5d, 0, 0, 0, 0, 0);
	const tags = Uint8Array.of(...ascii("OpusTags"), 9, 0, 0, 0, ...ascii("simulator"), 0, 0, 0, 0);
	return [oggPage(2, 0, 0, [head]), oggPage(0, 1, 0, [tags])];
}

/** A page for every second. */
function oggPages(packets: number): Uint8Array[] {
	const pages: Uint8Array[] = [];
	for (let done = 0; done < packets; ) {
		const count = Math.min(50, packets - done);
		done += count;
		const granule = (done * OPUS_PACKET_MS * OPUS_RATE) / SECOND;
		const packetsOfPage = Array.from({ length: count }, () => OPUS_SILENCE);
		pages.push(oggPage(done === packets ? 4 : 0, pages.length + 2, granule, packetsOfPage));
	}
	return pages;
}

/** Every packet is shorter than a segment. */
function oggPage(flags: number, sequence: number, granule: number, packets: readonly Uint8Array[]): Uint8Array {
	const size = packets.reduce((sum, { length }) => sum + length, 0);
	const page = new Uint8Array(27 + packets.length + size);
	const view = new DataView(page.buffer);
	page.set(ascii("OggS"), 0);
	page[5] = flags;
	view.setBigUint64(6, BigInt(granule), true);
	view.setUint32(14, 1, true);
	view.setUint32(18, sequence, true);
	page[26] = packets.length;
	let at = 27 + packets.length;
	for (const [index, packet] of packets.entries()) {
		page[27 + index] = packet.length;
		page.set(packet, at);
		at += packet.length;
	}
	view.setUint32(22, oggSum(page), true);
	return page;
}

/** The check sum of a page, while its own place is zero. */
function oggSum(page: Uint8Array): number {
	let sum = 0;
	for (const byte of page) {
		sum ^= byte << 24;
		for (let bit = 0; bit < 8; bit++) sum = sum & 0x8000_0000 ? (sum << 1) ^ 0x04c1_1db7 : sum << 1;
	}
	return sum >>> 0;
}

/** The description of a stream of 16-bit samples of one channel. */
function flacHead(ms: number): Uint8Array {
	const head = new Uint8Array(42);
	const view = new DataView(head.buffer);
	head.set(ascii("fLaC"), 0);
	view.setUint32(4, 0x8000_0022);
	view.setUint16(8, 4096);
	view.setUint16(10, 4096);
	view.setUint32(18, (RATE << 12) | (15 << 4));
	view.setUint32(22, samplesIn(ms));
	return head;
}

/** How long the sound of a file is, in milliseconds: of WAV and MP3 by their headers, of others by a usual bitrate. */
export function lengthOf(file: Uint8Array): number {
	const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
	const begins = (text: string) => ascii(text).every((byte, at) => file[at] === byte);
	if (begins("RIFF") && file.length > 44) {
		const declared = view.getUint32(40, true);
		return (Math.min(declared, file.length - 44) * SECOND) / Math.max(1, view.getUint32(28, true));
	}
	if (file[0] === MP3_FRAME[0] && file[1] === MP3_FRAME[1]) return Math.ceil(file.length / 96) * MP3_FRAME_MS;
	return Math.ceil(file.length / USUAL_BYTES_PER_MS);
}

/** 32 kbit/s. */
const USUAL_BYTES_PER_MS = 4;

function ascii(text: string): number[] {
	return [...text].map((letter) => letter.charCodeAt(0));
}
