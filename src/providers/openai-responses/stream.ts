// Decodes the named events of a streamed response.
import type { Chunk, ChunkChoice, Delta } from "#core/chat/chat";
import { UpstreamError } from "#core/fault";
import { isObject, type JsonObject, parseJson } from "#lib/json";
import { isTerminator, type SseEvent } from "#lib/sse";
import type { StreamDecoder } from "#providers/adapter";
import { faultWithin } from "#providers/openai-chat/errors";
import { responsesUsage } from "#providers/openai-chat/usage";
import { empty, malformed, truncated } from "#providers/shared/faults";
import { isFilled, isWord } from "#providers/shared/json-shape";
import { reasoningBlocks, reasoningTextOf } from "./items";
import { citationsOf, failed, finishOfResponse, messageText, PARTING, readCall } from "./response";

/** An output item while it streams. */
interface OpenItem {
	/** A tool call's index in chat; null for other items and before its start was passed on. */
	call: number | null;
	/** Whether any of its text has been passed on. */
	spoke: boolean;
	/** The index of the part of it that spoke last. */
	part: unknown;
	/** Where its text begins in all of the text, in characters. */
	offset: number;
	/** In which phase it is said; null where it does not say or the caller is told of no items. */
	phase: string | null;
}

/** Decodes the events of a streamed response as the chunks of one chat choice. */
export class ResponsesStreamDecoder implements StreamDecoder {
	readonly #isItemized: boolean;
	readonly #items = new Map<unknown, OpenItem>();
	#calls = 0;
	#blocks = 0;
	/** Characters of text that were passed on, which the next item's is parted from. */
	#length = 0;
	#hasReasoning = false;
	#begun = false;
	#finished = false;
	#described = false;
	#head: Pick<Chunk, "model"> = {};

	/** `isItemized` where the caller is told of items one by one. */
	constructor(isItemized = false) {
		this.#isItemized = isItemized;
	}

	push(event: SseEvent): Chunk[] {
		if (event.data === "" || this.#finished || isTerminator(event)) return [];
		const body = parseJson(event.data);
		if (!isObject(body)) throw malformed("a stream event is not a JSON object");
		const type = body.type ?? event.event;
		if (type === "error" || (body.error && !isObject(body.response))) throw new UpstreamError(faultWithin(body));
		if (typeof type !== "string") return [];
		this.#begun = true;
		switch (type) {
			case "response.created":
				if (isObject(body.response) && isWord(body.response.model)) this.#head = { model: body.response.model };
				return [];
			case "response.output_item.added":
				return this.#chunk(isObject(body.item) ? this.#begin(body.item, this.#item(body.output_index)) : null);
			case "response.output_text.delta":
				return this.#chunk(this.#text(this.#item(body.output_index), body.delta), body.logprobs);
			case "response.refusal.delta":
				return this.#chunk(this.#refusal(this.#item(body.output_index), body.delta));
			case "response.reasoning_summary_text.delta":
				return this.#chunk(this.#reasoning(this.#item(body.output_index), body.summary_index, body.delta));
			case "response.reasoning_text.delta":
				return this.#chunk(this.#reasoning(this.#item(body.output_index), body.content_index, body.delta));
			case "response.function_call_arguments.delta":
				return this.#chunk(this.#arguments(this.#item(body.output_index), body.delta, "function"));
			case "response.custom_tool_call_input.delta":
				return this.#chunk(this.#arguments(this.#item(body.output_index), body.delta, "custom"));
			case "response.output_item.done":
				return this.#chunk(isObject(body.item) ? this.#close(body.item, this.#item(body.output_index)) : null);
			case "response.completed":
			case "response.incomplete":
			case "response.failed":
				return this.#finish(isObject(body.response) ? body.response : {}, type);
			default:
				return [];
		}
	}

	end(): Chunk[] {
		if (this.#finished) return [];
		throw this.#begun ? truncated() : empty();
	}

	#item(outputIndex: unknown): OpenItem {
		let item = this.#items.get(outputIndex);
		if (item === undefined) {
			item = { call: null, spoke: false, part: null, offset: 0, phase: null };
			this.#items.set(outputIndex, item);
		}
		return item;
	}

	#begin(wire: Record<string, unknown>, item: OpenItem): Delta | null {
		const isCall = wire.type === "function_call" || wire.type === "custom_tool_call";
		if (this.#isItemized && isWord(wire.phase)) item.phase = wire.phase;
		return isCall && item.call === null ? this.#beginCall(item, readCall(wire)) : null;
	}

	#beginCall(item: OpenItem, { id, name, type, text }: ReturnType<typeof readCall>): Delta {
		const index = this.#calls++;
		item.call = index;
		item.spoke = text !== "";
		const opened = type === "custom" ? { custom: { name, input: text } } : { function: { name, arguments: text } };
		return { tool_calls: [{ index, id, type, ...opened }] };
	}

