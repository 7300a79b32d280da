// Decodes streamed chat completion chunks.
import type { ChatRequest, Chunk, ChunkChoice, Delta } from "#core/chat/chat";
import type { UpstreamError } from "#core/fault";
import { isObject, parseJson } from "#lib/json";
import { isTerminator, type SseEvent } from "#lib/sse";
import type { StreamDecoder } from "#providers/adapter";
import { empty, malformed, truncated } from "#providers/shared/faults";
import { withDrawn } from "#providers/shared/images/codec";
import { isFilled, isShallow, isWord } from "#providers/shared/json-shape";
import { errorInEvent } from "./errors";
import { annotationsOf, logprobsOf, textOf } from "./lenient";
import { choiceIndex, finishOf, reasoningDetails, reasoningText } from "./response";
import { ToolCallFragments } from "./tool-calls";
import { chatUsage } from "./usage";

interface OpenChoice {
	/** Made when the first call comes. */
	calls: ToolCallFragments | null;
	finished: boolean;
}

/** Decodes a stream of `chat.completion.chunk` events of any server that speaks the protocol roughly. */
export class ChatStreamDecoder implements StreamDecoder {
	readonly #turn: number;
	readonly #choices = new Map<number, OpenChoice>();
	/** Said once and again only when it changes. */
	#model = "";
	#tier = "";
	#fingerprint = "";
	/** An error whose event also carried usage, which goes out first. */
	#failure: UpstreamError | null = null;
	/** A picture has come, whose tokens the usage may not tell apart. */
	#hasDrawn = false;

	constructor(request: ChatRequest) {
		this.#turn = request.messages.length;
	}

	push(event: SseEvent): Chunk[] {
		if (event.data === "" || isTerminator(event)) return [];
		const body = parseJson(event.data);
		if (!isObject(body)) throw malformed("a stream event is not a JSON object");
		return this.read(body, event.event);
	}

	/** The same for an event that is parsed already. */
	read(body: Record<string, unknown>, event: string): Chunk[] {
		if (this.#failure !== null) throw this.#failure;
		const usage = chatUsage(body.usage ?? firstUsage(body.choices));
		const error = errorInEvent(event, body);
		if (error !== null) {
			if (usage === undefined) throw error;
			this.#failure = error;
			return [{ choices: [], usage }];
		}
		const choices: ChunkChoice[] = [];
		if (Array.isArray(body.choices)) {
			for (let position = 0; position < body.choices.length; position++) {
				const choice = this.#choice(body.choices[position], position);
				if (choice !== null) choices.push(choice);
			}
		}
		if (choices.length === 0 && usage === undefined) return [];
		const chunk: Chunk =
			usage === undefined ? { choices } : { choices, usage: this.#hasDrawn ? withDrawn(usage) : usage };
		this.#describe(chunk, body);
		return [chunk];
	}

	end(): Chunk[] {
		if (this.#failure !== null) throw this.#failure;
		if (this.#choices.size === 0) throw empty();
		for (const choice of this.#choices.values()) if (!choice.finished) throw truncated();
		return [];
	}

	#choice(value: unknown, position: number): ChunkChoice | null {
		if (!isObject(value)) throw malformed("a choice is not an object");
		const index = choiceIndex(value.index, position);
		let state = this.#choices.get(index);
		if (state === undefined) {
			state = { calls: null, finished: false };
			this.#choices.set(index, state);
		}
		// Several servers repeat the finish beside the usage.
		if (state.finished) return null;
		const delta = isObject(value.delta) ? this.#delta(value.delta, index, state) : {};
		const choice: ChunkChoice = { index, delta, finish_reason: null };
		if (isWord(value.finish_reason)) {
			const last = state.calls?.finish() ?? [];
			if (last.length > 0) delta.tool_calls = [...(delta.tool_calls ?? []), ...last];
			Object.assign(choice, finishOf(value.finish_reason, state.calls?.any ?? false, value));
			state.finished = true;
		}
		if (value.logprobs) {
			const logprobs = logprobsOf(value.logprobs);
			if (logprobs !== undefined) choice.logprobs = logprobs;
		}
		if (choice.finish_reason === null && choice.logprobs === undefined && isEmpty(delta)) return null;
		return choice;
	}

	#delta(wire: Record<string, unknown>, index: number, state: OpenChoice): Delta {
		const delta: Delta = {};
		const content = textOf(wire.content);
		if (content !== "") delta.content = content;
		const reasoning = reasoningText(wire);
		if (reasoning !== "") delta.reasoning_content = reasoning;
		const calls = wire.tool_calls ?? wire.function_call;
		if (calls !== undefined && calls !== null) {
			state.calls ??= new ToolCallFragments(this.#turn, index);
			const deltas = state.calls.push(calls);
			if (deltas.length > 0) delta.tool_calls = deltas;
		}
		if (wire.refusal) {
			const refusal = textOf(wire.refusal);
			if (refusal !== "") delta.refusal = refusal;
		}
		if (wire.reasoning_details) {
			const details = reasoningDetails(wire.reasoning_details);
			if (details !== undefined) delta.reasoning_details = details;
		}
		if (wire.annotations) {
			const annotations = annotationsOf(wire.annotations);
			if (annotations.length > 0) delta.annotations = annotations;
		}
		if (isFilled(wire.images)) {
			delta.images = wire.images;
			this.#hasDrawn = true;
		}
		if (isObject(wire.audio) && isShallow(wire.audio)) delta.audio = wire.audio;
		return delta;
	}

	#describe(
		chunk: Chunk,
		{ model, service_tier: tier, system_fingerprint: fingerprint }: Record<string, unknown>,
	): void {
		if (model !== this.#model && isWord(model)) chunk.model = this.#model = model;
		if (tier !== this.#tier && isWord(tier)) chunk.service_tier = this.#tier = tier;
		if (fingerprint !== this.#fingerprint && isWord(fingerprint)) {
			chunk.system_fingerprint = this.#fingerprint = fingerprint;
		}
	}
}

/** One server puts the usage into the choice. */
function firstUsage(choices: unknown): unknown {
	return Array.isArray(choices) && isObject(choices[0]) ? choices[0].usage : undefined;
}

function isEmpty(delta: Delta): boolean {
	for (const _ in delta) return false;
	return true;
}
