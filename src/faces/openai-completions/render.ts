// Writes answers as legacy completions, whole and streamed.
import type { Chunk, ChunkChoice, Completion, FinishReason } from "#core/chat/chat";
import type { Usage } from "#core/chat/usage";
import type { ErrorDetails } from "#core/errors";
import type { StreamRenderer } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import type { CompletionHead } from "#faces/openai-chat/head";
import { renderUsage } from "#faces/openai-chat/usage";
import type { NanoUsd } from "#metering/money";
import { textLogprobs } from "./logprobs";
import type { CompletionsStyle } from "./parse";

/** A whole answer as a `text_completion` object. */
export function renderTextCompletion(
	{ id, created, model }: CompletionHead,
	{ choices, system_fingerprint: fingerprint }: Completion,
	usage: Usage,
	cost: NanoUsd | null,
): Record<string, unknown> {
	return {
		id,
		object: "text_completion",
		created,
		model,
		choices: choices.map(({ index, message, logprobs, finish_reason }) => ({
			text: message.content ?? message.refusal ?? "",
			index,
			logprobs: textLogprobs(logprobs, 0),
			finish_reason: finishOf(finish_reason),
		})),
		usage: renderUsage(usage, cost),
		...(fingerprint !== undefined && { system_fingerprint: fingerprint }),
	};
}

/** Writes one streamed answer as `text_completion` objects in server-sent events. */
export class CompletionsStreamRenderer implements StreamRenderer<Chunk> {
	/** Everything of an event that comes before its choices. */
	readonly #open: string;
	/** Everything that comes after them. */
	readonly #close: string;
	readonly #includeUsage: boolean;
	/** How much of each choice's text has been written, in UTF-16 units. */
	readonly #written = new Map<number, number>();

	constructor({ id, created, model }: CompletionHead, { includeUsage }: CompletionsStyle) {
		const fields = JSON.stringify({ id, object: "text_completion", created, model });
		this.#open = `data: ${fields.slice(0, -1)},"choices":[`;
		this.#close = includeUsage ? '],"usage":null}\n\n' : "]}\n\n";
		this.#includeUsage = includeUsage;
	}

	chunk({ choices }: Chunk): string {
		let text = "";
		for (const choice of choices) text += this.#event(choice);
		return text;
	}

	silence(): string {
		return ": keep-alive\n\n";
	}

	end(usage: Usage, cost: NanoUsd | null): string {
		if (!this.#includeUsage) return "data: [DONE]\n\n";
		return `${this.#open}],"usage":${JSON.stringify(renderUsage(usage, cost))}}\n\ndata: [DONE]\n\n`;
	}

	/** No terminator may follow: it would make the answer look complete. */
	error(details: ErrorDetails, requestId: string): string {
		return `data: ${JSON.stringify(errorBody(details, requestId))}\n\n`;
	}

	/** "" for a step in which the model wrote nothing that a completion shows, such as what it thinks. */
	#event({ index, delta, finish_reason: finish, logprobs }: ChunkChoice): string {
		const text = delta.content ?? delta.refusal ?? "";
		const before = this.#written.get(index) ?? 0;
		const probabilities = textLogprobs(logprobs, before);
		if (text === "" && finish === null && probabilities === null) return "";
		this.#written.set(index, before + text.length);
		const choice = { text, index, logprobs: probabilities, finish_reason: finish === null ? null : finishOf(finish) };
		return this.#open + JSON.stringify(choice) + this.#close;
	}
}

/** A completion has no word for calls of tools, which it cannot declare either. */
function finishOf(reason: FinishReason): Exclude<FinishReason, "tool_calls"> {
	return reason === "tool_calls" ? "stop" : reason;
}