	#text(item: OpenItem, text: unknown): Delta | null {
		if (!isWord(text)) return null;
		if (item.phase !== null) return { ...this.#opened(item), content: text };
		const parting = this.#length > 0 && !item.spoke ? PARTING : "";
		if (!item.spoke) item.offset = this.#length + parting.length;
		item.spoke = true;
		this.#length += parting.length + text.length;
		return { content: parting + text };
	}

	#message(item: OpenItem, { text, refusal }: ReturnType<typeof messageText>): Delta | null {
		return text === "" ? this.#refusal(item, refusal) : this.#text(item, text);
	}

	#refusal(item: OpenItem, text: unknown): Delta | null {
		if (!isWord(text)) return null;
		const opened = this.#opened(item);
		item.spoke = true;
		return { ...opened, refusal: text };
	}

	/** What begins a message of its own; nothing once it has begun. */
	#opened(item: OpenItem): Delta {
		const { phase, spoke } = item;
		item.spoke = true;
		return spoke || phase === null ? {} : { phase };
	}

	#reasoning(item: OpenItem, part: unknown, text: unknown): Delta | null {
		if (!isWord(text)) return null;
		const isParted = this.#hasReasoning && !(item.spoke && item.part === part);
		item.spoke = true;
		item.part = part;
		this.#hasReasoning = true;
		return { reasoning_content: isParted ? `\n\n${text}` : text };
	}

	#arguments(item: OpenItem, text: unknown, type: "function" | "custom"): Delta | null {
		if (!isWord(text)) return null;
		if (item.call === null) throw malformed("arguments of a tool call that did not begin");
		item.spoke = true;
		const index = item.call;
		return {
			tool_calls: [type === "custom" ? { index, custom: { input: text } } : { index, function: { arguments: text } }],
		};
	}

	/** The finished item: what of it did not stream is said now. */
	#close(wire: Record<string, unknown>, item: OpenItem): Delta | null {
		switch (wire.type) {
			case "message": {
				const delta = item.spoke ? null : this.#message(item, messageText(wire));
				const annotations = citationsOf(wire, item.offset);
				return annotations.length === 0 ? delta : { ...delta, annotations };
			}
			case "reasoning": {
				const text = item.spoke ? null : this.#reasoning(item, null, reasoningTextOf(wire));
				const blocks = reasoningBlocks(wire, this.#blocks);
				this.#blocks += blocks.length;
				return blocks.length === 0 ? text : { ...text, reasoning_details: blocks };
			}
			case "function_call":
			case "custom_tool_call": {
				if (item.spoke) return null;
				const call = readCall(wire);
				// Clients parse the arguments, and no arguments are no JSON.
				const text = call.text || (call.type === "function" ? "{}" : "");
				return item.call === null ? this.#beginCall(item, { ...call, text }) : this.#arguments(item, text, call.type);
			}
			default:
				if (!this.#isItemized) return null;
				// What is thought after it is an item of its own.
				this.#hasReasoning = false;
				return { items: [wire as JsonObject] };
		}
	}

	#finish(response: Record<string, unknown>, type: string): Chunk[] {
		if (type === "response.failed" || response.error) throw failed(response);
		if (type === "response.completed" && this.#items.size === 0) throw empty();
		this.#finished = true;
		const status = type === "response.incomplete" ? "incomplete" : response.status;
		const choice: ChunkChoice = {
			index: 0,
			delta: {},
			...finishOfResponse({ ...response, status }, this.#calls > 0),
		};
		const usage = responsesUsage(response);
		return [
			{
				choices: [choice],
				...this.#head,
				...(usage !== undefined && { usage }),
				...(isWord(response.model) && { model: response.model }),
				...(isWord(response.service_tier) && { service_tier: response.service_tier }),
			},
		];
	}

	#chunk(delta: Delta | null, logprobs?: unknown): Chunk[] {
		if (delta === null) return [];
		const choice: ChunkChoice = { index: 0, delta, finish_reason: null };
		if (isFilled(logprobs)) choice.logprobs = { content: logprobs, refusal: null };
		const chunk: Chunk = { choices: [choice] };
		if (!this.#described) Object.assign(chunk, this.#head);
		this.#described = true;
		return [chunk];
	}
}
