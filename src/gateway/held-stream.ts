import type { Chunk, ChunkChoice } from "../core/chat";
import type { Usage } from "../core/usage";
import type { ChunkSource } from "./attempt";
import { type Bill, billOf, deltaText } from "./bill";
import type { Ending } from "./charge";
import type { Order } from "./order";

/** How long an upstream that accepted may keep silent before the answer is committed to the caller without content. */
const COMMIT_AFTER_MS = 5_000;
/** Between keep-alive comments while there is no content yet; edges cut connections silent for about 100 s. */
export const KEEP_ALIVE_MS = 15_000;

const SILENT = Symbol("silent");
type Silent = typeof SILENT;

/**
 * A streamed answer held back until its first content, so that an error in an accepted stream still becomes an honest
 * status. Afterwards it meters what passes.
 */
export class HeldStream {
	readonly #source: ChunkSource;
	readonly #order: Order;
	readonly #onEnd: (ending: Ending) => void;
	readonly #begin = Date.now();
	/** Milliseconds before the first content. */
	#silentMs = 0;
	#held: Chunk[] = [];
	#pending: Promise<Chunk[] | null> | null = null;
	#hasContent = false;
	#usage: Usage | null = null;
	#tier: string | undefined;
	/** What passed, for an estimate when no usage comes; joined only then. */
	#text = "";

	private constructor(source: ChunkSource, order: Order, onEnd: (ending: Ending) => void) {
		this.#source = source;
		this.#order = order;
		this.#onEnd = onEnd;
	}

	/** Resolves at the first content, the end, or after `COMMIT_AFTER_MS` of silence. Throws `UpstreamError`. */
	static async open(source: ChunkSource, order: Order, onEnd: (ending: Ending) => void): Promise<HeldStream> {
		const held = new HeldStream(source, order, onEnd);
		// Nobody may be reading, and then no read would meet the end.
		order.caller.addEventListener("abort", () => held.#cut());
		const deadline = Date.now() + COMMIT_AFTER_MS;
		for (;;) {
			const chunks = await held.#nextOrSilence(deadline - Date.now());
			if (chunks === SILENT || chunks === null) break;
			held.#held.push(...chunks);
			if (held.#hasContent) break;
		}
		return held;
	}

	/** The model that the upstream says it runs, if it has said so yet. */
	get model(): string | undefined {
		return this.#held.find((chunk) => chunk.model !== undefined)?.model;
	}

	/** The next chunks; null at the end; `"silent"` when nothing came within `KEEP_ALIVE_MS` before the first content. */
	async next(): Promise<Chunk[] | "silent" | null> {
		if (this.#held.length > 0) {
			const held = this.#held;
			this.#held = [];
			return held;
		}
		if (this.#hasContent && this.#pending === null) return this.#note(await this.#read());
		const chunks = await this.#nextOrSilence(KEEP_ALIVE_MS);
		return chunks === SILENT ? "silent" : chunks;
	}

	/** What was used; to be asked when the stream has ended. */
	bill(): Bill {
		return billOf(this.#order, this.#usage, () => this.#text, this.#tier);
	}

	/** The caller left. */
	cancel(): void {
		this.#source.cancel();
		this.#cut();
	}

	async #read(): Promise<Chunk[] | null> {
		try {
			const chunks = await this.#source.next();
			if (chunks === null) this.#onEnd({ how: "answered", bill: this.bill() });
			return chunks;
		} catch (error) {
			this.#cut();
			throw error;
		}
	}

	#cut(): void {
		const silentMs = this.#hasContent ? this.#silentMs : Date.now() - this.#begin;
		this.#onEnd({ how: "cut", usage: this.#usage, tier: this.#tier, text: this.#text, silentMs });
	}

	async #nextOrSilence(ms: number): Promise<Chunk[] | Silent | null> {
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

	#note(chunks: Chunk[] | null): Chunk[] | null {
		for (const chunk of chunks ?? []) {
			if (chunk.usage !== undefined) this.#usage = chunk.usage;
			if (chunk.service_tier !== undefined) this.#tier = chunk.service_tier;
			for (const choice of chunk.choices) {
				this.#text += deltaText(choice.delta);
				if (!this.#hasContent && isContent(choice)) {
					this.#hasContent = true;
					this.#silentMs = Date.now() - this.#begin;
				}
			}
		}
		return chunks;
	}
}

/** Whether a choice carries what the caller came for; a bare finish counts, since nothing better will come. */
function isContent({ delta, finish_reason }: ChunkChoice): boolean {
	return (
		finish_reason !== null ||
		Boolean(delta.content || delta.reasoning_content || delta.refusal) ||
		delta.tool_calls !== undefined ||
		delta.images !== undefined ||
		delta.audio !== undefined
	);
}
