/** Reads a body from the network with as few copies as the runtime allows. */

/** The most that is read of a body at once, in bytes. */
const PIECE = 16 * 1024;

/** A body that is read piece by piece. */
export interface ByteReader {
	/**
	 * The next piece, which is good until the next call; null at the end. Throws what reading the body throws.
	 */
	next(): Promise<Uint8Array | null>;
	cancel(): Promise<void>;
}

/**
 * Reads a body. What comes over a network is read into a buffer of our own, because every read costs and the runtime's
 * are of 4 KiB.
 */
export function byteReaderOf(body: ReadableStream<Uint8Array>): ByteReader {
	let reader: ReadableStreamBYOBReader;
	try {
		reader = body.getReader({ mode: "byob" });
	} catch {
		return plainPieces(body.getReader());
	}
	/** A read takes the buffer away and its piece brings it back. */
	let buffer: ArrayBuffer | null = null;
	return {
		next: async () => {
			const view = new Uint8Array(buffer ?? new ArrayBuffer(PIECE));
			buffer = null;
			const { done, value } = await reader.read(view);
			if (done) return null;
			buffer = value.buffer;
			return value;
		},
		cancel: () => reader.cancel(),
	};
}

/** A stream that was made of objects hands out what it has. */
function plainPieces(reader: ReadableStreamDefaultReader<Uint8Array>): ByteReader {
	return {
		next: async () => {
			const { done, value } = await reader.read();
			return done ? null : value;
		},
		cancel: () => reader.cancel(),
	};
}
