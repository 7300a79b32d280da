/** The header of a WAV file whose samples follow as they are made. */

/** What players read as "until the end". */
const UNKNOWN_SIZE = 0xffff_ffff;
const HEADER_BYTES = 44;
const BYTES_PER_SAMPLE = 2;

/** Of 16-bit samples of one channel, `rate` of them a second; `bytes` of them, where that is known. */
export function wavHeader(rate: number, bytes: number | null = null): Uint8Array {
	const header = new Uint8Array(HEADER_BYTES);
	const view = new DataView(header.buffer);
	const write = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
	write(0, "RIFF");
	view.setUint32(4, bytes === null ? UNKNOWN_SIZE : HEADER_BYTES - 8 + bytes, true);
	write(8, "WAVEfmt ");
	view.setUint32(16, 16, true);
	// Samples without compression, of one channel.
	view.setUint16(20, 1, true);
	view.setUint16(22, 1, true);
	view.setUint32(24, rate, true);
	view.setUint32(28, rate * BYTES_PER_SAMPLE, true);
	view.setUint16(32, BYTES_PER_SAMPLE, true);
	view.setUint16(34, BYTES_PER_SAMPLE * 8, true);
	write(36, "data");
	view.setUint32(40, bytes ?? UNKNOWN_SIZE, true);
	return header;
}
