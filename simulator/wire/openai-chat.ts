/** OpenAI's Chat Completions format, as every vendor that speaks it reads and writes it; a `Dialect` holds what differs. */
import * as v from "valibot";
import type { Json, JsonObject } from "../../src/core/json";
import { logprobsOf } from "../logprobs";
import type { Question, QuestionTool } from "../mind";
import { stepsOf } from "../pieces";
import { attachmentName, InputCount } from "../usage";
import { decode, type Problem } from "./check";
import { type Answer, dataFrame, type Frame, type Play, type Seat } from "./wire";

const TextPart = v.looseObject({ type: v.literal("text"), text: v.string() });
const Part = v.variant("type", [
	TextPart,
	v.looseObject({ type: v.literal("image_url"), image_url: v.looseObject({ url: v.string() }) }),
	v.looseObject({
		type: v.literal("input_audio"),
		input_audio: v.looseObject({ data: v.string(), format: v.string() }),
	}),
	v.looseObject({
		type: v.literal("file"),
		file: v.looseObject({ file_data: v.optional(v.string()), file_id: v.optional(v.string()) }),
	}),
	v.looseObject({ type: v.literal("video_url"), video_url: v.looseObject({ url: v.string() }) }),
	v.looseObject({ type: v.literal("refusal"), refusal: v.string() }),
]);
const Content = v.union([v.string(), v.array(Part)]);
const TextContent = v.union([v.string(), v.array(TextPart)]);

const ToolCall = v.variant("type", [
	v.looseObject({
		type: v.literal("function"),
		id: v.string(),
		function: v.looseObject({ name: v.string(), arguments: v.string() }),
	}),
	v.looseObject({
		type: v.literal("custom"),
		id: v.string(),
		custom: v.looseObject({ name: v.string(), input: v.string() }),
	}),
]);

const Message = v.variant("role", [
	v.looseObject({ role: v.literal("system"), content: TextContent }),
	v.looseObject({ role: v.literal("developer"), content: TextContent }),
	v.looseObject({ role: v.literal("user"), content: Content }),
	v.looseObject({
		role: v.literal("assistant"),
		content: v.nullish(v.union([v.string(), v.array(Part)])),
		reasoning_content: v.nullish(v.string()),
		tool_calls: v.nullish(v.array(ToolCall)),
	}),
	v.looseObject({ role: v.literal("tool"), tool_call_id: v.string(), content: TextContent }),
]);
export type ChatMessage = v.InferOutput<typeof Message>;

const Tool = v.variant("type", [
	v.looseObject({
		type: v.literal("function"),
		function: v.looseObject({
			name: v.string(),
			parameters: v.nullish(v.record(v.string(), v.unknown())),
			strict: v.nullish(v.boolean()),
		}),
	}),
	v.looseObject({ type: v.literal("custom"), custom: v.looseObject({ name: v.string() }) }),
]);

const ToolChoice = v.union([
	v.picklist(["none", "auto", "required"]),
	v.looseObject({ type: v.literal("function"), function: v.looseObject({ name: v.string() }) }),
	v.looseObject({ type: v.literal("custom"), custom: v.looseObject({ name: v.string() }) }),
	v.looseObject({
		type: v.literal("allowed_tools"),
		allowed_tools: v.looseObject({
			mode: v.picklist(["auto", "required"]),
			tools: v.array(v.looseObject({ function: v.optional(v.looseObject({ name: v.string() })) })),
		}),
	}),
]);

const ResponseFormat = v.variant("type", [
	v.looseObject({ type: v.literal("text") }),
	v.looseObject({ type: v.literal("json_object") }),
	v.looseObject({
		type: v.literal("json_schema"),
		json_schema: v.looseObject({
			name: v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_-]{1,64}$/)),
			schema: v.nullish(v.record(v.string(), v.unknown())),
			strict: v.nullish(v.boolean()),
		}),
	}),
]);

