/** Reads a stream of Chat Completions that is passed on as it comes, from a server that writes it as OpenAI does. */
import type { Chunk } from "#core/chat/chat";
import { isObject, type JsonObject, parseJson } from "#lib/json";
import { eventText, isTerminator, type SseEvent } from "#lib/sse";
import type { Relay } from "#providers/adapter";
import { malformed, truncated } from "#providers/shared/faults";
import { isShallow, isWord } from "#providers/shared/json-shape";
import { errorInEvent } from "./errors";
import { textOf } from "./lenient";
import { choiceIndex, finishOf, reasoningText } from "./response";
import { chatUsage } from "./usage";

const VARYING = { strings: ["content", "refusal", "arguments", "input", "obfuscation"] };

/**
 * Reads of a stream with one choice the finish, the usage, and what went wrong. Usage is kept from the caller: the face
 * writes it, with its cost, to a caller who asked for it.
 */
export class ChatRelay implements Relay {
	readonly face = "chat";
	readonly varying = VARYING;
	/** Whether each choice that was read has finished. The one that was asked for is there from the beginning. */
	readonly #isFinished = new Map([[0, false]]);
	#isLikeOpenai: boolean | null = null;

	get isFit(): boolean {
		return this.#isLikeOpenai !== false;
	}

	/**
	 * Within a string of JSON every quote is escaped, so no text that a model writes can be taken for one of these names.
	 */
	fits({
		id,
		object,
		created,
		model,
		system_fingerprint: mark,
		service_tier: tier,
		choices,
		usage,
	}: JsonObject): boolean {
		if (!TIERS.has(tier)) return false;
		const head = isWord(id) && object === "chat.completion" && typeof created === "number" && isWord(model);
		return head && isMark(mark) && isObject(usage) && Array.isArray(choices) && choices.every(isLikeOpenais);
	}

	isPlain({ data }: SseEvent): boolean {
		const usage = data.indexOf('"usage"');
		return (
			data.startsWith("{") &&
			data.endsWith("}") &&
			data.includes('"choices":[{"index":0,') &&
			data.includes('"finish_reason":null') &&
			// Named twice, it may be null within the choice alone.
			(usage === -1 || (data.startsWith('"usage":null', usage) && !data.includes('"usage"', usage + 1))) &&
			!data.includes('"error"')
		);
	}

	read(event: SseEvent): Chunk {
		if (event.data === "" || isTerminator(event)) return { choices: [], wire: "" };
		const body = parseJson(event.data);
		if (!isObject(body)) throw malformed("a stream event is not a JSON object");
		if (!isShallow(body)) throw malformed("a stream event is nested too deeply");
		const error = errorInEvent(event.event, body);
		if (error !== null) throw error;
		const { choices = [] } = body;
		if (!Array.isArray(choices)) throw malformed("the choices of a stream event are no list");
		choices.forEach((choice, position) => {
			this.#readChoice(choice, position);
		});
		const chunk: Chunk = { choices: [] };
		if (isWord(body.model)) chunk.model = body.model;
		if (isWord(body.service_tier)) chunk.service_tier = body.service_tier;
		if (this.#isLikeOpenai === null || isObject(body.usage)) chunk.frame = body as JsonObject;
		this.#isLikeOpenai ??= isOpening(body, choices[0]);
		if (!isObject(body.usage)) return { ...chunk, wire: eventText(event), unread: true };
		const usage = chatUsage(body.usage);
		if (usage !== undefined) chunk.usage = usage;
		const rest = choices.length === 0 ? "" : eventText({ ...event, data: JSON.stringify({ ...body, usage: null }) });
		return rest === "" ? { ...chunk, wire: "" } : { ...chunk, wire: rest, unread: true };
	}

	end(): void {
		for (const isFinished of this.#isFinished.values()) if (!isFinished) throw truncated();
	}

	written(data: string): string {
		const body = parseJson(data);
		if (!isObject(body) || !Array.isArray(body.choices)) return data;
		return body.choices
			.map((choice) => (isObject(choice) && isObject(choice.delta) ? deltaText(choice.delta, data) : ""))
			.join("");
	}

	#readChoice(choice: unknown, position: number): void {
		if (!isObject(choice)) throw malformed("a choice is not an object");
		const index = choiceIndex(choice.index, position);
		if (isWord(choice.finish_reason)) {
			finishOf(choice.finish_reason, false, choice);
			this.#isFinished.set(index, true);
		} else if (!this.#isFinished.has(index)) this.#isFinished.set(index, false);
	}
}

/** What a model wrote in a delta of `data` as it came, pictures and sound as they were encoded. */
export function deltaText(delta: Record<string, unknown>, data: string): string {
	let text = reasoningText(delta) + textOf(delta.content) + textOf(delta.refusal);
	const calls = Array.isArray(delta.tool_calls) ? delta.tool_calls : [];
	for (const call of calls) {
		const called: unknown = isObject(call) ? (call.function ?? call.custom) : undefined;
		if (!isObject(called)) continue;
		for (const part of [called.name, called.arguments, called.input]) if (typeof part === "string") text += part;
	}
	for (const media of [delta.images, delta.audio]) if (media) text += isShallow(media) ? JSON.stringify(media) : data;
	return text;
}

/** A first event as OpenAI writes it; servers that only imitate OpenAI leave out what its clients are promised. */
function isOpening({ id, object, created, model, system_fingerprint: mark }: Record<string, unknown>, first: unknown) {
	const head = isWord(id) && object === "chat.completion.chunk" && typeof created === "number" && isWord(model);
	return head && isMark(mark) && isObject(first) && isObject(first.delta) && first.delta.role === "assistant";
}

function isMark(mark: unknown): boolean {
	return mark === null || typeof mark === "string";
}

const TIERS: ReadonlySet<unknown> = new Set([undefined, null, "auto", "default", "flex", "scale", "priority", "fast"]);
const FINISHES: ReadonlySet<unknown> = new Set(["stop", "length", "tool_calls", "content_filter"]);
/** What a message of OpenAI's has; what else other servers write has a form here that not all of them keep to. */
const MESSAGE_FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
	role: (role) => role === "assistant",
	content: isTextOrNull,
	refusal: isTextOrNull,
	tool_calls: (calls) => Array.isArray(calls) && calls.length > 0 && calls.every(isCall),
	annotations: (list) => Array.isArray(list) && list.every((one) => isObject(one) && isObject(one.url_citation)),
	audio: (audio) => audio === null || isObject(audio),
};
const FOREIGN = ["reasoning", "reasoning_content", "reasoning_details", "images", "function_call"];

/** A choice of a whole answer as OpenAI writes it. */
function isLikeOpenais(choice: unknown, position: number): boolean {
	if (!isObject(choice) || choice.index !== position || !isObject(choice.message)) return false;
	const { message, finish_reason: finish, logprobs } = choice;
	const isFinish = FINISHES.has(finish) && (finish === "tool_calls") === (message.tool_calls !== undefined);
	return (
		isFinish &&
		(logprobs === null || isObject(logprobs)) &&
		"content" in message &&
		"refusal" in message &&
		FOREIGN.every((name) => !(name in message)) &&
		Object.entries(message).every(([name, value]) => MESSAGE_FIELDS[name]?.(value) ?? true)
	);
}

function isTextOrNull(value: unknown): boolean {
	return value === null || typeof value === "string";
}

function isCall(call: unknown): boolean {
	if (!isObject(call) || !isWord(call.id)) return false;
	const called = call.type === "function" ? call.function : call.type === "custom" ? call.custom : null;
	return isObject(called) && isWord(called.name) && typeof (called.arguments ?? called.input) === "string";
}
