// Judges streams of OpenAI's Responses by its contract: numbers, items from beginning to end, and the last event.
import type { EventSourceParser } from "eventsource-parser";
import {
	error as validError,
	itemEvent as validItemEvent,
	response as validResponse,
} from "../../.generated/oracle.mjs";
import { strictParser } from "./events";
import { checkResponse, checkShape, Violation } from "./rules";

interface WireEvent {
	type: string;
	sequence_number: number;
	output_index?: number;
	content_index?: number;
	item_id?: string;
	delta?: string;
	part?: { type: string; text?: string; refusal?: string; annotations?: unknown[] };
	text?: string;
	refusal?: string;
	arguments?: string;
	input?: string;
	annotation?: unknown;
	item?: Record<string, unknown>;
	response?: Record<string, unknown>;
	error?: { request_id: string };
}

/** An item from its beginning to its end. */
interface ItemState {
	readonly id: string;
	readonly type: string;
	/** The part that is open: a part of its content, or a paragraph of its summary. */
	part: { readonly type: string; said: string; isSaid: boolean } | null;
	readonly parts: unknown[];
	/** Arguments or input of a call. */
	said: string;
	isSaid: boolean;
	done: Record<string, unknown> | null;
}

const CALLS: Readonly<Record<string, { readonly type: string; readonly field: "arguments" | "input" }>> = {
	"response.function_call_arguments": { type: "function_call", field: "arguments" },
	"response.custom_tool_call_input": { type: "custom_tool_call", field: "input" },
};
/** Calls whose arguments have events of their own; those of others come whole with their item. */
const SPOKEN = new Set(Object.values(CALLS).map(({ type }) => type));
const TEXTS: Readonly<Record<string, { readonly part: string; readonly field: "text" | "refusal" }>> = {
	"response.output_text": { part: "output_text", field: "text" },
	"response.refusal": { part: "refusal", field: "refusal" },
	"response.reasoning_summary_text": { part: "summary_text", field: "text" },
};

/**
 * The rules of a streamed response, told one piece at a time: events are numbered and named after their type; each item
 * begins, has its parts one after the other, each said in full when it is done, and ends; the last event has all items
 * as they ended. It is completed or incomplete, or an error and a response that failed. Throws `Violation`.
 */
export class ResponsesStreamRules {
	readonly #parser: EventSourceParser;
	readonly #requestId: string | null;
	readonly #items: ItemState[] = [];
	#events = 0;
	#id: unknown = null;
	#ending: "complete" | "error" | "failed" | null = null;

	/** `requestId` is the one in the answer's headers, which an error event must repeat. */
	constructor(requestId: string | null) {
		this.#requestId = requestId;
		this.#parser = strictParser((name, data) => this.#event(name, data));
	}

	push(text: string): void {
		this.#parser.feed(text);
	}

