// Judges streams of chat completions by OpenAI's contract.
import { chunk as validChunk } from "../../.generated/oracle.mjs";
import { ChunkStreamRules } from "./chunk-stream";
import { Violation } from "./rules";

interface ChunkChoice {
	index: number;
	delta: { role?: string; content?: string; tool_calls?: { index: number; id?: string; type?: string }[] };
	finish_reason: string | null;
}

/**
 * The rules of a streamed chat answer: those of every stream of chunks; each choice begins with its role, its tool
 * calls are counted and named once, and what it finished by fits them.
 */
export class StreamRules extends ChunkStreamRules<ChunkChoice> {
	/** The tool calls of each choice, by its index. */
	readonly #calls = new Map<number, Set<number>>();

	constructor(requestId: string | null) {
		super(requestId, "chat streams", validChunk);
	}

	protected choice({ index, delta, finish_reason: finish }: ChunkChoice, data: string): void {
		const begun = this.#calls.get(index);
		if ((begun === undefined) !== (delta.role === "assistant")) {
			throw new Violation("the role belongs in the first delta of a choice and nowhere else", data);
		}
		const calls = begun ?? new Set();
		this.#calls.set(index, calls);
		for (const call of delta.tool_calls ?? []) {
			const begins = !calls.has(call.index);
			if (begins && call.index !== calls.size) throw new Violation("tool calls are not counted from 0", data);
			if (begins !== Boolean(call.id) || begins !== (call.type !== undefined)) {
				throw new Violation("id and type belong in the first delta of a tool call and nowhere else", data);
			}
			calls.add(call.index);
		}
		if (finish !== null && Object.keys(delta).length > 0) throw new Violation("a finish beside content", data);
	}

	protected finished(index: number, finish: string): void {
		const calls = this.#calls.get(index)?.size ?? 0;
		if (calls > 0 ? finish === "stop" : finish === "tool_calls") {
			throw new Violation(`choice ${index} finished by ${finish} after ${calls} tool calls`, "");
		}
	}
}
