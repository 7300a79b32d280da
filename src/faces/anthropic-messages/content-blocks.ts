// Turns what a model says, piece by piece, into the content blocks of a message.
import { ANTHROPIC_FORMAT } from "#core/chat/anthropic-reasoning";
import type { Delta, ReasoningDetail, ToolCallDelta } from "#core/chat/chat";
import { Cargo } from "#faces/carried";
import { isObject, parseJson } from "#lib/json";
import { citationsOf } from "./citations";

export type Block =
	| { type: "text"; text: string; citations: unknown[] | null }
	| { type: "thinking"; thinking: string; signature: string }
	| { type: "redacted_thinking"; data: string }
	| { type: "tool_use"; id: string; name: string; input: unknown; caller: { type: "direct" } };

type BlockDelta =
	| { type: "text_delta"; text: string }
	| { type: "citations_delta"; citation: unknown }
	| { type: "thinking_delta"; thinking: string }
	| { type: "signature_delta"; signature: string }
	| { type: "input_json_delta"; partial_json: string };

type BlockEvent =
	| { type: "content_block_start"; index: number; content_block: Block }
	| { type: "content_block_delta"; index: number; delta: BlockDelta }
	| { type: "content_block_stop"; index: number };

/** A call that has not been written to its end. */
interface Call {
	readonly index: number;
	readonly id: string;
	readonly name: string;
	/** Its arguments as far as they came. */
	json: string;
	/** Characters of them that were passed on. */
	sent: number;
}

/**
 * The blocks of one answer. Each is opened, filled and closed before the next begins, as clients expect, although
 * models may say several calls at once.
 */
export class ContentBlocks {
	readonly #omitsThinking: boolean;
	#events: BlockEvent[] = [];
	/** Of the block that is open, or of the last one. */
	#index = -1;
	#open: Block["type"] | null = null;
	/** The text of the open thinking block. */
	#thought = "";
	readonly #cargo = new Cargo();
	/** The first of them is being written. */
	readonly #calls: Call[] = [];
	readonly #begun = new Set<number>();
	#live: Call | null = null;

	constructor(omitsThinking: boolean) {
		this.#omitsThinking = omitsThinking;
	}

	/** What a delta adds. */
	push(delta: Delta): BlockEvent[] {
		const { content, refusal, reasoning_content: thought, reasoning_details: details = [] } = delta;
		// Details that hold the text of their block say what `reasoning_content` says once more.
		const isWithin = details.some((detail) => isSigned(detail) && detail.text);
		if (thought && !isWithin) this.#think(thought);
		for (const detail of details) this.#detail(detail, thought !== undefined && !isWithin);
		if (content) this.#say(content);
		if (refusal) this.#say(refusal);
		for (const image of delta.images ?? []) this.#show(image);
		for (const citation of citationsOf(delta.annotations ?? [])) this.#cite(citation);
		for (const call of delta.tool_calls ?? []) this.#call(call);
		return this.#taken();
	}

	/** What is left when nothing more comes. */
	end(): BlockEvent[] {
		this.#close();
		this.#unload();
		return this.#taken();
	}

