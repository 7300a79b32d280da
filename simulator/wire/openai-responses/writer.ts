// Writes a simulated answer in the Responses format.
import type { Json, JsonObject } from "#lib/json";
import { stepsOf } from "#simulator/faults/pieces";
import type { Call, Draft } from "#simulator/model/model-behaviour";
import { resultOf } from "#simulator/model/search";
import { sealReasoning } from "#simulator/wire/openai-chat/reasoning";
import type { Answer, Frame, Seat } from "#simulator/wire/wire";
import type { ResponsesBody } from "./schema";

const EMPTY: Draft = { reasoning: "", text: "", calls: [], finish: "stop", stopped: null };

/** Writes one answer in the Responses format, whole or as events. */
export class ResponsesWriter {
	readonly #body: ResponsesBody;
	readonly #seat: Seat;
	readonly #tier: string;
	/** How often it searched the web before it answered. */
	readonly #searches: number;
	readonly #frames: Frame[] = [];
	/** Tokens produced since the last event. */
	#held = 0;

	constructor(body: ResponsesBody, seat: Seat, tier: string, searches: number) {
		this.#body = body;
		this.#seat = seat;
		this.#tier = tier;
		this.#searches = searches;
	}

	whole(answer: Answer): JsonObject {
		const draft = answer.drafts[0] ?? EMPTY;
		const isCut = draft.finish === "length";
		return {
			...this.#head(),
			status: isCut ? "incomplete" : "completed",
			incomplete_details: isCut ? { reason: "max_output_tokens" } : null,
			completed_at: Math.floor(this.#seat.now / 1000),
			output: this.#items(draft),
			usage: usageOf(answer),
		};
	}

	frames(answer: Answer): Frame[] {
		const draft = answer.drafts[0] ?? EMPTY;
		const begun = { ...this.#head(), status: "in_progress", output: [], usage: null };
		this.#event("response.created", { response: begun });
		this.#event("response.in_progress", { response: begun });
		const items = this.#items(draft);
		let index = 0;
		let isOpen = false;
		for (; index < this.#searches; index++) this.#searchItem(index);
		for (const step of stepsOf([draft])) {
			this.#held += step.tokens;
			const at = { item_id: String((items[index] as JsonObject | undefined)?.id ?? ""), output_index: index };
			switch (step.kind) {
				case "reasoning":
					if (!isOpen) this.#openReasoning(index);
					isOpen = true;
					if (this.#summarizes()) {
						this.#event("response.reasoning_summary_text.delta", {
							...at,
							summary_index: 0,
							delta: step.text,
							...this.#padding(),
						});
					}
					break;
				case "thought":
					this.#closeReasoning(draft, index, items[index] ?? null);
					index += 1;
					isOpen = false;
					break;
				case "text":
					if (!isOpen) this.#openMessage(index);
					isOpen = true;
					this.#event("response.output_text.delta", {
						...at,
						content_index: 0,
						delta: step.text,
						logprobs: [],
						...this.#padding(),
					});
					break;
				case "call":
					if (isOpen) this.#closeMessage(draft, index++, items);
					isOpen = false;
					this.#event("response.output_item.added", {
						output_index: index,
						item: this.#call(draft.calls[step.call], step.call, "in_progress", ""),
					});
					break;
				case "input":
					this.#event(
						draft.calls[step.call]?.free === true
							? "response.custom_tool_call_input.delta"
							: "response.function_call_arguments.delta",
						{ ...at, delta: step.text, ...this.#padding() },
					);
					break;
				case "called": {
					const call = draft.calls[step.call];
					if (call?.free === true) this.#event("response.custom_tool_call_input.done", { ...at, input: call.input });
					else
						this.#event("response.function_call_arguments.done", {
							...at,
							name: call?.name ?? "",
							arguments: call?.input ?? "",
						});
					this.#event("response.output_item.done", { output_index: index, item: items[index] ?? null });
					index += 1;
					break;
				}
				case "finish":
					if (isOpen) this.#closeMessage(draft, index, items);
			}
		}
		const isCut = draft.finish === "length";
		this.#event(isCut ? "response.incomplete" : "response.completed", { response: this.whole(answer) });
		return this.#frames;
	}

	#event(type: string, data: JsonObject): void {
		const text = `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.#frames.length, ...data })}\n\n`;
		this.#frames.push({ text, tokens: this.#held });
		this.#held = 0;
	}

	#head(): JsonObject {
		const {
			instructions,
			max_output_tokens,
			tools,
			tool_choice,
			parallel_tool_calls,
			reasoning,
			text,
			store,
			temperature,
			top_p,
		} = this.#body;
		return {
			id: `resp_${this.#seat.id}`,
			object: "response",
			created_at: Math.floor(this.#seat.now / 1000),
			background: false,
			error: null,
			incomplete_details: null,
			instructions: instructions ?? null,
			max_output_tokens: max_output_tokens ?? null,
			max_tool_calls: null,
			model: this.#seat.modelId,
			parallel_tool_calls: parallel_tool_calls ?? true,
			previous_response_id: null,
			prompt_cache_key: null,
			safety_identifier: null,
			reasoning: { effort: reasoning?.effort ?? null, summary: reasoning?.summary ?? null },
			service_tier: this.#tier,
			store: store ?? true,
			temperature: temperature ?? 1,
			text: (text ?? { format: { type: "text" } }) as Json,
			tool_choice: (tool_choice ?? "auto") as Json,
			tools: (tools ?? []) as Json,
			top_logprobs: 0,
			top_p: top_p ?? 1,
			truncation: "disabled",
			metadata: {},
		};
	}

	/** The output items, in order: reasoning, then a message, then calls. */
	#items(draft: Draft): Json[] {
		const items: Json[] = Array.from({ length: this.#searches }, (_, at) => this.#search(at, "completed"));
		if (draft.reasoning !== "") items.push(this.#reasoning(draft.reasoning, "done"));
		// A model that was cut off while it thought says nothing at all.
		if (draft.text !== "" || (draft.calls.length === 0 && draft.finish !== "length")) {
			items.push(
				this.#message(draft.finish === "length" && draft.calls.length === 0 ? "incomplete" : "completed", [
					this.#part(draft.text),
				]),
			);
		}
		for (const [index, call] of draft.calls.entries()) {
			const isCut = draft.finish === "length" && index === draft.calls.length - 1;
			items.push(this.#call(call, index, isCut ? "incomplete" : "completed", call.input));
		}
		return items;
	}

	#search(at: number, status: string): JsonObject {
		const action = { type: "search", query: `simulated query ${at}` };
		return { id: `ws_${this.#seat.id}${at}`, type: "web_search_call", status, action };
	}

	#searchItem(index: number): void {
		const at = { item_id: `ws_${this.#seat.id}${index}`, output_index: index };
		this.#event("response.output_item.added", { output_index: index, item: this.#search(index, "in_progress") });
		for (const stage of ["in_progress", "searching", "completed"]) this.#event(`response.web_search_call.${stage}`, at);
		this.#event("response.output_item.done", { output_index: index, item: this.#search(index, "completed") });
	}

	#reasoning(text: string, stage: "added" | "done"): JsonObject {
		const summary = this.#summarizes() && stage === "done" ? [{ type: "summary_text", text }] : [];
		const isSealed = this.#body.include?.includes("reasoning.encrypted_content") === true;
		return {
			id: `rs_${this.#seat.id}`,
			type: "reasoning",
			summary,
			...(isSealed ? { encrypted_content: sealReasoning(stage) } : {}),
		};
	}

	#message(status: string, content: Json[]): JsonObject {
		return { id: `msg_${this.#seat.id}`, type: "message", status, role: "assistant", content };
	}

	#part(text: string): JsonObject {
		const isCiting = this.#searches > 0 && text !== "";
		const cited = { type: "url_citation", start_index: 0, end_index: text.length, ...resultOf(0) };
		return { type: "output_text", text, annotations: isCiting ? [cited] : [], logprobs: [] };
	}

	#call(call: Call | undefined, index: number, status: string, input: string): JsonObject {
		const common = { status, call_id: `call_${this.#seat.id.slice(0, 24)}${index}`, name: call?.name ?? "" };
		return call?.free === true
			? { id: `ctc_${this.#seat.id}${index}`, type: "custom_tool_call", ...common, input }
			: { id: `fc_${this.#seat.id}${index}`, type: "function_call", ...common, arguments: input };
	}

	#openReasoning(index: number): void {
		const item = this.#reasoning("", "added");
		this.#event("response.output_item.added", { output_index: index, item });
		if (!this.#summarizes()) return;
		const part = { type: "summary_text", text: "" };
		this.#event("response.reasoning_summary_part.added", {
			item_id: item.id ?? "",
			output_index: index,
			summary_index: 0,
			part,
		});
	}

	#closeReasoning(draft: Draft, index: number, item: Json): void {
		if (this.#summarizes()) {
			const at = { item_id: `rs_${this.#seat.id}`, output_index: index, summary_index: 0 };
			const part = { type: "summary_text", text: draft.reasoning };
			this.#event("response.reasoning_summary_text.done", { ...at, text: draft.reasoning });
			this.#event("response.reasoning_summary_part.done", { ...at, part });
		}
		this.#event("response.output_item.done", { output_index: index, item });
	}

	#openMessage(index: number): void {
		this.#event("response.output_item.added", { output_index: index, item: this.#message("in_progress", []) });
		const at = { item_id: `msg_${this.#seat.id}`, output_index: index, content_index: 0 };
		this.#event("response.content_part.added", { ...at, part: this.#part("") });
	}

	#closeMessage(draft: Draft, index: number, items: readonly Json[]): void {
		const at = { item_id: `msg_${this.#seat.id}`, output_index: index, content_index: 0 };
		this.#event("response.output_text.done", { ...at, text: draft.text, logprobs: [] });
		this.#event("response.content_part.done", { ...at, part: this.#part(draft.text) });
		this.#event("response.output_item.done", { output_index: index, item: items[index] ?? null });
	}

	/** Whether what the model thinks is shown in short. */
	#summarizes(): boolean {
		return this.#body.reasoning?.summary != null;
	}

	#padding(): JsonObject {
		if (this.#body.stream_options?.include_obfuscation === false) return {};
		return { obfuscation: this.#seat.id.slice(0, 2 + (this.#frames.length % 9)) };
	}
}

/** Usage as the vendor writes it. */
export function usageOf({ usage }: Answer): JsonObject {
	const input = usage.uncachedInput + usage.cacheRead + usage.cacheWrite + usage.cacheWriteHour;
	return {
		input_tokens: input,
		input_tokens_details: { cached_tokens: usage.cacheRead, cache_write_tokens: usage.cacheWrite },
		output_tokens: usage.output,
		output_tokens_details: { reasoning_tokens: usage.reasoning },
		total_tokens: input + usage.output,
	};
}
