// What streams of chat chunks and of legacy completions have in common, told one piece at a time.
import type { EventSourceParser } from "eventsource-parser";
import { error as validError } from "../../.generated/oracle.mjs";
import { strictParser } from "./events";
import { checkShape, checkUsage, isRecord, Violation } from "./rules";

interface Choice {
	readonly index: number;
	readonly finish_reason: string | null;
}

interface Chunk<OneChoice> {
	readonly id: string;
	readonly created: number;
	readonly model: string;
	readonly choices: readonly OneChoice[];
	readonly usage?: Record<string, unknown> | null;
}

/**
 * Each event is a valid chunk, all of the same answer; each choice finishes once; usage comes alone and last; the
 * stream ends with either `[DONE]` or an error event, never with both or neither. Throws `Violation`.
 */
export abstract class ChunkStreamRules<OneChoice extends Choice> {
	readonly #parser: EventSourceParser;
	/** How each choice finished, by its index; null until it has. */
	readonly #finishes = new Map<number, string | null>();
	readonly #requestId: string | null;
	readonly #isChunk: Parameters<typeof checkShape>[0];
	#first: Chunk<OneChoice> | null = null;
	#usage = false;
	#ending: "done" | "error" | null = null;

	/**
	 * `requestId` is the one in the answer's headers, which an error event must repeat; `of` names such streams in the
	 * plural, `isChunk` is the schema of their events.
	 */
	constructor(requestId: string | null, of: string, isChunk: Parameters<typeof checkShape>[0]) {
		this.#requestId = requestId;
		this.#isChunk = isChunk;
		this.#parser = strictParser((name, data) => {
			if (name !== undefined) throw new Violation(`an event named ${name}, which ${of} do not have`, data);
			this.#data(data);
		});
	}

	/** Looks at one choice of a chunk, which has not finished before. */
	protected abstract choice(choice: OneChoice, data: string): void;

	/** Looks at how a choice finished, once the stream ended as complete. */
	protected abstract finished(index: number, finish: string): void;

	push(text: string): void {
		this.#parser.feed(text);
	}

	/** The stream closed. */
	end(): void {
		if (this.#ending === null) throw new Violation("the stream ended without [DONE] and without an error event", "");
		if (this.#ending === "error") return;
		if (this.#finishes.size === 0) throw new Violation("the stream ended as complete without any choice", "");
		for (const [index, finish] of this.#finishes) {
			if (finish === null) throw new Violation(`choice ${index} never finished, but [DONE] came`, "");
			this.finished(index, finish);
		}
	}

	#data(data: string): void {
		if (this.#ending !== null) throw new Violation(`an event after the ${this.#ending} event`, data);
		if (data === "[DONE]") {
			this.#ending = "done";
			return;
		}
		const value = parsed(data);
		if (isRecord(value) && "error" in value) {
			checkShape(validError, value, "an error event");
			this.#ending = "error";
			const { request_id: id } = value.error as { request_id: string };
			if (id !== this.#requestId) throw new Violation(`an error event of request ${id} in ${this.#requestId}`, data);
			return;
		}
		checkShape(this.#isChunk, value, "a chunk");
		this.#chunk(value as Chunk<OneChoice>, data);
	}

	#chunk(chunk: Chunk<OneChoice>, data: string): void {
		this.#first ??= chunk;
		for (const field of ["id", "created", "model"] as const) {
			if (chunk[field] !== this.#first[field]) throw new Violation(`${field} changed within the stream`, data);
		}
		if (this.#usage) throw new Violation("a chunk after the usage chunk", data);
		if (chunk.choices.length === 0 && !chunk.usage) throw new Violation("a chunk with neither choices nor usage", data);
		if (chunk.usage) {
			this.#usage = true;
			if (chunk.choices.length > 0) throw new Violation("usage beside choices", data);
			checkUsage(chunk.usage);
		}
		for (const choice of chunk.choices) {
			const { index, finish_reason: finish } = choice;
			if (this.#finishes.get(index)) throw new Violation(`choice ${index} went on after it had finished`, data);
			this.choice(choice, data);
			this.#finishes.set(index, finish);
		}
	}
}

function parsed(data: string): unknown {
	try {
		return JSON.parse(data);
	} catch {
		throw new Violation("an event that is not JSON", data);
	}
}
