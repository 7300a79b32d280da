// Decodes streams of Workers AI, in either shape.
import type { Model } from "#catalog/model";
import type { ChatRequest, Chunk, Delta } from "#core/chat/chat";
import type { Usage } from "#core/chat/usage";
import { isObject, parseJson } from "#lib/json";
import { isTerminator, type SseEvent } from "#lib/sse";
import type { StreamDecoder } from "#providers/adapter";
import { ChatStreamDecoder } from "#providers/openai-chat/stream";
import { ToolCallFragments } from "#providers/openai-chat/tool-calls";
import { empty, malformed, truncated } from "#providers/shared/faults";
import { classicFinish, classicUsage, responseText } from "./classic-response";
import { workersAiErrorWithin } from "./errors";
import { workersAiLimit } from "./output-limit";

/** Decodes a stream of either shape, told apart event by event: some models mix them. */
export class WorkersAiStream implements StreamDecoder {
	readonly #request: ChatRequest;
	readonly #limit: number;
	readonly #calls: ToolCallFragments;
	/** Reads the events in OpenAI's shape once one has come. */
	#openai: ChatStreamDecoder | null = null;
	#isBegun = false;
	#isDone = false;
	#finish: unknown;
	#usage: Usage | null = null;

	constructor(request: ChatRequest, model: Model) {
		this.#request = request;
		this.#limit = workersAiLimit(request, model);
		this.#calls = new ToolCallFragments(request.messages.length, 0);
	}

	push(event: SseEvent): Chunk[] {
		if (isTerminator(event)) {
			this.#isDone = true;
			return [];
		}
		const body = parseJson(event.data);
		if (!isObject(body)) throw malformed("a stream event is not a JSON object");
		const error = workersAiErrorWithin(body);
		if (error !== null) throw error;
		if (Array.isArray(body.choices) || body.error !== undefined) {
			this.#openai ??= new ChatStreamDecoder(this.#request);
			return this.#openai.read(body, event.event);
		}
		return this.#classic(body);
	}

	end(): Chunk[] {
		if (this.#openai !== null) return this.#openai.end();
		if (!this.#isBegun) throw empty();
		// These models give no reason; the terminator is all that tells an end from a break.
		if (!this.#isDone && typeof this.#finish !== "string") throw truncated();
		const last = this.#calls.finish();
		const finish = classicFinish(this.#finish, this.#calls.any, this.#usage, this.#limit);
		return [{ choices: [{ index: 0, delta: last.length > 0 ? { tool_calls: last } : {}, ...finish }] }];
	}

	#classic(body: Record<string, unknown>): Chunk[] {
		this.#isBegun = true;
		if (typeof body.finish_reason === "string") this.#finish = body.finish_reason;
		const delta: Delta = {};
		const text = responseText(body.response);
		if (text !== null && text !== "") delta.content = text;
		if (body.tool_calls !== undefined && body.tool_calls !== null) {
			const calls = this.#calls.push(body.tool_calls);
			if (calls.length > 0) delta.tool_calls = calls;
		}
		const usage = classicUsage(body.usage);
		if (usage !== null) this.#usage = usage;
		const isSilent = delta.content === undefined && delta.tool_calls === undefined;
		const choices = isSilent || this.#openai !== null ? [] : [{ index: 0, delta, finish_reason: null }];
		if (usage !== null) return [{ choices, usage }];
		return choices.length > 0 ? [{ choices }] : [];
	}
}
