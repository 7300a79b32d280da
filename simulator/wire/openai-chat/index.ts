/** OpenAI's Chat Completions format, as every vendor that speaks it reads and writes it; a `Dialect` holds what differs. */
import * as v from "valibot";
import type { Json, JsonObject } from "#lib/json";
import type { Question, QuestionTool } from "#simulator/model/model-behaviour";
import { attachmentName, InputCount } from "#simulator/model/usage";
import { decode, type Problem } from "#simulator/wire/check";
import type { Answer, Play, Seat } from "#simulator/wire/wire";
import { ChatWriter } from "./writer";

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
		reasoning_details: v.optional(v.unknown()),
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

const ChatSchema = v.looseObject({
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
	// Single vendors' own ways to ask for thinking; each dialect reads its own.
	thinking: v.optional(v.unknown()),
	enable_thinking: v.optional(v.unknown()),
	thinking_budget: v.optional(v.unknown()),
	reasoning: v.optional(v.unknown()),
	chat_template_kwargs: v.optional(v.unknown()),
});
export type ChatBody = v.InferOutput<typeof ChatSchema>;

/** What one vendor does its own way. */
export interface Dialect {
	/** Throws for what this vendor refuses and others do not. */
	check(body: ChatBody, seat: Seat): void;
	/** Throws for a body that is malformed by everyone's rules. */
	malformed(problem: Problem): never;
	/** How much the model thinks. */
	thinking(body: ChatBody, seat: Seat): Question["thinking"];
	/** The output limit as this vendor reads it; null when the request sets none. */
	limit(body: ChatBody): number | null;
	/** What its usage says about the prompt cache. */
	readonly reportsCache: "reads and writes" | "reads";
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
	reasoning(text: string, seat: Seat, streamed: boolean, body: ChatBody): JsonObject;
	/** Keys of a delta after the last piece of reasoning. */
	reasoningEnd?(text: string, seat: Seat, body: ChatBody): JsonObject | null;
	/** Further keys of a choice that has finished. */
	finished(reason: string): JsonObject;
	usage(answer: Answer): JsonObject;
	/** Where a stream carries its usage. */
	readonly usagePlacement: "own_chunk_if_asked" | "finish_chunk" | "own_chunk_with_choice" | "every_chunk";
	/** "whole": a call comes in one delta, without an index. */
	readonly callDeltas: "fragments" | "whole";
	/** Keys of a delta after the last piece of a tool call. */
	callEnd?(call: number): JsonObject;
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
	dialect.check(body, seat);
	const count = new InputCount();
	for (const message of body.messages) countMessage(message, count);
	count.json((body.tools ?? undefined) as Json | undefined);
	if (body.response_format?.type === "json_schema") count.json(body.response_format as unknown as Json);
	const input = count.done(dialect.reportsCache, dialect.cached?.(body, seat, count.total));
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

/** Cached tokens when the request names a cache key and is long enough: half of the prompt was seen before. */
export function keyedCache(key: unknown, seat: Seat, total: number): { read: number; write: number } {
	if (typeof key !== "string" || total < 1024) return { read: 0, write: 0 };
	const read = Math.floor(total / 2 / 128) * 128;
	const price = seat.model.prices.at(-1)?.price;
	const billsWrites = price !== undefined && price.cacheWrite !== price.input;
	return { read, write: billsWrites ? Math.floor((total - read) / 128) * 128 : 0 };
}
