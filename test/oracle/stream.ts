import type { EventSourceParser } from "eventsource-parser";
import { chunk as validChunk, error as validError } from "../../.generated/oracle.mjs";
import { strictParser } from "./events";
import { checkShape, checkUsage, isRecord, Violation } from "./rules";

interface ChunkChoice {
	index: number;
	delta: { role?: string; content?: string; tool_calls?: { index: number; id?: string; type?: string }[] };
	finish_reason: string | null;
}
interface Chunk {
	id: string;
	created: number;
	model: string;
	choices: ChunkChoice[];
	usage?: Record<string, unknown> | null;
}

/** What has been seen of one choice. */
class ChoiceState {
	finish: string | null = null;
	readonly calls = new Set<number>();
}

/**
 * The rules of a streamed answer, told one piece at a time: each event is a valid chunk, all of the same answer; each
 * choice begins with its role and finishes once; it ends with either `[DONE]` or an error event, never with both or
 * neither. Throws `Violation`.
 */
export class StreamRules {
	readonly #parser: EventSourceParser;
	readonly #choices = new Map<number, ChoiceState>();
	#first: Chunk | null = null;
	#usage = false;
	#ending: "done" | "error" | null = null;
	readonly #requestId: string | null;

	/** `requestId` is the one in the answer's headers, which an error event must repeat. */
	constructor(requestId: string | null) {
		this.#requestId = requestId;
		this.#parser = strictParser((name, data) => {
			if (name !== undefined) throw new Violation(`an event named ${name}, which chat streams do not have`, data);
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
		if (this.#choices.size === 0) throw new Violation("the stream ended as complete without any choice", "");
		for (const [index, choice] of this.#choices) {
			if (choice.finish === null) throw new Violation(`choice ${index} never finished, but [DONE] came`, "");
			const calls = choice.calls.size;
			if (calls > 0 ? choice.finish === "stop" : choice.finish === "tool_calls") {
				throw new Violation(`choice ${index} finished by ${choice.finish} after ${calls} tool calls`, "");
			}
		}
	}

	#data(data: string): void {
		if (this.#ending !== null) throw new Violation(`an event after the ${this.#ending} event`, data);
		if (data === "[DONE]") {
			this.#ending = "done";
			return;
		}
		let value: unknown;
		try {
			value = JSON.parse(data);
		} catch {
			throw new Violation("an event that is not JSON", data);
		}
		if (isRecord(value) && "error" in value) {
			checkShape(validError, value, "an error event");
			this.#ending = "error";
			const { request_id: id } = value.error as { request_id: string };
			if (id !== this.#requestId) throw new Violation(`an error event of request ${id} in ${this.#requestId}`, data);
			return;
		}
		checkShape(validChunk, value, "a chunk");
		this.#chunk(value as Chunk, data);
	}

	#chunk(chunk: Chunk, data: string): void {
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
		for (const choice of chunk.choices) this.#choice(choice, data);
	}

	#choice({ index, delta, finish_reason: finish }: ChunkChoice, data: string): void {
		let state = this.#choices.get(index);
		if ((state === undefined) !== (delta.role === "assistant")) {
			throw new Violation("the role belongs in the first delta of a choice and nowhere else", data);
		}
		state ??= new ChoiceState();
		this.#choices.set(index, state);
		if (state.finish !== null) throw new Violation(`choice ${index} went on after it had finished`, data);
		for (const call of delta.tool_calls ?? []) {
			const begins = !state.calls.has(call.index);
			if (begins && call.index !== state.calls.size) throw new Violation("tool calls are not counted from 0", data);
			if (begins !== Boolean(call.id) || begins !== (call.type !== undefined)) {
				throw new Violation("id and type belong in the first delta of a tool call and nowhere else", data);
			}
			state.calls.add(call.index);
		}
		if (finish !== null && Object.keys(delta).length > 0) throw new Violation("a finish beside content", data);
		state.finish = finish;
	}
}
