// Reads an upstream's event stream as canonical chunks, within the bounds of time and size.
import { UpstreamError } from "#core/fault";
import { eventText, isTerminator, type SseEvent, SseOverflow, SseParser } from "#lib/sse";
import type { CanonicalChunk } from "#operations/operation";
import type { Relay, StreamDecoder } from "#providers/adapter";
import { answerTooLarge, MAX_ANSWER_BYTES } from "./answer-limit";
import { type ByteReader, byteReaderOf } from "./byte-reader";
import { EventTemplate } from "./event-template";
import { OwnMistake } from "./own-mistake";

/** How long the end of a body is waited for behind its terminator, in milliseconds. */
const MAX_READ_ON_MS = 100;
/** How many events one after the other are looked at for what the next ones may be like. */
const MAX_TEMPLATES = 4;

/** How a stream is passed on as it comes, once its first content has been seen. */
export interface Relaying {
	readonly relay: Relay<CanonicalChunk>;
	isContent(chunk: CanonicalChunk): boolean;
}

/**
 * Reads an upstream's event stream as canonical chunks. With a relay, chunks until the first content say what they hold
 * and carry the events as they came; behind it, events are passed on unread wherever nothing has to be known of them,
 * and as the very bytes that came where they are like one that was.
 */
export class ChunkReader {
	readonly #pieces: ByteReader;
	readonly #decoder: StreamDecoder<CanonicalChunk>;
	readonly #parser = new SseParser();
	/** Null where every event is decoded and written anew. */
	#relaying: Relaying | null;
	/** The first content has been seen, and what follows is passed on. */
	#isRelayed = false;
	/** What the last event that was passed on unread has in common with those that are like it. */
	#template: EventTemplate | null = null;
	/** Templates that nothing was like since the last one that something was. */
	#fruitless = 0;
	/** Events that came before there was a chunk that could carry them. */
	#wire = "";
	#frame: CanonicalChunk["frame"];
	#ended = false;
	#bytesRead = 0;
	/** What went wrong behind chunks that still have to be delivered. */
	#failure: unknown;

	constructor(
		body: ReadableStream<Uint8Array>,
		decoder: StreamDecoder<CanonicalChunk>,
		relaying: Relaying | null = null,
	) {
		this.#relaying = relaying;
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
		const like = this.#template !== null && this.#parser.isBetweenEvents ? this.#template.run(bytes) : 0;
		if (like > 0) {
			this.#fruitless = 0;
			const wire = this.#pieces.isReused ? bytes.slice(0, like) : bytes.subarray(0, like);
			chunks.push({ wire, unread: true });
			if (like === bytes.length) return;
		}
		for (const event of this.#parser.push(bytes.subarray(like))) {
			this.#read(event, chunks);
			if (isTerminator(event)) {
				this.#end(chunks);
				void this.#readOn();
				return;
			}
		}
	}

	/**
	 * Behind a terminator the body usually ends at once, and its connection can serve the next request then. Some servers
	 * keep it open.
	 */
	async #readOn(): Promise<void> {
		const timer = setTimeout(() => void this.cancel(), MAX_READ_ON_MS);
		try {
			while ((await this.#pieces.next()) !== null);
		} catch {
			// The connection is gone, and no caller waits for it.
		} finally {
			clearTimeout(timer);
		}
	}

	#end(chunks: CanonicalChunk[]): void {
		this.#ended = true;
		// An event without the blank line that ends it may be cut off.
		for (const event of this.#parser.end()) this.#read(event, chunks, false);
		if (this.#isRelayed) this.#relaying?.relay.end();
		else for (const chunk of this.#decoder.end()) chunks.push(chunk);
	}

	#read(event: SseEvent, chunks: CanonicalChunk[], isWhole = true): void {
		const { relay } = this.#relaying ?? {};
		if (relay === undefined) for (const chunk of this.#decoder.push(event)) chunks.push(chunk);
		else if (!this.#isRelayed) this.#readBoth(event, chunks);
		else if (isWhole && relay.isPlain(event)) {
			const text = eventText(event);
			passOn(text, chunks);
			if (this.#fruitless++ < MAX_TEMPLATES) this.#template = EventTemplate.of(text, relay.varying);
		} else {
			this.#template = null;
			chunks.push(relay.read(event));
		}
	}

	/** Decodes an event, and gives what comes of it the events as they came. */
	#readBoth(event: SseEvent, chunks: CanonicalChunk[]): void {
		const decoded = this.#decoder.push(event);
		const { relay, isContent } = this.#relaying as Relaying;
		const { wire = "", frame } = relay.read(event);
		if (!relay.isFit) this.#relaying = null;
		this.#wire += wire;
		this.#frame = frame ?? this.#frame;
		for (const chunk of decoded) {
			if (relay.isFit) {
				chunk.wire = this.#wire;
				this.#wire = "";
				if (this.#frame !== undefined) chunk.frame = this.#frame;
				this.#isRelayed ||= isContent(chunk);
			}
			chunks.push(chunk);
		}
	}
}

/** Events that follow one another unread are one chunk. */
function passOn(wire: string, chunks: CanonicalChunk[]): void {
	const last = chunks.at(-1);
	if (last?.unread && typeof last.wire === "string") last.wire += wire;
	else chunks.push({ wire, unread: true });
}

/** What an error says that bytes which had arrived led to. */
function failureOf(error: unknown): Error {
	if (error instanceof UpstreamError) return error;
	if (!(error instanceof SseOverflow)) return new OwnMistake(error);
	return new UpstreamError({ kind: "malformed", status: 200, message: error.message });
}