	#taken(): BlockEvent[] {
		const events = this.#events;
		this.#events = [];
		return events;
	}

	#say(text: string): void {
		if (this.#open !== "text") this.#begin({ type: "text", text: "", citations: null });
		this.#fill({ type: "text_delta", text });
	}

	/** A message has no block for pictures that a model made. */
	#show(image: unknown): void {
		const link = isObject(image) && isObject(image.image_url) ? image.image_url.url : undefined;
		if (typeof link === "string") this.#say(`![](${link})`);
	}

	#cite(citation: unknown): void {
		if (this.#open === "text") this.#fill({ type: "citations_delta", citation });
	}

	#think(text: string): void {
		if (this.#open !== "thinking") this.#begin({ type: "thinking", thinking: "", signature: "" });
		this.#thought += text;
		if (!this.#omitsThinking) this.#fill({ type: "thinking_delta", thinking: text });
	}

	/** `isSaid` when the text of the detail has been written. */
	#detail(detail: ReasoningDetail, isSaid: boolean): void {
		if (detail.format !== ANTHROPIC_FORMAT) this.#cargo.detail(detail);
		else if (detail.type === "reasoning.encrypted") {
			if (typeof detail.data === "string") this.#whole({ type: "redacted_thinking", data: detail.data });
		} else {
			const { text, signature } = detail;
			const said = this.#open === "thinking" ? this.#thought : "";
			const rest = isSaid || !text ? "" : text.startsWith(said) ? text.slice(said.length) : "";
			if (rest !== "") this.#think(rest);
			if (!signature) return;
			if (this.#open !== "thinking") this.#begin({ type: "thinking", thinking: "", signature: "" });
			this.#fill({ type: "signature_delta", signature });
			this.#stop();
		}
	}

	#call({ index, id, function: called, extra_content: extra }: ToolCallDelta): void {
		let call = this.#calls.find((one) => one.index === index);
		if (call === undefined) {
			if (this.#begun.has(index) || called?.name === undefined) return;
			this.#begun.add(index);
			call = { index, id: id ?? "", name: called.name, json: "", sent: 0 };
			this.#calls.push(call);
		}
		if (extra !== undefined) this.#cargo.call(call.id, extra);
		call.json += called?.arguments ?? "";
		this.#write();
	}

	/** Writes the first call as far as it came, and those behind it once it is whole. */
	#write(isEnd = false): void {
		for (;;) {
			const [call, next] = this.#calls;
			if (call === undefined) return;
			if (this.#live !== call) {
				this.#begin({ type: "tool_use", id: call.id, name: call.name, input: {}, caller: { type: "direct" } });
				this.#live = call;
			}
			if (call.sent < call.json.length) {
				this.#fill({ type: "input_json_delta", partial_json: call.json.slice(call.sent) });
				call.sent = call.json.length;
			}
			if (!isEnd && (next === undefined || parseJson(call.json) === undefined)) return;
			this.#calls.shift();
			this.#stop();
		}
	}

	#begin(block: Block): void {
		if (block.type === "tool_use") this.#closeSpoken();
		else this.#close();
		if (block.type === "tool_use") this.#unload();
		this.#index++;
		this.#open = block.type;
		this.#events.push({ type: "content_block_start", index: this.#index, content_block: block });
	}

	#fill(delta: BlockDelta): void {
		this.#events.push({ type: "content_block_delta", index: this.#index, delta });
	}

	#whole(block: Block): void {
		this.#begin(block);
		this.#stop();
	}

	/** Ends whatever is open: calls that were begun are as whole as they will be. */
	#close(): void {
		this.#write(true);
		this.#closeSpoken();
	}

	#closeSpoken(): void {
		if (this.#open === null) return;
		if (this.#open === "thinking" && !this.#cargo.isEmpty) {
			this.#fill({ type: "signature_delta", signature: this.#cargo.unload() });
		}
		this.#stop();
	}

	#stop(): void {
		this.#events.push({ type: "content_block_stop", index: this.#index });
		this.#open = null;
		this.#live = null;
		this.#thought = "";
	}

	/** What is to be carried and found no thinking block goes in one of its own. */
	#unload(): void {
		if (!this.#cargo.isEmpty) {
			const data = this.#cargo.unload();
			this.#index++;
			this.#events.push({
				type: "content_block_start",
				index: this.#index,
				content_block: { type: "redacted_thinking", data },
			});
			this.#stop();
		}
	}
}

function isSigned({ format, signature }: ReasoningDetail): boolean {
	return format === ANTHROPIC_FORMAT && Boolean(signature);
}

/** The blocks that events make. The input of a call that is no object becomes an empty one. */
export function blocksOf(events: readonly BlockEvent[]): Block[] {
	const blocks: Block[] = [];
	let json = "";
	for (const event of events) {
		if (event.type === "content_block_start") {
			blocks.push({ ...event.content_block });
			json = "";
			continue;
		}
		const block = blocks[event.index];
		if (event.type === "content_block_stop") {
			const input = parseJson(json);
			if (block?.type === "tool_use" && isObject(input)) block.input = input;
		} else if (event.delta.type === "input_json_delta") json += event.delta.partial_json;
		else if (block !== undefined) fill(block, event.delta);
	}
	return blocks;
}

function fill(block: Block, delta: BlockDelta): void {
	if (block.type === "text") {
		if (delta.type === "text_delta") block.text += delta.text;
		else if (delta.type === "citations_delta") block.citations = [...(block.citations ?? []), delta.citation];
	} else if (block.type === "thinking") {
		if (delta.type === "thinking_delta") block.thinking += delta.thinking;
		else if (delta.type === "signature_delta") block.signature += delta.signature;
	}
}