	/** The stream closed. */
	end(): void {
		if (this.#ending !== "complete" && this.#ending !== "failed")
			throw new Violation("the stream has no last event", "");
	}

	#event(name: string | undefined, data: string): void {
		const event = JSON.parse(data) as WireEvent;
		const { type } = event;
		if (name !== type) throw new Violation(`an event of type ${type} that is named ${name}`, data);
		if (event.sequence_number !== this.#events) throw new Violation(`event ${this.#events} has another number`, data);
		if (this.#ending === "complete" || this.#ending === "failed") throw new Violation("an event after the last", data);
		if (this.#ending === "error" && type !== "response.failed") throw new Violation("an event after an error", data);
		const opening = ["response.created", "response.in_progress"][this.#events++];
		if (opening !== undefined && type !== opening) throw new Violation(`the stream begins with ${type}`, data);
		switch (type) {
			case "response.created":
			case "response.in_progress":
			case "response.failed":
			case "response.completed":
			case "response.incomplete":
				this.#response(event, data);
				break;
			case "error":
				checkShape(validError, { error: event.error }, "an error event");
				if (event.error?.request_id !== this.#requestId) throw new Violation("an error of another request", data);
				this.#ending = "error";
				break;
			default:
				checkShape(validItemEvent, unpadded(event), "an event");
				this.#itemEvent(event, data);
		}
	}

	#response({ type, response = {} }: WireEvent, data: string): void {
		checkShape(validResponse, response, "the response");
		this.#id ??= response.id;
		if (response.id !== this.#id) throw new Violation("the response has another id", data);
		const status = type === "response.created" ? "in_progress" : type.slice("response.".length);
		if (response.status !== status) throw new Violation(`the response is ${response.status} in ${type}`, data);
		if (status === "in_progress") return;
		if (status === "failed") {
			if (this.#ending !== "error" || response.error === null) throw new Violation("a failure without an error", data);
			this.#ending = "failed";
			return;
		}
		checkResponse(response);
		this.#ending = "complete";
		if (this.#items.some(({ done }) => done === null)) throw new Violation("an item that did not end", data);
		expectSame(
			response.output,
			this.#items.map(({ done }) => done),
			"the output differs from its items",
			data,
		);
	}

	#itemEvent(event: WireEvent, data: string): void {
		const { type, output_index: index = -1, item = {} } = event;
		if (type === "response.output_item.added") {
			if (index !== this.#items.length) throw new Violation("items are not counted from 0", data);
			const { id, type: kind } = item;
			this.#items.push({
				id: String(id),
				type: String(kind),
				part: null,
				parts: [],
				said: "",
				isSaid: false,
				done: null,
			});
			return;
		}
		const state = this.#items[index];
		if (state === undefined || state.done !== null) throw new Violation("an event of an item that is not open", data);
		if (type === "response.output_item.done") {
			if (item.id !== state.id || item.type !== state.type) throw new Violation("another item ends", data);
			if (state.part !== null) throw new Violation("an item ends within a part", data);
			if (state.type === "message") expectSame(item.content, state.parts, "the content differs from its parts", data);
			if (state.type === "reasoning") expectSame(item.summary, state.parts, "the summary differs", data);
			if (SPOKEN.has(state.type) && !state.isSaid) throw new Violation("a call ends without its arguments", data);
			state.done = item;
			return;
		}
		if (event.item_id !== state.id) throw new Violation("an event of another item", data);
		this.#partEvent(event, state, data);
	}

	#partEvent(event: WireEvent, state: ItemState, data: string): void {
		const { type, part } = event;
		const step = type.slice(type.lastIndexOf(".") + 1);
		const subject = type.slice(0, type.lastIndexOf("."));
		if (part !== undefined) {
			if (step === "added") {
				if (state.part !== null) throw new Violation("a part within a part", data);
				state.part = { type: part.type, said: "", isSaid: false };
				return;
			}
			if (state.part?.type !== part.type || !state.part.isSaid) throw new Violation("a part ends out of order", data);
			expectSame(part.text ?? part.refusal, state.part.said, "a part differs from what was said", data);
			state.parts.push(part);
			state.part = null;
			return;
		}
		const call = CALLS[subject];
		if (call !== undefined) {
			if (state.type !== call.type || state.isSaid) throw new Violation("arguments out of order", data);
			if (step === "delta") state.said += event.delta;
			else {
				expectSame(event[call.field], state.said, "the arguments differ from what was said", data);
				state.isSaid = true;
			}
			return;
		}
		if (subject === "response.output_text.annotation") {
			if (state.part?.type !== "output_text") throw new Violation("a citation outside of a text", data);
			return;
		}
		const text = TEXTS[subject];
		if (text === undefined || state.part?.type !== text.part || state.part.isSaid) {
			throw new Violation("an event out of order", data);
		}
		if (step === "delta") state.part.said += event.delta;
		else {
			expectSame(event[text.field], state.part.said, "a text differs from what was said", data);
			state.part.isSaid = true;
		}
	}
}

function expectSame(found: unknown, expected: unknown, complaint: string, data: string): void {
	if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Violation(complaint, data);
}

/** An event without what OpenAI's own have more than its SDK's types: padding, and the name of a call that is whole. */
function unpadded({ obfuscation: _, name: __, ...event }: WireEvent & { obfuscation?: string; name?: string }): object {
	return event;
}
