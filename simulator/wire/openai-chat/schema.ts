// What the Chat Completions format lets a request say, and a `Dialect`: what one vendor of it does its own way.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import type { Question } from "#simulator/model/model-behaviour";
import type { Search } from "#simulator/model/search";
import type { SoundFormat } from "#simulator/model/sound";
import type { Problem } from "#simulator/wire/check";
import type { Drawn } from "#simulator/wire/images/shapes";
import type { Answer, Seat } from "#simulator/wire/wire";

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
		images: v.nullish(
			v.array(v.looseObject({ type: v.literal("image_url"), image_url: v.looseObject({ url: v.string() }) })),
		),
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
export type ChatTool = v.InferOutput<typeof Tool>;

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
	/** The picture that comes with an answer; null, or absent where the vendor's models draw none. */
	/** Whether sound in a prompt is counted apart. */
	readonly hears?: true;
	/** What the model says aloud beside what it writes; null where it only writes. */
	speaks?(body: ChatBody, seat: Seat): SoundFormat | null;
	draws?(body: ChatBody, text: string, seat: Seat): Drawn | null;
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
	/** What the vendor searches before the model is asked; undefined when it was not told to. */
	search?(body: ChatBody): Search | undefined;
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
