/** Reads an answer in Messages that is passed on as it comes, from a server that writes it as Anthropic does. */
import type { Chunk } from "#core/chat/chat";
import { isObject, type JsonObject, parseJson } from "#lib/json";
import { eventText, isTerminator, type SseEvent } from "#lib/sse";
import type { Relay } from "#providers/adapter";
import { malformed } from "#providers/shared/faults";
import { isShallow, isWord } from "#providers/shared/json-shape";
import { AnthropicStream } from "./stream";

/** What a delta adds to a block of each type, by the type of the delta. */
const FIELDS: Readonly<Record<string, readonly [delta: string, field: string]>> = {
	text: ["text_delta", "text"],
	thinking: ["thinking_delta", "thinking"],
	tool_use: ["input_json_delta", "partial_json"],
};

const VARYING = { strings: Object.values(FIELDS).map(([, field]) => field) };

/**
 * Passes on all but the last two events, which tell why the answer stopped and what it used: the face writes these,
 * with the cost. What is not plain is decoded as well.
 */
export class MessagesRelay implements Relay {
	readonly face = "messages";
	readonly varying = VARYING;
	readonly #decoder = new AnthropicStream();
	#isLikeAnthropic: boolean | null = null;
	/** What a plain delta of the block that is open begins with; null while there is none. */
	#plain: string | null = null;
	/** The last two events. */
	#frame: JsonObject = {};

	get isFit(): boolean {
		return this.#isLikeAnthropic !== false;
	}

	fits({ content, usage, ...head }: JsonObject): boolean {
		return isHead(head) && isObject(usage) && Array.isArray(content) && content.every(isTyped);
	}

	/** A model's text ends with a quote that is not escaped; what stands behind one is a field that is not known. */
	isPlain({ event, data }: SseEvent): boolean {
		return (
			this.#plain !== null &&
			event === "content_block_delta" &&
			data.startsWith(this.#plain) &&
			data.endsWith('"}}') &&
			!data.endsWith('\\"}}')
		);
	}

	read(event: SseEvent): Chunk {
		const chunks = this.#decoder.push(event);
		const chunk: Chunk = Object.assign({}, ...chunks, { choices: chunks.flatMap(({ choices }) => choices) });
		const body = isTerminator(event) ? undefined : parseJson(event.data);
		if (!isObject(body)) return { ...chunk, wire: "" };
		if (!isShallow(body)) throw malformed("a stream event is nested too deeply");
		const { type } = body;
		switch (type) {
			case "message_start":
				this.#isLikeAnthropic ??= isObject(body.message) && isHead(body.message) && isObject(body.message.usage);
				break;
			case "content_block_start":
				this.#plain = isObject(body.content_block) ? this.#opened(body.index, body.content_block.type) : null;
				break;
			case "content_block_delta":
				// Whether a call has arguments at all the decoder has to see.
				if (isObject(body.delta) && body.delta.partial_json) this.#plain = plainDelta(body.index, "tool_use");
				break;
			case "content_block_stop":
				this.#plain = null;
				break;
			case "message_delta":
				if (!isObject(body.delta) || typeof body.delta.stop_reason !== "string") break;
				return this.#kept(chunk, "message_delta", body as JsonObject);
			case "message_stop":
				return this.#kept(chunk, "message_stop", body as JsonObject);
		}
		// Clients go by the name of an event, which not every server writes.
		return { ...chunk, wire: eventText({ event: typeof type === "string" ? type : event.event, data: event.data }) };
	}

	end(): void {
		this.#decoder.end();
	}

	written(data: string): string {
		const body = parseJson(data);
		if (!isObject(body) || !isObject(body.delta)) return data;
		const { text, thinking, partial_json: json } = body.delta;
		return [text, thinking, json].map((part) => (typeof part === "string" ? part : "")).join("");
	}

	#opened(index: unknown, type: unknown): string | null {
		return type === "tool_use" ? null : plainDelta(index, type);
	}

	#kept(chunk: Chunk, type: string, event: JsonObject): Chunk {
		const before = this.#frame[type];
		this.#frame = { ...this.#frame, [type]: isObject(before) ? { ...before, ...event } : event };
		return { ...chunk, wire: "", frame: this.#frame };
	}
}

function plainDelta(index: unknown, type: unknown): string | null {
	const fields = typeof type === "string" && Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined;
	if (fields === undefined || typeof index !== "number") return null;
	const [delta, field] = fields;
	return `{"type":"content_block_delta","index":${index},"delta":{"type":"${delta}","${field}":"`;
}

/** What of a message stands around its content, as Anthropic writes it. */
function isHead({ id, type, role, model }: Record<string, unknown>): boolean {
	return isWord(id) && type === "message" && role === "assistant" && isWord(model);
}

function isTyped(block: unknown): boolean {
	return isObject(block) && isWord(block.type);
}
