// Writes an answer, whole or as a stream, as Anthropic's API does.
import type { Chunk, ChunkChoice, Completion, FinishReason } from "#core/chat/chat";
import type { Usage } from "#core/chat/usage";
import type { ErrorDetails } from "#core/errors";
import type { AnswerHead, StreamRenderer } from "#faces/face";
import type { NanoUsd } from "#metering/money";
import { chat } from "#operations/chat/index";
import { type Block, blocksOf, ContentBlocks } from "./content-blocks";
import { errorBody } from "./error-body";
import type { MessagesStyle } from "./parse";
import { stopOf } from "./stop";
import { NO_USAGE, renderUsage, renderWholeUsage } from "./usage";

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

/** Writes one streamed answer as events of the Messages API. */
export class MessageStreamRenderer implements StreamRenderer<Chunk> {
	readonly #head: AnswerHead;
	readonly #style: MessagesStyle;
	readonly #blocks: ContentBlocks;
	#isBegun = false;
	#finish: { finish_reason: FinishReason; native_finish_reason?: string } = { finish_reason: "stop" };

	constructor(head: AnswerHead, style: MessagesStyle) {
		this.#head = head;
		this.#style = style;
		this.#blocks = new ContentBlocks(style.omitsThinking);
	}

	chunk({ choices }: Chunk): string {
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

	#begin(): string {
		if (this.#isBegun) return "";
		this.#isBegun = true;
		return event({ type: "message_start", message: message(this.#head, []) });
	}
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
