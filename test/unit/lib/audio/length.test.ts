import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { audioFacts } from "#lib/audio/length";
import { wavHeader } from "#lib/audio/wav-header";
import { type SoundFormat, silenceAs } from "#simulator/model/sound";
import { cases } from "#test/support/scale";
import { box, bytesOf, flac, le, m4a, u32, vorbis, webm } from "./files";

const SECOND = 1000;

describe("the length of sound", () => {
	it.each(["mp3", "aac", "opus", "wav"] as SoundFormat[])(
		"is read from %s, and no more than that is held",
		(format) => {
			for (const ms of [SECOND, 12_345, 100_000]) {
				const { ms: read, mostMs, isRead } = audioFacts(bytesOf(...silenceAs(format, ms)));
				expect(isRead).toBe(true);
				expect(read - ms).toBeGreaterThanOrEqual(0);
				expect(read - ms).toBeLessThan(50);
				expect(mostMs).toBeLessThanOrEqual(read + 50);
			}
		},
	);

	it.each([
		["Vorbis", vorbis(100, 44_100), "ogg", 1_000, 2_322],
		["FLAC", flac(100, 44_100 * 9), "flac", 9_000, 9_288],
		["AAC in MP4", m4a(430, 9_900), "mp4", 9_900, 9_985],
		["Opus as a browser records it", webm(150), "webm", 3_000, 3_000],
	])("is read from %s", (_, file, container, ms, mostMs) => {
		expect(audioFacts(file)).toEqual({ container, isRead: true, ms, mostMs });
	});

	it.each([
		["WAV that names no length", bytesOf(wavHeader(16_000), new Uint8Array(64_000)), 2_000, 2_000],
		["WAV that names a shorter one", bytesOf(wavHeader(16_000, 32_000), new Uint8Array(64_000)), 1_000, 2_000],
		["FLAC that names a shorter one", flac(100, 44_100), 1_000, 9_288],
		["FLAC that names none", flac(100, 0), 9_288, 9_288],
		["MP4 that names a shorter one", m4a(430, 100), 100, 9_985],
		["MP4 that names none", m4a(430, 0), 9_985, 9_985],
		["Vorbis that names a shorter one", vorbis(100, 441), 10, 2_322],
	])("is at most what a decoder plays of %s", (_, file, ms, mostMs) => {
		expect(audioFacts(file)).toMatchObject({ isRead: true, ms, mostMs });
	});

	it("passes over a tag before the first frame, and counts what stands between frames", () => {
		const sound = bytesOf(...silenceAs("mp3", SECOND));
		const tag = bytesOf("ID3", [4, 0, 0, 0, 0, 1, 0], new Uint8Array(128));
		const plain = audioFacts(sound);
		expect(audioFacts(bytesOf(tag, sound))).toEqual(plain);
		const { ms, mostMs } = audioFacts(bytesOf(sound, new Uint8Array(500), sound));
		// A frame that is followed by no other is taken for part of what stands between.
		expect(ms).toBe(2 * plain.ms - 24);
		expect(mostMs).toBe(ms + 500 + 96);
	});

	it("is that of fragments where a file is in fragments", () => {
		const run = box("trun", u32(0), u32(215));
		const whole = m4a(0, 0);
		const facts = audioFacts(bytesOf(whole, box("moof", box("traf", run)), box("moof", box("traf", run))));
		expect(facts).toMatchObject({ isRead: true, mostMs: 9_985 });
	});

	it.each([
		["compressed WAV", bytesOf("RIFF", le(0, 4), "WAVEfmt ", le(16, 4), le(0x55, 2), le(0, 14), "data", le(0, 4)), 600],
		["an MP3 of no frames", bytesOf("ID3", new Uint8Array(997)), 1_000],
		["Vorbis in WebM", webm(10, "A_VORBIS"), 32],
		["a codec in MP4 that is not known", bytesOf(box("ftyp"), box("moov")), 32],
		["no known kind of file", new Uint8Array(640), 32],
	])("is, of %s, what the file has at the lowest bitrate", (_, file, bytesPerSecond) => {
		const { isRead, mostMs } = audioFacts(file);
		expect(isRead).toBe(false);
		expect(mostMs).toBe(Math.ceil((file.byteLength * SECOND) / bytesPerSecond));
	});

	it("is never less than nothing or more than the most, whatever the bytes", () => {
		const heads = fc.constantFrom(
			...[bytesOf(wavHeader(8_000)), vorbis(3, 9), flac(2, 9), m4a(3, 9), webm(3), bytesOf("ID3"), bytesOf("OggS")],
			...(["mp3", "aac", "opus"] as const).map((format) => bytesOf(...silenceAs(format, 100))),
		);
		const files = fc.tuple(heads, fc.nat({ max: 200 }), fc.uint8Array({ maxLength: 60 })).map(([head, at, noise]) => {
			const from = Math.min(at, head.length);
			return bytesOf(head.subarray(0, from), noise, head.subarray(from));
		});
		fc.assert(
			fc.property(files, (file) => {
				const { ms, mostMs } = audioFacts(file);
				expect(Number.isSafeInteger(ms) && Number.isSafeInteger(mostMs)).toBe(true);
				expect(ms).toBeGreaterThanOrEqual(0);
				expect(mostMs).toBeGreaterThanOrEqual(ms);
			}),
			{ numRuns: cases(1_000) },
		);
	});
});
