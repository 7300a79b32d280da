// The older input and output of Workers AI's models.
import * as v from "valibot";
import { isObject, type Json, type JsonObject } from "#lib/json";
import { stepsOf } from "#simulator/faults/pieces";
import type { Question } from "#simulator/model/model-behaviour";
import { jsonFormat } from "#simulator/model/prompt-schema";
import { attachmentName, InputCount } from "#simulator/model/usage";
import { decode, unknownKey } from "#simulator/wire/check";
import { type Answer, dataFrame, type Frame, type Play, type Seat } from "#simulator/wire/wire";
import { badInput, inferenceError, typeMismatch, unknownProperty } from "./errors";

const KEYS = new Set(
	`messages prompt stream max_tokens temperature top_p top_k seed repetition_penalty frequency_penalty presence_penalty
	tools tool_choice response_format lora raw`.split(/\s+/),
);

const Part = v.variant("type", [
	v.looseObject({ type: v.literal("text"), text: v.string() }),
	v.looseObject({ type: v.literal("image_url"), image_url: v.looseObject({ url: v.string() }) }),
]);
const Message = v.looseObject({
	role: v.picklist(["system", "user", "assistant", "tool"]),
	content: v.union([v.string(), v.array(Part)]),
	name: v.optional(v.string()),
	tool_calls: v.optional(
		v.array(v.looseObject({ name: v.optional(v.string()), function: v.optional(v.looseObject({ name: v.string() })) })),
	),
});
const Declared = v.looseObject({ name: v.string(), parameters: v.optional(v.looseObject({})) });
const ClassicSchema = v.looseObject({
	messages: v.optional(v.pipe(v.array(Message), v.minLength(1))),
	prompt: v.optional(v.pipe(v.string(), v.minLength(1))),
	stream: v.optional(v.boolean()),
	max_tokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
	temperature: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(5))),
	top_p: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
	tools: v.optional(v.array(v.union([v.looseObject({ type: v.literal("function"), function: Declared }), Declared]))),
	tool_choice: v.optional(v.picklist(["auto", "none", "required"])),
	response_format: v.optional(
		v.variant("type", [
			v.looseObject({ type: v.literal("text") }),
			v.looseObject({ type: v.literal("json_object") }),
			v.looseObject({ type: v.literal("json_schema"), json_schema: v.looseObject({}) }),
		]),
	),
});
type ClassicBody = v.InferOutput<typeof ClassicSchema>;
type ClassicMessage = v.InferOutput<typeof Message>;

/** Output tokens when the request sets no limit. */
const DEFAULT_LIMIT = 256;

/** The models with a JSON mode. */
const JSON_MODE = /\/llama-3\.(?:1-8b|3-70b)-/;

export function readClassic(raw: JsonObject, seat: Seat): Play {
	const key = unknownKey(raw, KEYS);
	if (key !== undefined) throw unknownProperty(`/${key}`);
	const body = decode(ClassicSchema, raw, typeMismatch);
	const messages: ClassicMessage[] =
		body.messages ?? (body.prompt === undefined ? [] : [{ role: "user", content: body.prompt }]);
	if (messages.length === 0) throw badInput("must have required property 'messages' or 'prompt'");
	const sees = seat.model.input.includes("image");
	for (const [at, message] of messages.entries()) {
		if (Array.isArray(message.content) && !sees)
			throw badInput(`Type mismatch of '/messages/${at}/content', 'string' not in 'array'`);
	}
	checkJsonMode(body, seat);

	const count = new InputCount();
	for (const message of messages) {
		count.message();
		if (typeof message.content === "string") count.text(message.content);
		else for (const part of message.content) part.type === "text" ? count.text(part.text) : count.image();
		count.json(message.tool_calls as Json | undefined);
	}
	count.json(body.tools as Json | undefined);
	const isJson = body.response_format !== undefined && body.response_format.type !== "text";
	return {
		question: questionOf(body, messages),
		input: count.done("nothing"),
		stream: body.stream === true,
		whole: (answer) => whole(answer, isJson),
		frames: (answer) => frames(answer, seat),
	};
}

