/** Holds a streamed answer back until its first content, and meters what passes. */

import { ReportedFigures } from "#core/chat/reported-figures";
import { append } from "#lib/list";
import { dataIn } from "#lib/sse";
import type { CanonicalChunk } from "#operations/operation";
import { empty } from "#providers/shared/faults";
import { answerTooLarge, MAX_ANSWER_BYTES } from "./answer-limit";
import { type Bill, billOf, type Seen } from "./bill";
import type { AttemptEnding, EndCause } from "./charge";
import type { ChunkSource } from "./exchange";
import { endCause } from "./own-mistake";
import { UnreadEvents } from "./unread-events";
import type { UpstreamRequest } from "./upstream-request";

/** Between keep-alive comments while there is no content yet; edges cut connections silent for about 100 s. */
const KEEP_ALIVE_MS = 15_000;

/** A shorter silence between two pieces of an answer is the network's, in milliseconds. */
const PAUSE_MS = 1_000;

/** The most of what passed unread that is kept before it is read. */
const MAX_UNREAD_BYTES = 32 * 1024;

const SILENT = Symbol("silent");
type Silent = typeof SILENT;

/** What a stream reports its progress to. */
export interface Listener {
	/** Milliseconds since the epoch. */
	readonly clock: () => number;
	/** When the attempt began, in milliseconds since the epoch. */
	readonly startedAt: number;
	/** The first content has come. */
	content(): void;
	/** It is over; only the first word counts. */
	end(ending: AttemptEnding): void;
}

/**
 * A streamed answer held back until its first content, so that an error in an accepted stream still becomes an honest
 * status. Afterwards it meters what passes.
 */
export class GatedStream {
	readonly #source: ChunkSource;
	readonly #upstream: UpstreamRequest;
	readonly #listener: Listener;
	/** When something was last seen of what the model does; at first, when it was asked. */
	#seenAt: number;
	/** Milliseconds in which it may have worked unseen since the last figures. */
	#unseenMs = 0;
	#held: CanonicalChunk[] = [];
	#pending: Promise<CanonicalChunk[] | null> | null = null;
	#hasContent = false;
	readonly #figures = new ReportedFigures();
	#tier: string | undefined;
	/** What passed since the last figures, for an estimate when no more come; joined only then. */
	#text = "";
	/** Events that passed unread since the last figures; they are read when there must be an estimate. */
	readonly #unread = new UnreadEvents();
	#bill: Bill | null = null;

	private constructor(source: ChunkSource, upstream: UpstreamRequest, listener: Listener) {
		this.#source = source;
		this.#upstream = upstream;
		this.#listener = listener;
		this.#seenAt = listener.startedAt;
	}

