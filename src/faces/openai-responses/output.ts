// Puts what a model says together as output items, and tells of each step as an event.
import type { Delta, FinishReason, ReasoningDetail, ToolCallDelta } from "#core/chat/chat";
import { Cargo } from "#faces/carried";
import { isObject, type JsonObject } from "#lib/json";
import { append } from "#lib/list";
import { ownCallItem } from "./own-tools";
import type { ToolNames } from "./tools";

/** The beginnings of the ids of calls of the caller's own tools, by the type of these. */
const PREFIXES: Readonly<Record<string, string>> = {
	local_shell: "lsh",
	shell: "sh",
	apply_patch: "apc",
	tool_search: "tsc",
};
/** Formats of pictures that clients know by name. */
const FORMATS = ["gif", "jpeg", "png", "webp"];

/** Is told of an event; `fields` are what it has beside its type and its number. */
export type Tell = (type: string, fields: Record<string, unknown>) => void;

type Item = Record<string, unknown>;
/** A part of a message; `said` is the text or refusal so far. */
interface Part {
	readonly type: "output_text" | "refusal";
	readonly index: number;
	said: string;
	readonly annotations: unknown[];
	readonly logprobs: unknown[];
}
interface OpenMessage {
	readonly id: string;
	readonly at: number;
	readonly parts: Item[];
	part: Part | null;
	readonly phase: { phase?: string };
}
interface OpenReasoning {
	readonly id: string;
	readonly at: number;
	text: string;
	readonly cargo: Cargo;
}
interface OpenCall {
	readonly at: number;
	readonly item: Item & { id: string };
	readonly isCustom: boolean;
	said: string;
}
/** A call of a tool of the caller's own, whose item can be told of once its arguments are whole. */
interface OwnCall {
	readonly type: string;
	readonly call_id: string;
	said: string;
}

/**
 * The output of one answer. A message or some reasoning is open until something else begins; calls stay open until the
 * end, since vendors may write several at once.
 */
export class ResponseOutput {
	/** Items in their order, those that are finished as they ended. */
	readonly items: Item[] = [];
	readonly #suffix: string;
	readonly #names: ToolNames;
	readonly #tell: Tell;
	#message: OpenMessage | null = null;
	/** Of the next message. */
	#phase: { phase?: string } = {};
	#reasoning: OpenReasoning | null = null;
	/** Blocks that came while a message was open. */
	#late: ReasoningDetail[] = [];
	readonly #calls = new Map<number, OpenCall>();
	readonly #ownCalls = new Map<number, OwnCall>();

	/** `suffix` makes the ids of items unique beyond this answer. */
	constructor(suffix: string, names: ToolNames, tell: Tell) {
		this.#suffix = suffix;
		this.#names = names;
		this.#tell = tell;
	}

	/** Takes in what the model said next; `logprobs` are of its text, in the form of Chat Completions. */
	add(delta: Delta, logprobs?: unknown): void {
		if (delta.phase !== undefined) {
			this.#close();
			this.#phase = { phase: delta.phase };
		}
		for (const item of delta.items ?? []) this.#pass(item);
		if (delta.reasoning_content) this.#think(delta.reasoning_content);
		if (delta.reasoning_details !== undefined) this.#keep(delta.reasoning_details);
		if (delta.content) this.#say("output_text", delta.content, logprobs);
		if (delta.refusal) this.#say("refusal", delta.refusal);
		if (delta.annotations !== undefined) this.#cite(delta.annotations);
		for (const image of delta.images ?? []) this.#show(image);
		for (const call of delta.tool_calls ?? []) this.#call(call);
	}

	/** Finishes what is open. */
	end(finish: FinishReason): void {
		const status = finish === "length" || finish === "content_filter" ? "incomplete" : "completed";
		this.#close(status);
		for (const call of this.#calls.values()) this.#endCall(call, status);
		for (const call of this.#ownCalls.values()) this.#tellOwn(call, status);
	}

	#begin(type: string, item: Item): { id: string; at: number } {
		const at = this.items.length;
		const id = `${type}_${this.#suffix}_${at}`;
		this.items.push({ id, ...item });
		this.#tell("response.output_item.added", { output_index: at, item: this.items[at] });
		return { id, at };
	}

	#done(at: number, item: Item): void {
		this.items[at] = item;
		this.#tell("response.output_item.done", { output_index: at, item });
	}

