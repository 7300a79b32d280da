// Writes canonical answers as `response` objects, whole and streamed.
import type { Chunk, Completion, FinishReason } from "#core/chat/chat";
import type { Usage } from "#core/chat/usage";
import type { ErrorDetails } from "#core/errors";
import type { RequestId } from "#core/ids";
import type { PassedAnswer } from "#core/passed";
import type { AnswerHead, StreamRenderer } from "#faces/face";
import { errorBody } from "#faces/openai-chat/error-body";
import { shownTier } from "#faces/openai-chat/tier";
import { usageWith } from "#faces/openai-chat/usage";
import { isObject, type JsonObject } from "#lib/json";
import { withMember } from "#lib/json-member";
import type { NanoUsd } from "#metering/money";
import { chat } from "#operations/chat/index";
import { ResponseOutput } from "./output";
import type { ResponsesStyle } from "./parse";
import { type ResponseObject, responseShell, responsesUsage } from "./shell";
import { suffixOf } from "./stored";

/** A whole answer as a `response` object. */
export function renderResponse(
	head: AnswerHead,
	completion: Completion,
	usage: Usage,
	cost: NanoUsd | null,
	style: ResponsesStyle,
): ResponseObject {
	const output = new ResponseOutput(suffixOf(head.requestId), style.names, () => {});
	let finish: FinishReason = "stop";
	for (const { choices } of chat.toChunks(completion)) {
		for (const choice of choices) {
			output.add(choice.delta, choice.logprobs);
			finish = choice.finish_reason ?? finish;
		}
	}
	output.end(finish);
	return {
		...responseShell(head, style),
		...ending(finish),
		...tierOf(completion.service_tier),
		output: output.items,
		usage: responsesUsage(usage, cost),
	};
}

/** A whole answer that came as a `response`. */
export function passResponse({ text, body }: PassedAnswer, usage: Usage, cost: NanoUsd | null): string {
	return withMember(text, "usage", JSON.stringify(usageWith(body.usage, responsesUsage(usage, cost))));
}

/** Writes one streamed answer as the named events of Responses. */
export class ResponsesStreamRenderer implements StreamRenderer<Chunk> {
	#shell: ResponseObject;
	readonly #output: ResponseOutput;
	/** Events that were not passed on yet. */
	#text = "";
	#events = 0;
	#finish: FinishReason = "stop";
	#tier: string | undefined;
	/** Of a response that is passed on: as it began, and its last event. */
	#frame: JsonObject | null = null;
	/** The events of it that were passed on last; null for none. */
	#passed: string | Uint8Array | null = null;
	#whole: ResponseObject | null = null;

	constructor(head: AnswerHead, style: ResponsesStyle) {
		this.#shell = responseShell(head, style);
		this.#output = new ResponseOutput(suffixOf(head.requestId), style.names, (type, fields) =>
			this.#tell(type, fields),
		);
	}

	get whole(): ResponseObject | null {
		return this.#whole;
	}

	chunk({ choices, service_tier, wire, frame }: Chunk): string | Uint8Array {
		if (frame !== undefined) this.#frame = frame;
		if (wire !== undefined) {
			// Bytes that are passed on are the runtime's.
			if (wire !== "") this.#passed = wire.slice();
			return wire;
		}
		this.#begin();
		this.#tier = service_tier ?? this.#tier;
		for (const { delta, logprobs, finish_reason } of choices) {
			this.#output.add(delta, logprobs);
			this.#finish = finish_reason ?? this.#finish;
		}
		return this.#told();
	}

	silence(): string {
		return ": keep-alive\n\n";
	}

	end(usage: Usage, cost: NanoUsd | null): string {
		if (isObject(this.#frame?.last)) return ended(this.#frame.last, usage, cost);
		this.#begin();
		this.#output.end(this.#finish);
		const end = ending(this.#finish);
		const response = {
			...this.#shell,
			...end,
			...tierOf(this.#tier),
			output: this.#output.items,
			usage: responsesUsage(usage, cost),
		};
		this.#whole = response;
		this.#tell(`response.${end.status}`, { response });
		return this.#told();
	}

	/** Both forms that clients look for: the event that SDKs throw at, and the response that failed. */
	error(details: ErrorDetails, requestId: RequestId): string {
		this.#goOn();
		this.#begin();
		const { code, message, param } = details;
		this.#tell("error", { code, message, param: param ?? null, ...errorBody(details, requestId) });
		const response = { ...this.#shell, status: "failed", error: { code, message }, output: this.#output.items };
		this.#tell("response.failed", { response });
		return this.#told();
	}

	/** What follows events that were passed on is of the same response, and numbered from there. */
	#goOn(): void {
		if (this.#passed === null) return;
		this.#events = lastNumber(this.#passed) + 1;
		if (isObject(this.#frame?.begun)) this.#shell = this.#frame.begun;
	}

	#begin(): void {
		if (this.#events > 0) return;
		this.#tell("response.created", { response: this.#shell });
		this.#tell("response.in_progress", { response: this.#shell });
	}

	#tell(type: string, fields: Record<string, unknown>): void {
		const event = { type, sequence_number: this.#events++, ...fields };
		this.#text += `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`;
	}

	#told(): string {
		const text = this.#text;
		this.#text = "";
		return text;
	}
}

/** The number of the last of these events. */
function lastNumber(events: string | Uint8Array): number {
	const text = typeof events === "string" ? events : new TextDecoder().decode(events);
	return Number([...text.matchAll(/"sequence_number":\s?(\d+)/g)].at(-1)?.[1] ?? 0);
}

/** The last event of a response that is passed on, with the usage and its cost. */
function ended(last: Record<string, unknown>, usage: Usage, cost: NanoUsd | null): string {
	const own = isObject(last.response) ? last.response : {};
	const response = { ...own, usage: usageWith(own.usage, responsesUsage(usage, cost)) };
	return `event: ${last.type}\ndata: ${JSON.stringify({ ...last, response })}\n\n`;
}

/** How an answer ended, in the words of Responses. */
function ending(finish: FinishReason): { status: "completed" | "incomplete"; incomplete_details: object | null } {
	switch (finish) {
		case "length":
			return { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
		case "content_filter":
			return { status: "incomplete", incomplete_details: { reason: "content_filter" } };
		default:
			return { status: "completed", incomplete_details: null };
	}
}

function tierOf(tier: string | undefined): { service_tier?: string } {
	const shown = shownTier(tier);
	return shown === undefined ? {} : { service_tier: shown };
}
