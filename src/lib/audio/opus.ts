// The length of Opus packets, whichever container they are in.

/** The longest packet, in milliseconds. */
export const MAX_OPUS_PACKET_MS = 120;

/** Of a frame, in milliseconds, by the five bits of a packet's first byte (RFC 6716, 3.1). */
function frameMs(config: number): number {
	if (config < 12) return [10, 20, 40, 60][config % 4] ?? MAX_OPUS_PACKET_MS;
	if (config < 16) return config % 2 === 0 ? 10 : 20;
	return [2.5, 5, 10, 20][config % 4] ?? MAX_OPUS_PACKET_MS;
}

/** How long a packet is that begins with these bytes; `second` is undefined where it has no more. */
export function opusPacketMs(first: number, second: number | undefined): number {
	const count = first & 3;
	const frames = count === 0 ? 1 : count < 3 ? 2 : (second ?? 0) & 0x3f;
	return Math.min(frames * frameMs(first >>> 3), MAX_OPUS_PACKET_MS);
}