	/** Finishes the message or the reasoning that is open; what follows is another item. */
	#close(status = "completed"): void {
		this.#endReasoning();
		if (this.#message === null) return;
		this.#endPart();
		const { id, at, parts, phase } = this.#message;
		this.#message = null;
		this.#done(at, { id, type: "message", status, role: "assistant", content: parts, ...phase });
		if (this.#late.length === 0) return;
		const { cargo } = this.#openReasoning();
		for (const detail of this.#late) cargo.detail(detail);
		this.#late = [];
		this.#endReasoning();
	}

	#openReasoning(): OpenReasoning {
		if (this.#reasoning !== null) return this.#reasoning;
		this.#close();
		const begun = this.#begin("rs", { type: "reasoning", summary: [] });
		this.#reasoning = { ...begun, text: "", cargo: new Cargo() };
		return this.#reasoning;
	}

	#think(text: string): void {
		const open = this.#openReasoning();
		const where = { item_id: open.id, output_index: open.at, summary_index: 0 };
		if (open.text === "") {
			this.#tell("response.reasoning_summary_part.added", { ...where, part: { type: "summary_text", text: "" } });
		}
		open.text += text;
		this.#tell("response.reasoning_summary_text.delta", { ...where, delta: text });
	}

	#keep(details: readonly ReasoningDetail[]): void {
		if (this.#message !== null) {
			append(this.#late, details);
			return;
		}
		const { cargo } = this.#openReasoning();
		for (const detail of details) cargo.detail(detail);
	}

	#endReasoning(): void {
		const open = this.#reasoning;
		if (open === null) return;
		this.#reasoning = null;
		const { id, at, text, cargo } = open;
		const part = { type: "summary_text", text };
		if (text !== "") {
			const where = { item_id: id, output_index: at, summary_index: 0 };
			this.#tell("response.reasoning_summary_text.done", { ...where, text });
			this.#tell("response.reasoning_summary_part.done", { ...where, part });
		}
		this.#done(at, {
			id,
			type: "reasoning",
			summary: text === "" ? [] : [part],
			// Even with nothing in it: the AI SDK returns no reasoning without.
			encrypted_content: cargo.unload(),
		});
	}

	#say(type: Part["type"], text: string, logprobs?: unknown): void {
		if (this.#message === null) {
			this.#close();
			const phase = this.#phase;
			this.#phase = {};
			const message = { type: "message", status: "in_progress", role: "assistant", content: [], ...phase };
			this.#message = { ...this.#begin("msg", message), parts: [], part: null, phase };
		}
		const message = this.#message;
		if (message.part?.type !== type) this.#beginPart(message, type);
		const part = message.part as Part;
		part.said += text;
		const where = { item_id: message.id, output_index: message.at, content_index: part.index };
		if (type === "refusal") {
			this.#tell("response.refusal.delta", { ...where, delta: text });
			return;
		}
		const probabilities = tokensOf(logprobs);
		append(part.logprobs, probabilities);
		this.#tell("response.output_text.delta", { ...where, delta: text, logprobs: probabilities });
	}

	#beginPart(message: OpenMessage, type: Part["type"]): void {
		this.#endPart();
		const index = message.parts.length;
		message.part = { type, index, said: "", annotations: [], logprobs: [] };
		const part = type === "refusal" ? { type, refusal: "" } : { type, text: "", annotations: [], logprobs: [] };
		this.#tell("response.content_part.added", {
			item_id: message.id,
			output_index: message.at,
			content_index: index,
			part,
		});
	}

	#endPart(): void {
		const message = this.#message;
		const open = message?.part;
		if (!message || !open) return;
		message.part = null;
		const { type, index, said, annotations, logprobs } = open;
		const where = { item_id: message.id, output_index: message.at, content_index: index };
		const part = type === "refusal" ? { type, refusal: said } : { type, text: said, annotations, logprobs };
		if (type === "refusal") this.#tell("response.refusal.done", { ...where, refusal: said });
		else this.#tell("response.output_text.done", { ...where, text: said, logprobs });
		message.parts.push(part);
		this.#tell("response.content_part.done", { ...where, part });
	}

	/** Pages that the text cites. Without a text that is open there is nothing that they could belong to. */
	#cite(annotations: readonly unknown[]): void {
		const message = this.#message;
		const part = message?.part;
		if (!message || part?.type !== "output_text") return;
		for (const annotation of annotations) {
			if (!isObject(annotation) || !isObject(annotation.url_citation)) continue;
			const { url, title, start_index, end_index } = annotation.url_citation;
			const flat = { type: "url_citation", url, title, start_index, end_index };
			this.#tell("response.output_text.annotation.added", {
				item_id: message.id,
				output_index: message.at,
				content_index: part.index,
				annotation_index: part.annotations.length,
				annotation: flat,
			});
			part.annotations.push(flat);
		}
	}

	/** An item as it came, under an id of this answer's. */
	#pass({ id: own, ...item }: JsonObject): void {
		this.#close();
		const prefix = /^[a-z]+(?=_)/.exec(String(own))?.[0] ?? "item";
		const { id, at } = this.#begin(prefix, item);
		this.#done(at, { id, ...item });
	}

	/** A picture that the model made; one that is a link has no form here but a text. */
	#show(image: unknown): void {
		const link = isObject(image) && isObject(image.image_url) ? image.image_url.url : undefined;
		if (typeof link !== "string") return;
		const [, format, data] = /^data:image\/([\w.+-]+);base64,(.*)$/is.exec(link) ?? [];
		if (data === undefined) {
			this.#say("output_text", `![](${link})`);
			return;
		}
		this.#close();
		const { id, at } = this.#begin("ig", { type: "image_generation_call", status: "in_progress", result: null });
		const known = FORMATS.find((name) => name === format?.toLowerCase());
		this.#done(at, {
			id,
			type: "image_generation_call",
			status: "completed",
			result: data,
			...(known !== undefined && { output_format: known }),
		});
	}

	#call(delta: ToolCallDelta): void {
		const own = this.#ownCalls.get(delta.index) ?? this.#beginOwn(delta);
		if (own !== null) {
			own.said += delta.function?.arguments ?? "";
			return;
		}
		const call = this.#calls.get(delta.index) ?? this.#beginCall(delta);
		const text = call.isCustom ? delta.custom?.input : delta.function?.arguments;
		if (!text) return;
		call.said += text;
		const type = call.isCustom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta";
		this.#tell(type, { item_id: call.item.id, output_index: call.at, delta: text });
	}

	/** Null where it is none of the caller's own tools that is called. */
	#beginOwn(delta: ToolCallDelta): OwnCall | null {
		const type = delta.function?.name === undefined ? null : this.#names.ownType(delta.function.name);
		if (type === null || this.#calls.has(delta.index)) return null;
		const call = { type, call_id: this.#makeRoom(delta), said: "" };
		this.#ownCalls.set(delta.index, call);
		return call;
	}

	#tellOwn({ type, call_id, said }: OwnCall, status: string): void {
		const item = { call_id, ...ownCallItem(type, said) };
		const { id, at } = this.#begin(PREFIXES[type] ?? "call", { ...item, status: "in_progress" });
		// The words of a patch's status are fewer: one that is cut off has not ended.
		const ended = type === "apply_patch" && status !== "completed" ? "in_progress" : status;
		this.#done(at, { id, ...item, status: ended });
	}

	/** Ends what is open before a call, and returns the call's id. */
	#makeRoom({ id = "", extra_content: extra }: ToolCallDelta): string {
		if (extra !== undefined) this.#openReasoning().cargo.call(id, extra);
		this.#close();
		return id;
	}

	#beginCall(delta: ToolCallDelta): OpenCall {
		const call_id = this.#makeRoom(delta);
		const isCustom = delta.type === "custom";
		const named = this.#names.callers((isCustom ? delta.custom?.name : delta.function?.name) ?? "");
		const item = isCustom
			? { type: "custom_tool_call", call_id, ...named }
			: { type: "function_call", status: "in_progress", call_id, ...named };
		const { id, at } = this.#begin(isCustom ? "ctc" : "fc", { ...item, [isCustom ? "input" : "arguments"]: "" });
		const call: OpenCall = { at, item: { id, ...item }, isCustom, said: "" };
		this.#calls.set(delta.index, call);
		return call;
	}

	#endCall({ at, item, isCustom, said }: OpenCall, status: string): void {
		const where = { item_id: item.id, output_index: at };
		if (isCustom) {
			this.#tell("response.custom_tool_call_input.done", { ...where, input: said });
			this.#done(at, { ...item, input: said });
			return;
		}
		this.#tell("response.function_call_arguments.done", { ...where, arguments: said });
		this.#done(at, { ...item, status, arguments: said });
	}
}

/** The probabilities of a text's tokens, out of the object that Chat Completions has around them. */
function tokensOf(logprobs: unknown): readonly unknown[] {
	return isObject(logprobs) && Array.isArray(logprobs.content) ? logprobs.content : [];
}