function checkJsonMode({ response_format: format, stream }: ClassicBody, seat: Seat): void {
	if (format === undefined || format.type === "text") return;
	if (!JSON_MODE.test(seat.model.id)) throw inferenceError(5025, "This model doesn't support JSON Schema.");
	if (stream === true) throw inferenceError(5023, "JSON Schema mode is not supported with stream mode.");
	// OpenAI's wrapper around the schema is not a schema.
	if (format.type === "json_schema" && "schema" in format.json_schema && "name" in format.json_schema) {
		throw inferenceError(5024, "JSON Mode couldn't be met");
	}
}

function questionOf(body: ClassicBody, messages: readonly ClassicMessage[]): Question {
	const user = messages.findLast((message) => message.role === "user");
	const last = messages.findLastIndex((message) => message.role !== "tool");
	const called = messages[last]?.tool_calls?.map((call) => call.name ?? call.function?.name ?? "unknown") ?? [];
	const format = body.response_format;
	return {
		text: user === undefined ? "" : textOf(user),
		results: messages
			.slice(last + 1)
			.map((message, at) => ({ name: message.name ?? called[at] ?? "unknown", text: textOf(message) })),
		attachments: Array.isArray(user?.content)
			? user.content.flatMap((part) =>
					part.type === "image_url" ? [attachmentName("an image", part.image_url.url)] : [],
				)
			: [],
		tools: (body.tools ?? []).map((tool) => {
			const declared =
				"function" in tool && isObject(tool.function)
					? (tool.function as v.InferOutput<typeof Declared>)
					: (tool as v.InferOutput<typeof Declared>);
			return { name: declared.name, parameters: (declared.parameters ?? { type: "object" }) as JsonObject };
		}),
		choice: body.tool_choice ?? "auto",
		parallel: true,
		json: jsonFormat(
			format?.type === "json_schema"
				? (format.json_schema as JsonObject)
				: format?.type === "json_object"
					? "any object"
					: undefined,
			messages.filter(({ role }) => role === "system" || role === "user").map(textOf),
		),
		thinking: 0,
		stop: [],
		limit: body.max_tokens ?? DEFAULT_LIMIT,
		n: 1,
	};
}

function textOf(message: ClassicMessage): string {
	if (typeof message.content === "string") return message.content;
	return message.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}

function usageOf({ usage }: Answer): JsonObject {
	const prompt = usage.uncachedInput + usage.cacheRead + usage.cacheWrite;
	return { prompt_tokens: prompt, completion_tokens: usage.output, total_tokens: prompt + usage.output };
}

function callsOf(answer: Answer): Json[] {
	return (answer.drafts[0]?.calls ?? []).map(({ name, input }) => ({ name, arguments: parsed(input) ?? {} }));
}

function whole(answer: Answer, isJson: boolean): JsonObject {
	const text = answer.drafts[0]?.text ?? "";
	const calls = callsOf(answer);
	return {
		response: calls.length > 0 ? null : isJson ? (parsed(text) ?? text) : text,
		...(calls.length > 0 ? { tool_calls: calls } : {}),
		usage: usageOf(answer),
	};
}

/** Text as it comes; calls and usage only in the last frame; padding; no word on why it ended. */
function frames(answer: Answer, seat: Seat): Frame[] {
	const all: Frame[] = [];
	let held = 0;
	for (const step of stepsOf(answer.drafts)) {
		if (step.kind !== "text") {
			held += step.tokens;
			continue;
		}
		const padding = seat.id.slice(0, 2 + (all.length % 12));
		all.push({ text: dataFrame({ response: step.text, p: padding }), tokens: step.tokens });
	}
	const calls = callsOf(answer);
	if (calls.length > 0) all.push({ text: dataFrame({ response: "", tool_calls: calls }), tokens: held });
	all.push({ text: dataFrame({ response: "", usage: usageOf(answer) }), tokens: 0 });
	all.push({ text: "data: [DONE]\n\n", tokens: 0 });
	return all;
}

function parsed(text: string): Json | undefined {
	try {
		return JSON.parse(text) as Json;
	} catch {
		return undefined;
	}
}