const Limit = v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1)));
const between = (low: number, high: number) => v.nullish(v.pipe(v.number(), v.minValue(low), v.maxValue(high)));

export const ChatSchema = v.looseObject({
	model: v.string(),
	messages: v.pipe(v.array(Message), v.minLength(1)),
	stream: v.nullish(v.boolean()),
	stream_options: v.nullish(
		v.looseObject({ include_usage: v.nullish(v.boolean()), include_obfuscation: v.nullish(v.boolean()) }),
	),
	max_tokens: Limit,
	max_completion_tokens: Limit,
	temperature: between(0, 2),
	top_p: between(0, 1),
	presence_penalty: between(-2, 2),
	frequency_penalty: between(-2, 2),
	logit_bias: v.nullish(v.record(v.string(), v.number())),
	stop: v.nullish(v.union([v.string(), v.pipe(v.array(v.string()), v.maxLength(4))])),
	n: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(128))),
	logprobs: v.nullish(v.boolean()),
	top_logprobs: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(20))),
	tools: v.nullish(v.pipe(v.array(Tool), v.maxLength(128))),
	tool_choice: v.nullish(ToolChoice),
	parallel_tool_calls: v.nullish(v.boolean()),
	response_format: v.nullish(ResponseFormat),
	reasoning_effort: v.nullish(v.string()),
	service_tier: v.nullish(v.string()),
	prompt_cache_key: v.nullish(v.string()),
});
export type ChatBody = v.InferOutput<typeof ChatSchema>;

/** What one vendor does its own way. */
export interface Dialect {
	/** Throws for what this vendor refuses and others do not. `raw` is the body before it was decoded. */
	check(body: ChatBody, raw: JsonObject, seat: Seat): void;
	/** Throws for a body that is malformed by everyone's rules. */
	malformed(problem: Problem): never;
	/** How much the model thinks. */
	thinking(body: ChatBody, seat: Seat): Question["thinking"];
	/** The output limit as this vendor reads it; null when the request sets none. */
	limit(body: ChatBody): number | null;
	/** Tokens found in or written to the vendor's prompt cache, beyond what markers say. */
	cached?(body: ChatBody, seat: Seat, total: number): { read: number; write: number };
	serviceTier?(body: ChatBody): string | undefined;
	answerId(seat: Seat): string;
	callId(seat: Seat, choice: number, call: number): string;
	/** Further keys of every answer and chunk. */
	readonly extra: JsonObject;
	/** Further keys of every message. */
	readonly messageExtra: JsonObject;
	/** Keys of a message, or of a delta, that carry reasoning; empty for a vendor that hides it. */
	reasoning(text: string, seat: Seat, streamed: boolean): JsonObject;
	/** Further keys of a choice that has finished. */
	finished(reason: string): JsonObject;
	usage(answer: Answer): JsonObject;
	/** Where a stream carries its usage. */
	readonly usagePlacement: "own_chunk_if_asked" | "finish_chunk" | "own_chunk_with_choice" | "every_chunk";
	/** "whole": a call comes in one delta, without an index. */
	readonly callDeltas: "fragments" | "whole";
	/** Whether every delta repeats the role. */
	readonly roleInEveryDelta?: true;
	/** Whether a whole answer's calls carry their index. */
	readonly callIndex?: true;
	/** Whether chunks are padded. */
	readonly padded?: true;
	/** Whether a call that was forced by name ends with "stop". */
	readonly namedCallStops?: true;
	/** Comments before the first event. */
	readonly comments: readonly string[];
}

export function readChat(raw: JsonObject, seat: Seat, dialect: Dialect): Play {
	const body = decode(ChatSchema, raw, (problem) => dialect.malformed(problem));
	dialect.check(body, raw, seat);
	const count = new InputCount();
	for (const message of body.messages) countMessage(message, count);
	count.json((body.tools ?? undefined) as Json | undefined);
	if (body.response_format?.type === "json_schema") count.json(body.response_format as unknown as Json);
	const input = count.done(dialect.cached?.(body, seat, count.total));
	const serviceTier = dialect.serviceTier?.(body);
	const writer = new ChatWriter(body, seat, dialect, serviceTier);
	return {
		question: questionOf(body, seat, dialect),
		input,
		stream: body.stream === true,
		...(serviceTier === undefined ? {} : { serviceTier }),
		whole: (answer) => writer.whole(answer),
		frames: (answer) => writer.frames(answer),
	};
}

