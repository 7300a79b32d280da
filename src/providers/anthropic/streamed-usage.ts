// Puts together what a stream of messages tells of its usage.
import type { Chunk } from "#core/chat/chat";
import { ReportedFigures } from "#core/chat/reported-figures";
import type { Usage } from "#core/chat/usage";
import { isSearch, searchesOf, tierOf, usageOf } from "./response";

/** The usage of one streamed answer: what is told of it adds to what was told before. */
export class StreamedUsage {
	/** Cumulative: later events overwrite earlier figures. */
	readonly #told: Record<string, unknown> = {};
	readonly #figures = new ReportedFigures();
	/** Searches that Anthropic made so far. */
	#searches = 0;

	/** A block begins, which may be a search. */
	begin(block: unknown): void {
		if (isSearch(block)) this.#searches++;
	}

	/**
	 * What a chunk says of figures that were reported; `isLast` where the answer has said why it stops. Null where they
	 * cannot be read.
	 */
	report(reported: Record<string, unknown>, isLast: boolean): Pick<Chunk, "usage" | "service_tier"> | null {
		const searches = isLast ? searchesOf(reported, this.#searches) : undefined;
		for (const [name, value] of Object.entries(reported)) if (value !== null) this.#told[name] = value;
		const usage: Usage | null = usageOf(this.#told, searches);
		if (usage === null) return null;
		this.#figures.report(usage);
		const { usage: counted } = this.#figures;
		return counted === null ? null : { usage: counted, ...tierOf(this.#told) };
	}
}
