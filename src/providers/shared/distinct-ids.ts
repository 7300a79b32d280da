/**
 * Ids of tool calls on their way to a vendor: each call of a conversation has one of its own, in the vendor's form. Ids
 * come from other vendors and from callers, so that some are too long, and some the same.
 */
import type { Message, ToolCall } from "#core/chat/chat";
import { changed } from "#lib/list";

/** The longest mark that tells equal ids apart, such as `_2`, in characters. */
const MAX_MARK = 7;

/** Gives ids out, none twice. Equal conversations get equal ids, and longer ones those of their beginnings. */
export class DistinctIds {
	readonly #maxLength: number;
	readonly #used = new Set<string>();
	/** By what stands before the mark, the last that was given. */
	readonly #marks = new Map<string, number>();
	readonly #ofCalls = new Map<ToolCall, string>();

	/** `maxLength` in characters, more than `MAX_MARK`. */
	constructor(maxLength = Number.POSITIVE_INFINITY) {
		this.#maxLength = maxLength;
	}

	/** An id as near to the wanted one as can be. Its end is kept, because vendors put the random part there. */
	next(wanted: string): string {
		let id = ending(wanted, this.#maxLength);
		if (this.#used.has(id)) {
			const base = ending(id, this.#maxLength - MAX_MARK);
			let mark = this.#marks.get(base) ?? 1;
			do id = `${base}_${++mark}`;
			while (this.#used.has(id));
			this.#marks.set(base, mark);
		}
		this.#used.add(id);
		return id;
	}

	/** The id of a call, the same whenever it is asked for; `wanted` is the call's own in the vendor's form. */
	of(call: ToolCall, wanted = call.id): string {
		let id = this.#ofCalls.get(call);
		if (id === undefined) {
			id = this.next(wanted);
			this.#ofCalls.set(call, id);
		}
		return id;
	}
}

function ending(id: string, length: number): string {
	return id.length > length ? id.slice(-length) : id;
}

/**
 * The conversation with an id of its own for every call, of at most `maxLength` characters; itself where all have one.
 * Results of calls with equal ids belong to the calls in their order.
 */
export function withDistinctIds(
	messages: readonly Message[],
	maxLength = Number.POSITIVE_INFINITY,
): readonly Message[] {
	const ids = new DistinctIds(maxLength);
	/** By the callers' ids, the ids of the last step's calls that wait for a result. */
	const waiting = new Map<string, string[]>();
	return changed(messages, (message) => {
		if (message.role === "tool") {
			const queue = waiting.get(message.tool_call_id) ?? [];
			const id = (queue.length > 1 ? queue.shift() : queue[0]) ?? ending(message.tool_call_id, maxLength);
			return id === message.tool_call_id ? message : { ...message, tool_call_id: id };
		}
		if (message.role !== "assistant" || message.tool_calls === undefined) return message;
		const step = new Map<string, string[]>();
		const calls = changed(message.tool_calls, (call) => {
			const id = ids.next(call.id);
			const queue = step.get(call.id);
			if (queue === undefined) step.set(call.id, [id]);
			else queue.push(id);
			return id === call.id ? call : { ...call, id };
		});
		for (const [id, queue] of step) waiting.set(id, queue);
		return calls === message.tool_calls ? message : { ...message, tool_calls: [...calls] };
	});
}