function countMessage(message: ChatMessage, count: InputCount): void {
	count.message();
	if (typeof message.content === "string") count.text(message.content);
	else {
		for (const part of message.content ?? []) {
			if (part.type === "text") count.text(part.text);
			else if (part.type === "refusal") count.text(part.refusal);
			else if (part.type === "image_url") count.image();
			else count.file();
		}
	}
	if (message.role === "assistant") {
		count.text(message.reasoning_content ?? "");
		for (const call of message.tool_calls ?? []) {
			count.text(call.type === "function" ? call.function.name : call.custom.name);
			count.text(call.type === "function" ? call.function.arguments : call.custom.input);
		}
	}
}

function questionOf(body: ChatBody, seat: Seat, dialect: Dialect): Question {
	const user = body.messages.findLast((message) => message.role === "user");
	const format = body.response_format;
	const limit = dialect.limit(body) ?? seat.model.maxOutput ?? Number.MAX_SAFE_INTEGER;
	return {
		text: user === undefined ? "" : textOf(user),
		results: resultsOf(body.messages),
		attachments: user === undefined ? [] : attachmentsOf(user),
		tools: (body.tools ?? []).map(toolOf),
		choice: choiceOf(body),
		parallel: body.parallel_tool_calls !== false,
		json:
			format?.type === "json_schema"
				? ((format.json_schema.schema ?? {}) as JsonObject)
				: format?.type === "json_object"
					? { type: "object", properties: { answer: { type: "string" } } }
					: null,
		thinking: dialect.thinking(body, seat),
		stop: typeof body.stop === "string" ? [body.stop] : (body.stop ?? []),
		limit,
		n: body.n ?? 1,
	};
}

export function textOf(message: ChatMessage): string {
	if (typeof message.content === "string") return message.content;
	return (message.content ?? []).flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}

function attachmentsOf(message: ChatMessage): string[] {
	if (typeof message.content === "string") return [];
	return (message.content ?? []).flatMap((part) => {
		if (part.type === "image_url") return [attachmentName("an image", part.image_url.url)];
		if (part.type === "video_url") return [attachmentName("a video", part.video_url.url)];
		if (part.type === "file") return [attachmentName("a file", part.file.file_data ?? part.file.file_id ?? "")];
		if (part.type === "input_audio") {
			return [attachmentName("audio", `data:audio/${part.input_audio.format};base64,${part.input_audio.data}`)];
		}
		return [];
	});
}

function resultsOf(messages: readonly ChatMessage[]): { name: string; text: string }[] {
	const names = new Map<string, string>();
	for (const message of messages) {
		if (message.role !== "assistant") continue;
		for (const call of message.tool_calls ?? []) {
			names.set(call.id, call.type === "function" ? call.function.name : call.custom.name);
		}
	}
	const last = messages.findLastIndex((message) => message.role !== "tool");
	return messages
		.slice(last + 1)
		.flatMap((message) =>
			message.role === "tool" ? [{ name: names.get(message.tool_call_id) ?? "unknown", text: textOf(message) }] : [],
		);
}

function toolOf(tool: v.InferOutput<typeof Tool>): QuestionTool {
	return tool.type === "custom"
		? { name: tool.custom.name, parameters: null }
		: { name: tool.function.name, parameters: (tool.function.parameters ?? { type: "object" }) as JsonObject };
}

