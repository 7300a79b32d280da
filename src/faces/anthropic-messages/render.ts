// Writes an answer, whole or as a stream, as Anthropic's API does.
import type { Chunk, ChunkChoice, Completion, FinishReason } from "#core/chat/chat";
import type { Usage } from "#core/chat/usage";
import type { ErrorDetails } from "#core/errors";
import type { PassedAnswer } from "#core/passed";
import type { AnswerHead, StreamRenderer } from "#faces/face";
import { isObject, type JsonObject } from "#lib/json";
import { withMember } from "#lib/json-member";
import type { NanoUsd } from "#metering/money";
import { chat } from "#operations/chat/index";
import { type Block, blocksOf, ContentBlocks } from "./content-blocks";
import { errorBody } from "./error-body";
import type { MessagesStyle } from "./parse";
import { stopOf } from "./stop";
import { NO_USAGE, renderUsage, renderWholeUsage, usageBeside } from "./usage";

/** A whole answer as a `message`: the blocks that a stream of it would have. */
export function renderMessage(
	head: AnswerHead,
	completion: Completion,
	usage: Usage,
	cost: NanoUsd | null,
	style: MessagesStyle,
): Record<string, unknown> {
	const blocks = new ContentBlocks(style.omitsThinking);
	const events = chat.toChunks(completion).flatMap(({ choices }) => {
		const choice = firstOf(choices);
		return choice === undefined ? [] : blocks.push(choice.delta);
	});
	const choice = completion.choices.find(({ index }) => index === 0);
	return {
		...message(head, blocksOf([...events, ...blocks.end()])),
		...stopOf(choice ?? { finish_reason: "stop" }, style.stops),
		usage: renderWholeUsage(usage, cost, completion.service_tier),
	};
}

/** A whole answer that came as a `message`. */
export function passMessage({ text, body }: PassedAnswer, usage: Usage, cost: NanoUsd | null): string {
	return withMember(text, "usage", JSON.stringify(usageBeside(body.usage, usage, cost)));
}

/** Where the event that begins a message stands among events. */
const BEGIN = /(?:^|(?<=\n\n))event: message_start\n(?:data: .*\n)+\n/;

/** Writes one streamed answer as events of the Messages API. */
export class MessageStreamRenderer implements StreamRenderer<Chunk> {
	readonly #head: AnswerHead;
	readonly #style: MessagesStyle;
	readonly #blocks: ContentBlocks;
	#isBegun = false;
	/** It was begun before anything came. */
	#hasOwnBegin = false;
	/** The last two events of a message that is passed on. */
	#frame: JsonObject | null = null;
	#finish: { finish_reason: FinishReason; native_finish_reason?: string } = { finish_reason: "stop" };

	constructor(head: AnswerHead, style: MessagesStyle) {
		this.#head = head;
		this.#style = style;
		this.#blocks = new ContentBlocks(style.omitsThinking);
	}

	chunk({ choices, wire, frame }: Chunk): string | Uint8Array {
		if (frame !== undefined) this.#frame = frame;
		if (wire !== undefined) return this.#passed(wire);
		const choice = firstOf(choices);
		if (choice === undefined) return "";
		let text = this.#begin();
		for (const block of this.#blocks.push(choice.delta)) text += event(block);
		const { finish_reason, native_finish_reason: native } = choice;
		if (finish_reason !== null) {
			this.#finish = { finish_reason, ...(native !== undefined && { native_finish_reason: native }) };
		}
		return text;
	}

	silence(): string {
		return `${this.#begin()}event: ping\ndata: {"type":"ping"}\n\n`;
	}

	/** The last blocks, why it stopped and what it used. The figures of the usage are those of the whole answer. */
	end(usage: Usage, cost: NanoUsd | null): string {
		if (this.#frame !== null) return ending(this.#frame, usage, cost);
		let text = this.#begin();
		for (const block of this.#blocks.end()) text += event(block);
		const delta = { ...stopOf(this.#finish, this.#style.stops), stop_details: null, container: null };
		return (
			text + event({ type: "message_delta", delta, usage: renderUsage(usage, cost) }) + event({ type: "message_stop" })
		);
	}

	/** No `message_stop` may follow: it would make the answer look complete. */
	error(details: ErrorDetails, requestId: string): string {
		return event({ ...errorBody(details, requestId), type: "error" });
	}

	/** Events as they came, without the one that begins the message where a sign of life needed one before. */
	#passed(wire: string | Uint8Array): string | Uint8Array {
		this.#isBegun = true;
		// No event that was not read begins a message.
		if (!this.#hasOwnBegin || typeof wire !== "string") return wire;
		this.#hasOwnBegin = false;
		return wire.replace(BEGIN, "");
	}

	#begin(): string {
		if (this.#isBegun) return "";
		this.#isBegun = true;
		this.#hasOwnBegin = true;
		return event({ type: "message_start", message: message(this.#head, []) });
	}
}

/** The last events of a message that is passed on, with the usage of the whole. */
function ending({ message_delta: delta, message_stop: stop }: JsonObject, usage: Usage, cost: NanoUsd | null): string {
	const own = isObject(delta) ? delta : {};
	return (
		event({ ...own, type: "message_delta", usage: usageBeside(own.usage, usage, cost) }) +
		event({ ...(isObject(stop) && stop), type: "message_stop" })
	);
}

/** A message has one answer only. */
function firstOf(choices: readonly ChunkChoice[]): ChunkChoice | undefined {
	return choices.find(({ index }) => index === 0);
}

function message({ requestId, model }: AnswerHead, content: readonly Block[]): Record<string, unknown> {
	return {
		id: `msg_${requestId.slice(4)}`,
		type: "message",
		role: "assistant",
		model,
		content,
		stop_reason: null,
		stop_sequence: null,
		stop_details: null,
		container: null,
		diagnostics: null,
		usage: NO_USAGE,
	};
}

function event(data: { readonly type: string; readonly [field: string]: unknown }): string {
	return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
