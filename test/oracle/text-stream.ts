import type { EventSourceParser } from "eventsource-parser";
import { error as validError, textChunk as validTextChunk } from "../../.generated/oracle.mjs";
import { strictParser } from "./events";
import { checkShape, checkUsage, isRecord, Violation } from "./rules";

interface TextChunk {
	id: string;
	created: number;
	model: string;
	choices: { index: number; finish_reason: string | null }[];
	usage?: Record<string, unknown> | null;
}

/**
 * The rules of a streamed legacy completion, told one piece at a time: each event is a valid chunk, all of the same
 * answer; each choice finishes once; it ends with either `[DONE]` or an error event. Throws `Violation`.
 */
export class TextStreamRules {
	readonly #parser: EventSourceParser;
	readonly #isFinished = new Map<number, boolean>();
	#first: TextChunk | null = null;
	#usage = false;
	#ending: "done" | "error" | null = null;
	readonly #requestId: string | null;

	/** `requestId` is the one in the answer's headers, which an error event must repeat. */
	constructor(requestId: string | null) {
		this.#requestId = requestId;
		this.#parser = strictParser((name, data) => {
			if (name !== undefined) throw new Violation(`an event named ${name}, which completions do not have`, data);
			this.#data(data);
		});
	}

	push(text: string): void {
		this.#parser.feed(text);
	}

	/** The stream closed. */
	end(): void {
		if (this.#ending === null) throw new Violation("the stream ended without [DONE] and without an error event", "");
		if (this.#ending === "error") return;
		if (this.#isFinished.size === 0) throw new Violation("the stream ended as complete without any choice", "");
		for (const [index, isFinished] of this.#isFinished) {
			if (!isFinished) throw new Violation(`choice ${index} never finished, but [DONE] came`, "");
		}
	}

	#data(data: string): void {
		if (this.#ending !== null) throw new Violation(`an event after the ${this.#ending} event`, data);
		if (data === "[DONE]") {
			this.#ending = "done";
			return;
		}
		const value: unknown = JSON.parse(data);
		if (isRecord(value) && "error" in value) {
			checkShape(validError, value, "an error event");
			this.#ending = "error";
			const { request_id: id } = value.error as { request_id: string };
			if (id !== this.#requestId) throw new Violation(`an error event of request ${id} in ${this.#requestId}`, data);
			return;
		}
		checkShape(validTextChunk, value, "a chunk");
		this.#chunk(value as TextChunk, data);
	}

	#chunk(chunk: TextChunk, data: string): void {
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
		for (const { index, finish_reason: finish } of chunk.choices) {
			if (this.#isFinished.get(index)) throw new Violation(`choice ${index} went on after it had finished`, data);
			this.#isFinished.set(index, finish !== null);
		}
	}
}
