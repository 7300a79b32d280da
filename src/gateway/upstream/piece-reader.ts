// Reads an upstream's answer that is bytes as they are made.
import type { CanonicalChunk } from "#operations/operation";
import type { PieceDecoder } from "#providers/adapter";
import { type ByteReader, byteReaderOf } from "./byte-reader";
import { reading } from "./own-mistake";

/** Reads a body that is no events as canonical chunks. */
export class PieceReader {
	readonly #pieces: ByteReader;
	readonly #decoder: PieceDecoder;
	#ended = false;
	#bytesRead = 0;

	constructor(body: ReadableStream<Uint8Array>, decoder: PieceDecoder) {
		this.#pieces = byteReaderOf(body);
		this.#decoder = decoder;
	}

	/** Of the body until now. */
	get bytesRead(): number {
		return this.#bytesRead;
	}

	/**
	 * The next chunks, at least one; null at the end. Throws `UpstreamError`, `OwnMistake`, or what reading the body
	 * throws.
	 */
	async next(): Promise<CanonicalChunk[] | null> {
		for (;;) {
			if (this.#ended) return null;
			const piece = await this.#pieces.next();
			this.#ended = piece === null;
			this.#bytesRead += piece?.byteLength ?? 0;
			// A copy: the reader uses the memory of a piece again.
			const chunks = reading(() => (piece === null ? this.#decoder.end() : this.#decoder.push(piece.slice())));
			if (chunks.length > 0) return chunks;
		}
	}

	async cancel(): Promise<void> {
		// The connection may be gone already, which is what we want.
		await this.#pieces.cancel().catch(() => {});
	}
}
