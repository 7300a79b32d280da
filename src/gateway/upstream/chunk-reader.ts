// Reads an upstream's event stream as canonical chunks, within the bounds of time and size.
import { UpstreamError } from "#core/fault";
import { isTerminator, SseOverflow, SseParser } from "#lib/sse";
import type { CanonicalChunk } from "#operations/operation";
import type { StreamDecoder } from "#providers/adapter";
import { answerTooLarge, MAX_ANSWER_BYTES } from "./answer-limit";
import { type ByteReader, byteReaderOf } from "./byte-reader";
import { OwnMistake } from "./own-mistake";

/** Reads an upstream's event stream as canonical chunks. */
export class ChunkReader {
	readonly #pieces: ByteReader;
	readonly #decoder: StreamDecoder<CanonicalChunk>;
	readonly #parser = new SseParser();
	#ended = false;
	#bytesRead = 0;
	/** What went wrong behind chunks that still have to be delivered. */
	#failure: unknown;

	constructor(body: ReadableStream<Uint8Array>, decoder: StreamDecoder<CanonicalChunk>) {
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
		if (this.#failure !== undefined) throw this.#failure;
		const chunks: CanonicalChunk[] = [];
		const before = this.#bytesRead;
		while (chunks.length === 0) {
			if (this.#ended) return null;
			// The decoder keeps what it has not told.
			if (this.#bytesRead - before > MAX_ANSWER_BYTES) throw answerTooLarge();
			const bytes = await this.#pieces.next();
			this.#bytesRead += bytes?.byteLength ?? 0;
			try {
				if (bytes === null) this.#end(chunks);
				else this.#push(bytes, chunks);
			} catch (error) {
				this.#failure = failureOf(error);
				if (chunks.length === 0) throw this.#failure;
			}
		}
		return chunks;
	}

	async cancel(): Promise<void> {
		// The connection may be gone already, which is what we want.
		await this.#pieces.cancel().catch(() => {});
	}

	#push(bytes: Uint8Array, chunks: CanonicalChunk[]): void {
		for (const event of this.#parser.push(bytes)) {
			for (const chunk of this.#decoder.push(event)) chunks.push(chunk);
			// Some servers keep the connection open behind their terminator.
			if (isTerminator(event)) {
				this.#end(chunks);
				void this.cancel();
				return;
			}
		}
	}

	#end(chunks: CanonicalChunk[]): void {
		this.#ended = true;
		for (const event of this.#parser.end()) for (const chunk of this.#decoder.push(event)) chunks.push(chunk);
		for (const chunk of this.#decoder.end()) chunks.push(chunk);
	}
}

/** What an error says that bytes which had arrived led to. */
function failureOf(error: unknown): Error {
	if (error instanceof UpstreamError) return error;
	if (!(error instanceof SseOverflow)) return new OwnMistake(error);
	return new UpstreamError({ kind: "malformed", status: 200, message: error.message });
}
