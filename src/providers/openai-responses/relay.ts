/** Reads an answer in Responses that is passed on as it comes, from a server that writes it as OpenAI does. */
import type { Chunk } from "#core/chat/chat";
import { isObject, type JsonObject, parseJson } from "#lib/json";
import { eventText, type SseEvent } from "#lib/sse";
import type { Relay } from "#providers/adapter";
import { malformed } from "#providers/shared/faults";
import { isShallow, isWord } from "#providers/shared/json-shape";
import { ResponsesStreamDecoder } from "./stream";

/** Events that only add to an item, and the field that says to which part of it, where it has parts. */
const DELTAS: Readonly<Record<string, string | null>> = {
	"response.output_text.delta": "content_index",
	"response.refusal.delta": "content_index",
	"response.reasoning_summary_text.delta": "summary_index",
	"response.reasoning_text.delta": "content_index",
	"response.function_call_arguments.delta": null,
	"response.custom_tool_call_input.delta": null,
};
const LAST: ReadonlySet<unknown> = new Set(["response.completed", "response.incomplete"]);
const ENDED: ReadonlySet<unknown> = new Set(["completed", "incomplete"]);

const VARYING = { strings: ["delta", "obfuscation"], counts: ["sequence_number"] };

interface PlainEvent {
	readonly name: string;
	readonly begin: string;
	readonly marks: readonly string[];
}

/**
 * Passes on all but the last event, which holds the whole answer and what it used: the face writes that, with the cost.
 * What is not plain is decoded as well.
 */
export class ResponsesRelay implements Relay {
	readonly face = "responses";
	readonly varying = VARYING;
	readonly #decoder = new ResponsesStreamDecoder();
	#isLikeOpenai: boolean | null = null;
	/** What a plain event is called, begins with and has in it: it adds to where the last one did. */
	#plain: PlainEvent | null = null;
	/** The response as it began, and the last event. */
	#frame: JsonObject = {};
	#isFinished = false;

	get isFit(): boolean {
		return this.#isLikeOpenai !== false;
	}

	fits({ output, usage, status, ...head }: JsonObject): boolean {
		return isHead(head) && isObject(usage) && ENDED.has(status) && Array.isArray(output) && output.every(isTyped);
	}

	/** Within a string of JSON every quote is escaped, so no text that a model writes can be taken for a mark. */
	isPlain({ event, data }: SseEvent): boolean {
		const plain = this.#plain;
		return (
			plain !== null &&
			event === plain.name &&
			data.startsWith(plain.begin) &&
			data.endsWith("}") &&
			plain.marks.every((mark) => data.includes(mark)) &&
			!data.includes('"error"')
		);
	}

	read(event: SseEvent): Chunk {
		const wasFinished = this.#isFinished;
		const chunks = this.#decoder.push(event);
		const chunk: Chunk = Object.assign({}, ...chunks, { choices: chunks.flatMap(({ choices }) => choices) });
		const body = parseJson(event.data);
		if (!isObject(body) || wasFinished) return { ...chunk, wire: "" };
		if (!isShallow(body)) throw malformed("a stream event is nested too deeply");
		const type = typeof body.type === "string" ? body.type : event.event;
		this.#isLikeOpenai ??= type === "response.created" && isObject(body.response) && isHead(body.response);
		if (LAST.has(type)) {
			this.#isFinished = true;
			this.#frame = { ...this.#frame, last: { ...body, type } as JsonObject };
			return { ...chunk, wire: "", frame: this.#frame };
		}
		this.#plain = plainLike(type, body);
		// Clients go by the name of an event, which not every server writes.
		const wire = eventText({ event: type, data: event.data });
		if (type !== "response.created" || !isObject(body.response)) return { ...chunk, wire };
		this.#frame = { ...this.#frame, begun: body.response as JsonObject };
		return { ...chunk, wire, frame: this.#frame };
	}

	end(): void {
		this.#decoder.end();
	}

	written(data: string): string {
		const body = parseJson(data);
		return isObject(body) && typeof body.delta === "string" ? body.delta : data;
	}
}

/** What the events have that add to the same part of the same item as this one; null where it is none of those. */
function plainLike(name: string, body: Record<string, unknown>): PlainEvent | null {
	const part = Object.hasOwn(DELTAS, name) ? DELTAS[name] : undefined;
	if (part === undefined || !isWord(body.delta)) return null;
	const marks: string[] = [];
	for (const field of part === null ? ["output_index"] : ["output_index", part]) {
		if (typeof body[field] !== "number") return null;
		marks.push(`"${field}":${body[field]},`);
	}
	return { name, begin: `{"type":"${name}",`, marks };
}

/** What of a response stands around its output, as OpenAI writes it. */
function isHead({ id, object, created_at: created, model }: Record<string, unknown>): boolean {
	return isWord(id) && object === "response" && typeof created === "number" && isWord(model);
}

function isTyped(item: unknown): boolean {
	return isObject(item) && isWord(item.type);
}
