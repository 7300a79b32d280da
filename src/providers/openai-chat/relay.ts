/** Reads a stream of Chat Completions that is passed on as it comes, from a server that writes it as OpenAI does. */
import type { Chunk } from "#core/chat/chat";
import { isObject, type JsonObject, parseJson } from "#lib/json";
import { eventText, type SseEvent } from "#lib/sse";
import type { Relay } from "#providers/adapter";
import { malformed, truncated } from "#providers/shared/faults";
import { errorWithin } from "./errors";
import { isWord } from "./lenient";
import { finishOf } from "./response";
import { chatUsage } from "./usage";

/**
 * Reads of a stream with one choice the finish, the usage, and what went wrong. Usage is kept from the caller: the face
 * writes it, with its cost, to a caller who asked for it.
 */
export class ChatRelay implements Relay {
	readonly face = "chat";
	#isFinished = false;
	#isLikeOpenai: boolean | null = null;

	get isFit(): boolean {
		return this.#isLikeOpenai !== false;
	}

	/**
	 * Within a string of JSON every quote is escaped, so no text that a model writes can be taken for one of these names.
	 */
	isPlain(data: string): boolean {
		return (
			data.includes('"finish_reason":null') &&
			(data.includes('"usage":null') || !data.includes('"usage"')) &&
			!data.includes('"error"')
		);
	}

	read(event: SseEvent): Chunk {
		if (event.data.trim() === "[DONE]") return { choices: [], wire: "" };
		const body = parseJson(event.data);
		if (!isObject(body)) throw malformed("a stream event is not a JSON object");
		const error = errorWithin(event.event === "error" && body.error === undefined ? { error: body } : body);
		if (error !== null) throw error;
		const choices = Array.isArray(body.choices) ? body.choices : [];
		for (const choice of choices) this.#readChoice(choice);
		const chunk: Chunk = { choices: [] };
		if (isWord(body.model)) chunk.model = body.model;
		if (isWord(body.service_tier)) chunk.service_tier = body.service_tier;
		if (this.#isLikeOpenai === null || isObject(body.usage)) chunk.frame = body as JsonObject;
		this.#isLikeOpenai ??= isOpening(body, choices[0]);
		if (!isObject(body.usage)) return { ...chunk, wire: eventText(event) };
		const usage = chatUsage(body.usage);
		if (usage !== undefined) chunk.usage = usage;
		const rest = choices.length === 0 ? "" : eventText({ ...event, data: JSON.stringify({ ...body, usage: null }) });
		return { ...chunk, wire: rest };
	}

	end(): void {
		if (!this.#isFinished) throw truncated();
	}

	#readChoice(choice: unknown): void {
		if (!isObject(choice)) throw malformed("a choice is not an object");
		if (!isWord(choice.finish_reason)) return;
		finishOf(choice.finish_reason, false, choice);
		this.#isFinished = true;
	}
}

/** A first event as OpenAI writes it; servers that only imitate OpenAI leave out what its clients are promised. */
function isOpening({ id, object, created, model, system_fingerprint: mark }: Record<string, unknown>, first: unknown) {
	const isMark = mark === null || typeof mark === "string";
	const head = isWord(id) && object === "chat.completion.chunk" && typeof created === "number" && isWord(model);
	return head && isMark && isObject(first) && isObject(first.delta) && first.delta.role === "assistant";
}
