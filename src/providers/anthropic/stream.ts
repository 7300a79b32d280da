// Decodes a streamed answer of the Messages API.
import { redactedDetail, thinkingDetail } from "#core/chat/anthropic-reasoning";
import type { Chunk, Delta } from "#core/chat/chat";
import { UpstreamError } from "#core/fault";
import { isObject, parseJson } from "#lib/json";
import { isTerminator, type SseEvent } from "#lib/sse";
import type { StreamDecoder } from "#providers/adapter";
import { empty, malformed, truncated } from "#providers/shared/faults";
import { bodyFault } from "./errors";
import { citationsOf, finishOf, inputText, toolName } from "./response";
import { StreamedUsage } from "./streamed-usage";

type Block =
	/** `start` is where its text begins in all of the text, in characters. */
	| { type: "text"; start: number; cited: unknown[] }
	| { type: "thinking"; text: string; signature: string }
	/** `input` is what the block began with; it counts if no fragment follows. */
	| { type: "tool"; index: number; input: unknown; hasArguments: boolean }
	/** Blocks of tools that run at Anthropic's, which have no place in a chat answer. */
	| { type: "other" };

/** Decodes a stream of message events. */
export class AnthropicStream implements StreamDecoder {
	readonly #blocks = new Map<number, Block>();
	readonly #usage = new StreamedUsage();
	/** Said with the first chunk. */
	#model: string | null = null;
	#calls = 0;
	/** Characters of text so far. */
	#length = 0;
	#stopReason: string | null = null;
	#isStarted = false;
	#isStopped = false;

	push(event: SseEvent): Chunk[] {
		// No word of Anthropic's: a proxy may add it.
		if (isTerminator(event)) return [];
		const data = parseJson(event.data);
		if (!isObject(data)) throw malformed("a stream event is not a JSON object");
		switch (data.type) {
			case "content_block_delta":
				return this.#chunks(this.#continue(this.#block(data.index), data.delta));
			case "content_block_start":
				return this.#chunks(this.#open(data.index, data.content_block));
			case "content_block_stop":
				return this.#chunks(this.#close(data.index));
			case "message_start":
				return this.#start(data.message);
			case "message_delta":
				return this.#summarise(data);
			case "message_stop":
				return this.#stop();
			case "error":
				throw new UpstreamError(bodyFault(data, 200));
			default:
				// Pings, and events of a later day.
				return [];
		}
	}

	end(): Chunk[] {
		if (!this.#isStarted) throw empty();
		if (!this.#isStopped) throw truncated();
		return [];
	}

	#start(message: unknown): Chunk[] {
		this.#isStarted = true;
		if (!isObject(message)) throw malformed("the stream begins without a message");
		if (typeof message.model === "string") this.#model = message.model;
		return this.#told(message.usage);
	}

	#summarise(data: Record<string, unknown>): Chunk[] {
		if (isObject(data.delta) && typeof data.delta.stop_reason === "string") this.#stopReason = data.delta.stop_reason;
		return this.#told(data.usage);
	}

	/** The prompt is told of where the answer begins: one that breaks off is charged by that. */
	#told(usage: unknown): Chunk[] {
		const told = isObject(usage) ? this.#usage.report(usage, this.#stopReason !== null) : null;
		return told === null ? [] : [{ choices: [], ...told }];
	}

	#stop(): Chunk[] {
		if (this.#isStopped) return [];
		if (this.#stopReason === null) throw truncated();
		const rest = [...this.#blocks.keys()].flatMap((index) => this.#chunks(this.#close(index)));
		this.#isStopped = true;
		const finish = finishOf(this.#stopReason, this.#calls > 0);
		return [...rest, { choices: [{ index: 0, delta: {}, ...finish }] }];
	}

	#block(index: unknown): Block {
		const block = typeof index === "number" ? this.#blocks.get(index) : undefined;
		if (block === undefined) throw malformed("a delta belongs to no content block");
		return block;
	}

	#open(index: unknown, start: unknown): Delta | null {
		if (typeof index !== "number" || !isObject(start)) throw malformed("a content block is not an object");
		switch (start.type) {
			case "text":
				this.#blocks.set(index, { type: "text", start: this.#length, cited: [] });
				return this.#text(start.text);
			case "thinking": {
				const text = typeof start.thinking === "string" ? start.thinking : "";
				const signature = typeof start.signature === "string" ? start.signature : "";
				this.#blocks.set(index, { type: "thinking", text, signature });
				return text === "" ? null : { reasoning_content: text };
			}
			case "redacted_thinking":
				this.#blocks.set(index, { type: "other" });
				return typeof start.data === "string" ? { reasoning_details: [redactedDetail(start.data)] } : null;
			case "tool_use": {
				const { id, name } = toolName(start);
				const call = this.#calls++;
				this.#blocks.set(index, { type: "tool", index: call, input: start.input, hasArguments: false });
				return { tool_calls: [{ index: call, id, type: "function", function: { name, arguments: "" } }] };
			}
			default:
				this.#usage.begin(start);
				this.#blocks.set(index, { type: "other" });
				return null;
		}
	}

	#continue(block: Block, delta: unknown): Delta | null {
		if (!isObject(delta)) throw malformed("a delta is not an object");
		if (block.type === "text") {
			if (isObject(delta.citation)) block.cited.push(delta.citation);
			return this.#text(delta.text);
		}
		if (block.type === "tool") {
			const { partial_json: json } = delta;
			if (typeof json !== "string" || json === "") return null;
			block.hasArguments = true;
			return { tool_calls: [{ index: block.index, function: { arguments: json } }] };
		}
		if (block.type === "thinking") {
			if (typeof delta.signature === "string") block.signature += delta.signature;
			if (typeof delta.thinking !== "string" || delta.thinking === "") return null;
			block.text += delta.thinking;
			return { reasoning_content: delta.thinking };
		}
		return null;
	}

	#text(text: unknown): Delta | null {
		if (typeof text !== "string" || text === "") return null;
		this.#length += text.length;
		return { content: text };
	}

	/** Thinking goes out once more as a whole, with its signature: that is what must come back. */
	#close(index: unknown): Delta | null {
		if (typeof index !== "number") return null;
		const block = this.#blocks.get(index);
		this.#blocks.delete(index);
		if (block?.type === "thinking") return { reasoning_details: [thinkingDetail(block.text, block.signature)] };
		if (block?.type === "text") {
			const annotations = citationsOf(block.cited, block.start, this.#length);
			return annotations.length === 0 ? null : { annotations };
		}
		if (block?.type === "tool" && !block.hasArguments) {
			return { tool_calls: [{ index: block.index, function: { arguments: inputText(block.input) } }] };
		}
		return null;
	}

	#chunks(delta: Delta | null): Chunk[] {
		if (delta === null) return [];
		const chunk: Chunk = { choices: [{ index: 0, delta, finish_reason: null }] };
		if (this.#model !== null) {
			chunk.model = this.#model;
			this.#model = null;
		}
		return [chunk];
	}
}
