// Writes a canonical stream as Chat Completions chunks.
import type { Chunk, ChunkChoice, Delta } from "#core/chat/chat";
import type { Usage } from "#core/chat/usage";
import type { ErrorDetails } from "#core/errors";
import type { StreamRenderer } from "#faces/face";
import type { JsonObject } from "#lib/json";
import { withoutEach } from "#lib/text-bytes";
import type { NanoUsd } from "#metering/money";
import { errorBody } from "./error-body";
import { withFunctionDeltas } from "./flat-tools";
import type { CompletionHead } from "./head";
import type { ChatStyle } from "./style";
import { shownTier } from "./tier";
import { renderUsage, usageWith } from "./usage";

/**
 * Stands in every event of a provider that was asked for usage, and is kept from a caller who did not ask. No text that
 * a model writes can be taken for it, because every quote within a string is escaped.
 */
const NO_USAGE = ',"usage":null';
const NO_USAGE_BYTES = new TextEncoder().encode(NO_USAGE);

/** Writes one streamed answer as Chat Completions chunks in server-sent events. */
export class ChatStreamRenderer implements StreamRenderer<Chunk> {
	/** Every chunk's fields before its choices, but for the fingerprint. */
	readonly #head: string;
	/** Everything of a chunk that comes before its choices. */
	#open: string;
	/** Everything that comes after them. */
	readonly #close: string;
	readonly #style: ChatStyle;
	/** An event of a stream that is passed on, which the chunk with the usage is written like. */
	#frame: JsonObject | null = null;
	/** Choices that have been given their role. */
	readonly #begun = new Set<number>();

	constructor(head: CompletionHead, style: ChatStyle) {
		const { id, created, model } = head;
		const fields = JSON.stringify({ id, object: "chat.completion.chunk", created, model });
		this.#head = `data: ${fields.slice(0, -1)},"system_fingerprint":`;
		this.#open = `${this.#head}null,"choices":[`;
		this.#close = style.includeUsage ? '],"usage":null}\n\n' : "]}\n\n";
		this.#style = style;
	}

	/** One or more events; "" when the chunk holds nothing for the caller. */
	chunk({ choices, service_tier, system_fingerprint: fingerprint, wire, frame }: Chunk): string | Uint8Array {
		if (frame !== undefined) this.#frame = frame;
		if (wire !== undefined) return this.#style.includeUsage ? wire : withoutUsage(wire);
		if (fingerprint !== undefined) this.#open = `${this.#head}${JSON.stringify(fingerprint)},"choices":[`;
		let text = "";
		for (const choice of choices) {
			if (!this.#begun.has(choice.index)) text += this.#role(choice.index, shownTier(service_tier));
			const isFinish = choice.finish_reason !== null;
			// OpenAI's helpers take a call or a text for complete only when a chunk with a finish alone follows.
			if (saysSomething(choice)) text += this.#event(isFinish ? { ...choice, finish_reason: null } : choice);
			if (isFinish) text += this.#event({ ...choice, delta: {}, logprobs: undefined });
		}
		return text;
	}

	silence(): string {
		return ": keep-alive\n\n";
	}

	/** The usage chunk, if the caller wants it, and the terminator. */
	end(usage: Usage, cost: NanoUsd | null): string {
		if (!this.#style.includeUsage) return "data: [DONE]\n\n";
		const rendered = renderUsage(usage, cost);
		if (this.#frame === null) return `${this.#open}],"usage":${JSON.stringify(rendered)}}\n\ndata: [DONE]\n\n`;
		const last = { ...this.#frame, choices: [], usage: usageWith(this.#frame.usage, rendered) };
		return `data: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n`;
	}

	/** An error in the middle of the answer. No terminator may follow: it would make the answer look complete. */
	error(details: ErrorDetails, requestId: string): string {
		return `data: ${JSON.stringify(errorBody(details, requestId))}\n\n`;
	}

	#role(index: number, tier: string | undefined): string {
		this.#begun.add(index);
		const choice = `{"index":${index},"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}`;
		const close =
			tier === undefined ? this.#close : this.#close.replace("]", `],"service_tier":${JSON.stringify(tier)}`);
		return this.#open + choice + close;
	}

	#event(choice: ChunkChoice): string {
		const { index, delta, finish_reason, native_finish_reason, logprobs } = choice;
		const body = JSON.stringify(shownDelta(delta, this.#style));
		const reason = this.#style.functionCall && finish_reason === "tool_calls" ? "function_call" : finish_reason;
		const isNative = finish_reason !== null && native_finish_reason !== undefined;
		const native = isNative ? `,"native_finish_reason":${JSON.stringify(native_finish_reason)}` : "";
		const probabilities = logprobs === undefined ? "null" : JSON.stringify(logprobs);
		const text = `{"index":${index},"delta":${body},"logprobs":${probabilities},"finish_reason":${JSON.stringify(reason)}${native}}`;
		return this.#open + text + this.#close;
	}
}

function withoutUsage(events: string | Uint8Array): string | Uint8Array {
	return typeof events === "string" ? events.replaceAll(NO_USAGE, "") : withoutEach(events, NO_USAGE_BYTES);
}

function saysSomething({ delta, logprobs }: ChunkChoice): boolean {
	for (const _ in delta) return true;
	return logprobs !== undefined;
}

function shownDelta(delta: Delta, { functionCall, customAsFunction }: ChatStyle): unknown {
	if (functionCall) return withFunctionCall(delta);
	return customAsFunction ? withFunctionDeltas(delta) : delta;
}

/** The deprecated form of a tool call, for a request that used the deprecated form of tools. */
function withFunctionCall({ tool_calls: calls, ...delta }: Delta): Record<string, unknown> {
	const call = calls?.find((candidate) => candidate.index === 0);
	return call?.function === undefined ? delta : { ...delta, function_call: call.function };
}