	/**
	 * Resolves at the first content, at the end, or, unless `commitAfter` is null, after `commitAfter` milliseconds of
	 * silence. Throws `UpstreamError`.
	 */
	static async open(
		source: ChunkSource,
		upstream: UpstreamRequest,
		listener: Listener,
		commitAfter: number | null,
	): Promise<GatedStream> {
		const gated = new GatedStream(source, upstream, listener);
		// The caller may not be reading, and then no read would meet the end.
		upstream.caller.addEventListener("abort", () => gated.#cut(null));
		const deadline = commitAfter === null ? null : listener.clock() + commitAfter;
		for (;;) {
			const chunks =
				deadline === null ? gated.#note(await gated.#read()) : await gated.#nextOrSilence(deadline - listener.clock());
			if (chunks === SILENT || chunks === null) break;
			append(gated.#held, chunks);
			if (gated.#hasContent) break;
		}
		return gated;
	}

	/** The model that the upstream says it runs, if it has said so yet. */
	get model(): string | undefined {
		return this.#held.find((chunk) => chunk.model !== undefined)?.model;
	}

	/** The media type of what comes, where it is no events and has begun. */
	get media(): string | undefined {
		return this.#held.find((chunk) => chunk.media !== undefined)?.media;
	}

	/** The next chunks; null at the end; `"silent"` when nothing came within `KEEP_ALIVE_MS` before the first content. */
	async next(): Promise<CanonicalChunk[] | "silent" | null> {
		if (this.#held.length > 0) {
			const held = this.#held;
			this.#held = [];
			return held;
		}
		if (this.#hasContent && this.#pending === null) return this.#note(await this.#read());
		const chunks = await this.#nextOrSilence(KEEP_ALIVE_MS);
		return chunks === SILENT ? "silent" : chunks;
	}

	/** Reads to the end before anything is passed on; `next` gives all of it afterwards. Throws as `next` does. */
	async collect(): Promise<readonly CanonicalChunk[]> {
		for (;;) {
			const chunks = this.#note(await this.#read());
			if (chunks === null) return this.#held;
			append(this.#held, chunks);
		}
	}

	/**
	 * Holds the stream back for `ms` more milliseconds; `next` gives all of it afterwards. Returns the text that came in
	 * that time, null when it has ended. Throws as `next` does.
	 */
	async linger(ms: number): Promise<string | null> {
		const until = this.#listener.clock() + ms;
		let text = "";
		for (let left = ms; left > 0; left = until - this.#listener.clock()) {
			const chunks = await this.#nextOrSilence(left);
			if (chunks === null) return null;
			if (chunks === SILENT) break;
			append(this.#held, chunks);
			for (const chunk of chunks) text += this.#upstream.operation.writtenIn(chunk);
		}
		return text;
	}

	/** What was used; to be asked when the stream has ended. */
	bill(): Bill {
		this.#bill ??= billOf(this.#upstream, this.#seen());
		return this.#bill;
	}

	/** The caller left. */
	cancel(): void {
		this.#source.cancel();
		this.#cut(null);
	}

	async #read(): Promise<CanonicalChunk[] | null> {
		try {
			if (this.#keepsTooMuch) {
				this.#source.cancel();
				throw answerTooLarge();
			}
			const chunks = await this.#source.next();
			if (chunks === null) this.#finish();
			return chunks;
		} catch (error) {
			this.#cut(endCause(error));
			throw error;
		}
	}

	/** It came whole. Throws when there was nothing in it. */
	#finish(): void {
		const bill = this.bill();
		if (this.#hasContent) {
			this.#listener.end({ how: "answered", bill });
			return;
		}
		const error = empty();
		const silentMs = this.#listener.clock() - this.#listener.startedAt;
		this.#listener.end({ how: "failed", cause: error.fault, silentMs, bill });
		throw error;
	}

	/** More of it was held back, or passed without figures for it, than is kept of any answer. */
	get #keepsTooMuch(): boolean {
		const isHeldBack = this.#held.length > 0;
		return this.#text.length > MAX_ANSWER_BYTES || (isHeldBack && this.#source.bytesRead > MAX_ANSWER_BYTES);
	}

	#cut(cause: EndCause): void {
		this.#look(this.#listener.clock(), cause !== null);
		this.#listener.end({ how: "cut", cause, ...this.#seen() });
	}

	#passUnread(events: string | Uint8Array): void {
		this.#unread.add(events);
		if (this.#unread.length > MAX_UNREAD_BYTES) this.#readUnread();
	}

	#readUnread(): void {
		const { codec, request, model } = this.#upstream;
		const relay = this.#unread.length === 0 ? null : codec.relay?.(request, model);
		if (!relay) return;
		for (const data of dataIn(this.#unread.take())) this.#text += relay.written(data);
	}

	#seen(): Seen {
		this.#readUnread();
		return { usage: this.#figures.usage, tier: this.#tier, text: this.#text, unseenMs: this.#unseenMs };
	}

	/**
	 * Something is seen again, or nothing will be. Models that can think may do so before they speak, and at some vendors
	 * in between. What the others write is seen, unless it was lost on its way.
	 */
	#look(now: number, isLost = false): void {
		const unseen = now - this.#seenAt;
		const mayHaveWorked = isLost || this.#upstream.model.reasoning;
		if (mayHaveWorked && (!this.#hasContent || unseen > PAUSE_MS)) this.#unseenMs += unseen;
		this.#seenAt = now;
	}

	async #nextOrSilence(ms: number): Promise<CanonicalChunk[] | Silent | null> {
		this.#pending ??= this.#read();
		const { promise: silence, resolve } = Promise.withResolvers<Silent>();
		const timer = setTimeout(resolve, ms, SILENT);
		try {
			const chunks = await Promise.race([this.#pending, silence]);
			if (chunks === SILENT) return SILENT;
			this.#pending = null;
			return this.#note(chunks);
		} finally {
			clearTimeout(timer);
		}
	}

	#note(chunks: CanonicalChunk[] | null): CanonicalChunk[] | null {
		try {
			this.#meter(chunks ?? []);
		} catch (error) {
			this.#source.cancel();
			this.#cut(endCause(error));
			throw error;
		}
		return chunks;
	}

	#meter(chunks: readonly CanonicalChunk[]): void {
		const { operation, request } = this.#upstream;
		const now = this.#listener.clock();
		for (const chunk of chunks) {
			if (chunk.service_tier !== undefined) this.#tier = chunk.service_tier;
			if (chunk.unread) this.#passUnread(chunk.wire ?? "");
			else this.#text += operation.writtenIn(chunk);
			if (chunk.unread || operation.hasContent(chunk, request)) {
				this.#look(now);
				if (!this.#hasContent) {
					this.#hasContent = true;
					this.#listener.content();
				}
			}
			// Figures are of all until now.
			if (chunk.usage === undefined) continue;
			if (!this.#figures.report(chunk.usage)) continue;
			this.#text = "";
			this.#unread.clear();
			this.#unseenMs = 0;
			this.#seenAt = now;
		}
	}
}
