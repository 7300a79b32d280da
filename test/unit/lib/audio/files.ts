// Files of sound as encoders write them, small and by hand.

/** Bytes one after another. */
export function bytesOf(...pieces: (Uint8Array | readonly number[] | string)[]): Uint8Array {
	const all = pieces.flatMap((piece) =>
		typeof piece === "string" ? [...piece].map((letter) => letter.charCodeAt(0)) : [...piece],
	);
	return Uint8Array.from(all);
}

export function u32(value: number): number[] {
	return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

export function le(value: number, bytes: number): number[] {
	return Array.from({ length: bytes }, (_, at) => Math.floor(value / 2 ** (8 * at)) % 256);
}

/** A page of Ogg whose packets are all shorter than a segment. */
export function oggPage(granule: number, packets: readonly Uint8Array[]): Uint8Array {
	const head = ["OggS", [0, 0], le(granule, 8), le(7, 4), le(0, 4), le(0, 4), [packets.length]] as const;
	return bytesOf(
		...head,
		packets.map(({ length }) => length),
		...packets,
	);
}

/** Vorbis of `packets` packets, with blocks of 256 and 2048 samples. */
export function vorbis(packets: number, granule: number): Uint8Array {
	const ident = bytesOf("\x01vorbis", le(0, 4), [1], le(44_100, 4), le(0, 12), [0xb8, 1]);
	const headers = [ident, bytesOf("\x03vorbis"), bytesOf("\x05vorbis")];
	return bytesOf(
		oggPage(0, headers),
		oggPage(
			granule,
			Array.from({ length: packets }, () => Uint8Array.of(1)),
		),
	);
}

/** A FLAC file of frames of 4,096 samples at 44.1 kHz; `total` is what its head says. */
export function flac(frames: number, total: number): Uint8Array {
	const info = [...le(0, 10), ...u32((44_100 << 12) | (15 << 4)), ...u32(total)];
	const frame = [0xff, 0xf8, 0xc9, 0x18, 0x00];
	return bytesOf(
		"fLaC",
		u32(0x80000022),
		info,
		Array.from({ length: 16 }, () => 0),
		...Array.from({ length: frames }, () => [...frame, crc8(frame), 0, 0, 0, 0]),
	);
}

function crc8(bytes: readonly number[]): number {
	let crc = 0;
	for (const byte of bytes) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x80 ? 0x07 : 0)) & 0xff;
	}
	return crc;
}

export function box(name: string, ...content: (Uint8Array | readonly number[])[]): Uint8Array {
	const inside = bytesOf(...content);
	return bytesOf(u32(inside.length + 8), name, inside);
}

/** AAC at 44.1 kHz in MP4; `ms` is what its header says. */
export function m4a(frames: number, ms: number): Uint8Array {
	const mdhd = box("mdhd", u32(0), u32(0), u32(0), u32(1000), u32(ms), u32(0));
	const hdlr = box("hdlr", u32(0), u32(0), bytesOf("soun"), le(0, 12));
	// AAC-LC, 44.1 kHz: 00010 0100.
	const esds = box("esds", u32(0), [0x03, 0x19, 0, 1, 0, 0x04, 0x11, 0x40, 0x15], le(0, 11), [0x05, 2, 0x12, 0x10]);
	const entry = box("mp4a", le(0, 16), [0, 2, 0, 16], le(0, 4), u32(44_100 * 65_536), esds);
	const stsd = box("stsd", u32(0), u32(1), entry);
	const stsz = box("stsz", u32(0), u32(0), u32(frames));
	const stbl = box("stbl", stsd, stsz);
	const trak = box("trak", box("mdia", mdhd, hdlr, box("minf", stbl)));
	return bytesOf(box("ftyp", bytesOf("M4A ")), box("moov", trak), box("mdat", le(0, 64)));
}

/** An element of EBML of a length below 127, or of one that is not known. */
export function element(id: readonly number[], content: Uint8Array | readonly number[], isOpen = false): Uint8Array {
	return bytesOf(id, isOpen ? [0xff] : [0x80 | content.length], content);
}

/** Opus in WebM as a browser records it, in packets of 20 ms. */
export function webm(packets: number, codec = "A_OPUS"): Uint8Array {
	const block = element([0xa3], [0x81, 0, 0, 0x80, 0xf8, 0xff, 0xfe]);
	const tracks = element([0x16, 0x54, 0xae, 0x6b], element([0xae], element([0x86], bytesOf(codec))));
	const cluster = element(
		[0x1f, 0x43, 0xb6, 0x75],
		bytesOf(element([0xe7], [0]), ...Array.from({ length: packets }, () => block)),
		true,
	);
	return bytesOf(
		element([0x1a, 0x45, 0xdf, 0xa3], element([0x42, 0x82], bytesOf("webm"))),
		element([0x18, 0x53, 0x80, 0x67], bytesOf(tracks, cluster), true),
	);
}
