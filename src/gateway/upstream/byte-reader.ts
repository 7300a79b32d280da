/** Reads a body from the network with as little work as the runtime allows. */

/** The most that is read of a body at once, in bytes. */
const MAX_PIECE_BYTES = 16 * 1024;
/** The runtime's own pieces are no larger, in bytes. */
const RUNTIME_PIECE_BYTES = 4 * 1024;

/** A body that is read piece by piece. */
export interface ByteReader {
	/**
	 * The next piece, good until the next call where memory is reused; null at the end. Throws what reading the body
	 * throws.
	 */
	next(): Promise<Uint8Array | null>;
	/** Whether the memory of a piece is that of the next one: who keeps it has to copy it. */
	readonly isReused: boolean;
	cancel(): Promise<void>;
}

/**
 * Reads a body: in the runtime's own pieces, which cost least while little comes at a time, and as soon as one of them
 * is full, which says that more is waiting, into a larger buffer.
 */
export function byteReaderOf(body: ReadableStream<Uint8Array>): ByteReader {
	const reader = body.getReader();
	let rest: ByteReader | null = null;
	let isFull = false;
	return {
		get isReused() {
			return rest?.isReused ?? false;
		},
		next: async () => {
			if (isFull && rest === null) {
				reader.releaseLock();
				rest = largePieces(body);
			}
			if (rest !== null) return rest.next();
			const { done, value } = await reader.read();
			if (done) return null;
			isFull = value.byteLength >= RUNTIME_PIECE_BYTES;
			return value;
		},
		cancel: () => (rest ?? reader).cancel(),
	};
}

function largePieces(body: ReadableStream<Uint8Array>): ByteReader {
	let reader: ReadableStreamBYOBReader;
	try {
		reader = body.getReader({ mode: "byob" });
	} catch {
		return plainPieces(body.getReader());
	}
	/** A read takes the buffer away and its piece brings it back. */
	let buffer: ArrayBuffer | null = null;
	return {
		isReused: true,
		next: async () => {
			const view = new Uint8Array(buffer ?? new ArrayBuffer(MAX_PIECE_BYTES));
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
		isReused: false,
		next: async () => {
			const { done, value } = await reader.read();
			return done ? null : value;
		},
		cancel: () => reader.cancel(),
	};
}