function choiceOf(body: ChatBody): Question["choice"] {
	const choice = body.tool_choice ?? "auto";
	if (typeof choice === "string") return choice;
	if (choice.type === "function") return [choice.function.name];
	if (choice.type === "custom") return [choice.custom.name];
	const names = choice.allowed_tools.tools.flatMap((tool) => (tool.function === undefined ? [] : [tool.function.name]));
	return choice.allowed_tools.mode === "required" ? names : "auto";
}

class ChatWriter {
	readonly #body: ChatBody;
	readonly #seat: Seat;
	readonly #dialect: Dialect;
	readonly #head: JsonObject;

	constructor(body: ChatBody, seat: Seat, dialect: Dialect, serviceTier: string | undefined) {
		this.#body = body;
		this.#seat = seat;
		this.#dialect = dialect;
		this.#head = {
			id: dialect.answerId(seat),
			created: Math.floor(seat.now / 1000),
			model: seat.modelId,
			...(serviceTier === undefined ? {} : { service_tier: serviceTier }),
			...dialect.extra,
		};
	}

	whole(answer: Answer): JsonObject {
		const { drafts } = answer;
		const dialect = this.#dialect;
		const choices = drafts.map((draft, index) => {
			const calls = draft.calls.map((_, call) => ({
				...(dialect.callIndex === true ? { index: call } : {}),
				...this.#call(answer, index, call),
			}));
			const reason = this.#reason(answer, index);
			return {
				index,
				message: {
					role: "assistant",
					content: calls.length > 0 && draft.text === "" ? null : draft.text,
					...dialect.messageExtra,
					...(draft.reasoning === "" ? {} : dialect.reasoning(draft.reasoning, this.#seat, false)),
					...(calls.length > 0 ? { tool_calls: calls } : {}),
				},
				logprobs: this.#logprobs(draft.text),
				finish_reason: reason,
				...dialect.finished(reason),
			};
		});
		return { ...this.#head, object: "chat.completion", choices, usage: dialect.usage(answer) };
	}

	frames(answer: Answer): Frame[] {
		const dialect = this.#dialect;
		const frames: Frame[] = dialect.comments.map((comment) => ({ text: `: ${comment}\n\n`, tokens: 0 }));
		const usage = dialect.usage(answer);
		const asked = this.#body.stream_options?.include_usage === true;
		const usageKey: JsonObject =
			dialect.usagePlacement === "every_chunk"
				? { usage }
				: dialect.usagePlacement === "own_chunk_if_asked" && asked
					? { usage: null }
					: {};
		const push = (choices: Json[], tokens: number, extra: JsonObject = usageKey) =>
			frames.push({ text: dataFrame({ ...this.#chunk(choices, extra), ...this.#padding(frames.length) }), tokens });

		for (const index of answer.drafts.keys()) {
			const isCall = answer.drafts[index]?.text === "" && (answer.drafts[index]?.calls.length ?? 0) > 0;
			push([this.#delta(index, { role: "assistant", content: isCall ? null : "", ...dialect.messageExtra })], 0);
		}
		let hidden = 0;
		for (const step of stepsOf(answer.drafts)) {
			const draft = answer.drafts[step.choice];
			if (draft === undefined) continue;
			if (step.kind === "text")
				push([this.#delta(step.choice, { content: step.text }, this.#logprobs(step.text))], step.tokens);
			else if (step.kind === "reasoning") {
				const carried = dialect.reasoning(step.text, this.#seat, true);
				if (Object.keys(carried).length > 0) push([this.#delta(step.choice, carried)], step.tokens);
				else frames.push({ text: "", tokens: step.tokens });
			} else if (step.kind === "call" && dialect.callDeltas === "fragments") {
				const call = emptied(this.#call(answer, step.choice, step.call));
				push([this.#delta(step.choice, { tool_calls: [{ index: step.call, ...call }] })], step.tokens);
			} else if (step.kind === "input" && dialect.callDeltas === "fragments") {
				const free = draft.calls[step.call]?.free === true;
				const piece = free ? { custom: { input: step.text } } : { function: { arguments: step.text } };
				push([this.#delta(step.choice, { tool_calls: [{ index: step.call, ...piece }] })], step.tokens);
			} else if (step.kind === "call" || step.kind === "input") hidden += step.tokens;
			else {
				if (dialect.callDeltas === "whole") {
					for (const call of draft.calls.keys()) {
						push([this.#delta(step.choice, { tool_calls: [this.#call(answer, step.choice, call)] })], hidden);
						hidden = 0;
					}
				}
				const reason = this.#reason(answer, step.choice);
				const isLast = step.choice === answer.drafts.length - 1;
				const last: JsonObject = dialect.usagePlacement === "finish_chunk" && isLast ? { usage } : usageKey;
				push([{ ...this.#delta(step.choice, {}), finish_reason: reason, ...dialect.finished(reason) }], 0, last);
			}
		}
		if (dialect.usagePlacement === "own_chunk_if_asked" && asked) push([], 0, { usage });
		if (dialect.usagePlacement === "own_chunk_with_choice") {
			const reason = this.#reason(answer, 0);
			const choice = this.#delta(0, { role: "assistant", content: "" });
			push([{ ...choice, finish_reason: reason, ...dialect.finished(reason) }], 0, { usage });
		}
		frames.push({ text: "data: [DONE]\n\n", tokens: 0 });
		return frames;
	}

	#chunk(choices: Json[], extra: JsonObject): JsonObject {
		return { ...this.#head, object: "chat.completion.chunk", choices, ...extra };
	}

	#delta(index: number, delta: JsonObject, logprobs: Json = null): JsonObject {
		const role = this.#dialect.roleInEveryDelta === true ? { role: "assistant" } : {};
		return { index, delta: { ...role, ...delta }, logprobs, finish_reason: null };
	}

	#call(answer: Answer, choice: number, call: number): JsonObject {
		const { name, input, free } = answer.drafts[choice]?.calls[call] ?? { name: "", input: "", free: false };
		const id = this.#dialect.callId(this.#seat, choice, call);
		return free
			? { id, type: "custom", custom: { name, input } }
			: { id, type: "function", function: { name, arguments: input } };
	}

	#reason(answer: Answer, choice: number): string {
		const finish = answer.drafts[choice]?.finish ?? "stop";
		if (finish !== "calls") return finish;
		const isNamed = typeof this.#body.tool_choice === "object" && this.#body.tool_choice?.type === "function";
		return isNamed && this.#dialect.namedCallStops === true ? "stop" : "tool_calls";
	}

	#logprobs(text: string): Json {
		if (this.#body.logprobs !== true || text === "") return null;
		const top = this.#body.top_logprobs ?? 0;
		return { content: logprobsOf(text, top), refusal: null };
	}

	/** Padding that hides how long the chunk's text is; of a length that follows no pattern of the content. */
	#padding(turn: number): JsonObject {
		if (this.#dialect.padded !== true || this.#body.stream_options?.include_obfuscation === false) return {};
		const start = (turn * 5) % 20;
		return { obfuscation: this.#seat.id.slice(start, start + 2 + (turn % 9)) };
	}
}

/** The first delta of a call: everything but its input. */
function emptied(call: JsonObject): JsonObject {
	return "custom" in call
		? { ...call, custom: { ...(call.custom as JsonObject), input: "" } }
		: { ...call, function: { ...(call.function as JsonObject), arguments: "" } };
}

/** Cached tokens when the request names a cache key and is long enough: half of the prompt was seen before. */
export function keyedCache(body: ChatBody, seat: Seat, total: number): { read: number; write: number } {
	if (typeof body.prompt_cache_key !== "string" || total < 1024) return { read: 0, write: 0 };
	const read = Math.floor(total / 2 / 128) * 128;
	const price = seat.model.prices.at(-1)?.price;
	const billsWrites = price !== undefined && price.cacheWrite !== price.input;
	return { read, write: billsWrites ? Math.floor((total - read) / 128) * 128 : 0 };
}
