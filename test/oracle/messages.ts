// Judges streams of Anthropic's Messages by its contract: order, indices, deltas and usage.
import type { EventSourceParser } from "eventsource-parser";
import { anthropicError as validError, messageEvent as validEvent } from "../../.generated/oracle.mjs";
import { strictParser } from "./events";
import { checkShape, isRecord, Violation } from "./rules";

interface Block {
	type: string;
	id?: string;
	data?: string;
}
interface MessageEvent {
	type: string;
	index?: number;
	content_block?: Block;
	delta?: { type?: string; stop_reason?: string | null };
	usage?: Record<string, unknown>;
}

/** Which deltas a block of each type takes. */
const DELTAS: Readonly<Record<string, readonly string[]>> = {
	text: ["text_delta", "citations_delta"],
	thinking: ["thinking_delta", "signature_delta"],
	redacted_thinking: [],
	tool_use: ["input_json_delta"],
};

/** What the schema cannot say about a whole message. `value` has its shape. */
export function checkMessage(value: unknown): void {
	const {
		content,
		stop_reason: reason,
		usage,
	} = value as {
		content: Block[];
		stop_reason: string | null;
		usage: Record<string, unknown>;
	};
	if (reason === null) throw new Violation("a whole message without a stop reason", value);
	checkCalls(content, reason);
	checkUsage(usage);
}

function checkCalls(blocks: readonly Block[], reason: string): void {
	const ids = blocks.filter(({ type }) => type === "tool_use").map(({ id }) => id);
	if (reason === "tool_use" && ids.length === 0) throw new Violation("stopped for a tool without any call", blocks);
	if (reason === "end_turn" && ids.length > 0) throw new Violation("ended the turn with calls", blocks);
	if (new Set(ids).size !== ids.length || ids.includes("")) throw new Violation("ids are empty or not unique", blocks);
}

function checkUsage(usage: Record<string, unknown>): void {
	const names = ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"];
	for (const name of names) {
		const value = usage[name];
		if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Violation(`${name} is not a count`, usage);
	}
	const { cost } = usage;
	if (cost !== null && !(typeof cost === "number" && cost >= 0)) throw new Violation("cost is not an amount", usage);
}

/**
 * The rules of a streamed message, told one piece at a time: each event is named as its type and valid; `message_start`
 * comes first; blocks are counted from 0, and each is started, filled with deltas of its own type and stopped before
 * the next; `message_delta` and `message_stop` end it, or else an error event. Throws `Violation`.
 */
export class MessageRules {
	readonly #parser: EventSourceParser;
	readonly #requestId: string | null;
	readonly #blocks: Block[] = [];
	#open: Block | null = null;
	#isSigned = false;
	#stage: "new" | "content" | "summed" | "stopped" | "failed" = "new";

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
		if (this.#stage !== "stopped" && this.#stage !== "failed") {
			throw new Violation("the stream ended without message_stop and without an error event", "");
		}
	}

	#event(name: string | undefined, data: string): void {
		if (this.#stage === "stopped" || this.#stage === "failed") throw new Violation("an event after the last", data);
		let value: unknown;
		try {
			value = JSON.parse(data);
		} catch {
			throw new Violation("an event that is not JSON", data);
		}
		if (!isRecord(value) || value.type !== name) throw new Violation(`an event named ${name} of another type`, data);
		if (name === "error") {
			checkShape(validError, value, "an error event");
			if (value.request_id !== this.#requestId) throw new Violation("an error event of another request", data);
			this.#stage = "failed";
			return;
		}
		checkShape(validEvent, value, "an event");
		this.#step(value as unknown as MessageEvent, data);
	}

	#step({ type, index, content_block: block, delta, usage }: MessageEvent, data: string): void {
		const fail = (complaint: string): never => {
			throw new Violation(complaint, data);
		};
		if ((this.#stage === "new") !== (type === "message_start")) fail("message_start is not the first, or not alone");
		switch (type) {
			case "message_start":
				this.#stage = "content";
				return;
			case "content_block_start":
				if (this.#stage !== "content" || this.#open !== null) fail("a block began within another, or too late");
				if (index !== this.#blocks.length) fail("blocks are not counted from 0");
				this.#open = block ?? null;
				this.#isSigned = false;
				if (block !== undefined) this.#blocks.push(block);
				return;
			case "content_block_delta": {
				if (this.#open === null || index !== this.#blocks.length - 1)
					throw new Violation("a delta of no open block", data);
				const kind = delta?.type ?? "";
				if (!DELTAS[this.#open.type]?.includes(kind)) fail(`${kind} in a block of ${this.#open.type}`);
				if (this.#isSigned) fail("a delta behind the signature");
				this.#isSigned = kind === "signature_delta";
				return;
			}
			case "content_block_stop":
				if (this.#open === null || index !== this.#blocks.length - 1) fail("no such block is open");
				this.#open = null;
				return;
			case "message_delta":
				if (this.#stage !== "content" || this.#open !== null) fail("message_delta with an open block, or twice");
				this.#stage = "summed";
				if (delta?.stop_reason == null) fail("message_delta without a stop reason");
				checkCalls(this.#blocks, delta?.stop_reason ?? "");
				checkUsage(usage ?? {});
				return;
			case "message_stop":
				if (this.#stage !== "summed") fail("message_stop without message_delta");
				this.#stage = "stopped";
		}
	}
}
