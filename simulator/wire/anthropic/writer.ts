// Writes a simulated answer in the Messages format.
import type { Json, JsonObject } from "#lib/json";
import { stepsOf } from "#simulator/faults/pieces";
import type { Draft } from "#simulator/model/model-behaviour";
import { resultOf, type Search } from "#simulator/model/search";
import { sign } from "#simulator/model/signature";
import type { Answer, Frame, Seat } from "#simulator/wire/wire";
import type { AnthropicBody } from "./schema";
import { isFifthOpus } from "./thinking";

/** Who calls a tool: the model itself, and no code that it wrote. */
const DIRECT = { type: "direct" };
const EMPTY: Draft = { reasoning: "", text: "", calls: [], finish: "stop", stopped: null };

/** Writes one answer in the Messages format, whole or as events. */
export class AnthropicWriter {
	readonly #body: AnthropicBody;
	readonly #seat: Seat;
	readonly #search: Search;

	constructor(body: AnthropicBody, seat: Seat, search: Search) {
		this.#body = body;
		this.#seat = seat;
		this.#search = search;
	}

	whole(answer: Answer): JsonObject {
		const draft = answer.drafts[0] ?? EMPTY;
		const content: Json[] = [];
		if (draft.reasoning !== "") {
			const thinking = this.#shownThought(draft.reasoning);
			content.push({ type: "thinking", thinking, signature: sign(this.#seat.model.id, thinking) });
		}
		for (const block of this.#searched()) content.push(block);
		if (draft.text !== "") content.push({ type: "text", text: draft.text, citations: this.#citations() });
		for (const [at, { name, input }] of draft.calls.entries()) {
			content.push({ type: "tool_use", id: this.#callId(at), name, input: parsed(input), caller: DIRECT });
		}
		return { ...this.#head(), content, ...stopOf(draft), usage: usageOf(answer, answer.usage.output) };
	}

	frames(answer: Answer): Frame[] {
		const draft = answer.drafts[0] ?? EMPTY;
		const frames: Frame[] = [];
		let held = 0;
		const event = (type: string, data: JsonObject = {}) => {
			frames.push({ text: `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`, tokens: held });
			held = 0;
		};
		const start = {
			content: [],
			stop_reason: null,
			stop_sequence: null,
			stop_details: null,
			usage: this.#usageAtFirst(answer),
		};
		event("message_start", { message: { ...this.#head(), ...start } });

		let index = -1;
		let open: "thinking" | "text" | null = null;
		const begin = (block: JsonObject) => {
			index += 1;
			event("content_block_start", { index, content_block: block });
			if (index === 0) event("ping");
		};
		const delta = (content: JsonObject) => event("content_block_delta", { index, delta: content });
		const stop = () => {
			if (open === "text") for (const citation of this.#citations() ?? []) delta({ type: "citations_delta", citation });
			open = null;
			event("content_block_stop", { index });
		};
		for (const block of this.#searched()) {
			begin(block.type === "server_tool_use" ? { ...block, input: {} } : block);
			if (block.type === "server_tool_use")
				delta({ type: "input_json_delta", partial_json: JSON.stringify(block.input) });
			stop();
		}
		for (const step of stepsOf([draft])) {
			held += step.tokens;
			switch (step.kind) {
				case "reasoning":
					if (open === null) begin({ type: "thinking", thinking: "", signature: "" });
					open = "thinking";
					if (!this.#omitsThoughts()) delta({ type: "thinking_delta", thinking: step.text });
					break;
				case "thought":
					delta({ type: "signature_delta", signature: sign(this.#seat.model.id, this.#shownThought(draft.reasoning)) });
					stop();
					break;
				case "text":
					if (open === null) begin({ type: "text", text: "", citations: null });
					open = "text";
					delta({ type: "text_delta", text: step.text });
					break;
				case "call":
					if (open !== null) stop();
					begin({
						type: "tool_use",
						id: this.#callId(step.call),
						name: draft.calls[step.call]?.name ?? "",
						input: {},
						caller: DIRECT,
					});
					delta({ type: "input_json_delta", partial_json: "" });
					break;
				case "input":
					// Of a call without arguments nothing is sent at all.
					if (draft.calls[step.call]?.input !== "{}") delta({ type: "input_json_delta", partial_json: step.text });
					break;
				case "called":
					stop();
					break;
				case "finish":
					if (open !== null) stop();
			}
		}
		const usage = usageAtLast(usageOf(answer, answer.usage.output));
		event("message_delta", { delta: { ...stopOf(draft), container: null }, usage });
		event("message_stop");
		return frames;
	}

	/** The blocks of the searches, each with what it found. */
	#searched(): JsonObject[] {
		return Array.from({ length: this.#search.uses }, (_, at) => {
			const id = `srvtoolu_${this.#seat.id.slice(0, 20)}${at}`;
			const found = { type: "web_search_result", ...resultOf(at), encrypted_content: "c2ltdWxhdGVk", page_age: null };
			return [
				{ type: "server_tool_use", id, name: "web_search", input: { query: `simulated query ${at}` }, caller: DIRECT },
				{ type: "web_search_tool_result", tool_use_id: id, content: [found], caller: DIRECT },
			];
		}).flat();
	}

	/** What the text cites: the first page that was found. */
	#citations(): JsonObject[] | null {
		if (this.#search.uses === 0) return null;
		const cited = { cited_text: "Simulated words", encrypted_index: "c2ltdWxhdGVk" };
		return [{ type: "web_search_result_location", ...resultOf(0), ...cited }];
	}

	/** Before anything was searched, and with the first token of the answer. */
	#usageAtFirst(answer: Answer): JsonObject {
		const { uncachedInput } = answer.usage;
		const usage = { ...answer.usage, uncachedInput: uncachedInput - this.#search.tokens };
		const searched = this.#search.uses > 0 && {
			server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
		};
		return { ...usageOf({ ...answer, usage }, 1), ...searched };
	}

	#head(): JsonObject {
		const id = `msg_${this.#seat.id.slice(0, 24)}`;
		const { id: model } = this.#seat.model;
		return { id, type: "message", role: "assistant", model, container: null, diagnostics: null };
	}

	#callId(call: number): string {
		return `toolu_${this.#seat.id.slice(0, 22)}${call}`;
	}

	#shownThought(text: string): string {
		return this.#omitsThoughts() ? "" : text;
	}

	#omitsThoughts(): boolean {
		const { thinking } = this.#body;
		const display = thinking !== undefined && thinking.type !== "disabled" ? thinking.display : undefined;
		return (display ?? (isFifthOpus(this.#seat.model.id) ? "omitted" : "summarized")) === "omitted";
	}
}

function stopOf({ finish, stopped }: Draft): JsonObject {
	const reason =
		finish === "length"
			? "max_tokens"
			: finish === "calls"
				? "tool_use"
				: stopped === null
					? "end_turn"
					: "stop_sequence";
	return { stop_reason: reason, stop_sequence: reason === "stop_sequence" ? stopped : null, stop_details: null };
}

/** The prompt's cached parts stand beside the input, not within it. */
function usageOf({ usage }: Answer, output: number): JsonObject {
	return {
		input_tokens: usage.uncachedInput,
		cache_creation_input_tokens: usage.cacheWrite + usage.cacheWriteHour,
		cache_read_input_tokens: usage.cacheRead,
		cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite, ephemeral_1h_input_tokens: usage.cacheWriteHour },
		output_tokens: output,
		output_tokens_details: { thinking_tokens: Math.min(usage.reasoning, output) },
		service_tier: "standard",
		inference_geo: "not_available",
		speed: "standard",
		server_tool_use:
			(usage.webSearches ?? 0) > 0 ? { web_search_requests: usage.webSearches ?? 0, web_fetch_requests: 0 } : null,
	};
}

/** The input of a call; of one that the limit cut off, nothing. */
function parsed(input: string): Json {
	try {
		return JSON.parse(input) as Json;
	} catch {
		return {};
	}
}

/** What the last event of a stream says of the usage. */
function usageAtLast({ cache_creation: _, service_tier: __, inference_geo: ___, speed: ____, ...usage }: JsonObject) {
	return usage;
}
