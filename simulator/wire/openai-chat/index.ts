/**
 * OpenAI's Chat Completions format, as every vendor that speaks it reads and writes it; a `Dialect` holds what differs.
 */
import type { Json, JsonObject } from "#lib/json";
import type { Question, QuestionTool } from "#simulator/model/model-behaviour";
import { jsonFormat } from "#simulator/model/prompt-schema";
import { attachmentName, InputCount } from "#simulator/model/usage";
import { decode } from "#simulator/wire/check";
import type { Play, Seat } from "#simulator/wire/wire";
import { type ChatBody, type ChatMessage, ChatSchema, type ChatTool, type Dialect } from "./schema";
import { soundTokens } from "./voice";
import { ChatWriter } from "./writer";

export function readChat(raw: JsonObject, seat: Seat, dialect: Dialect): Play {
	const body = decode(ChatSchema, raw, (problem) => dialect.malformed(problem));
	dialect.check(body, seat);
	const count = new InputCount();
	for (const message of body.messages) countMessage(message, count, dialect.hears === true);
	count.json((body.tools ?? undefined) as Json | undefined);
	if (body.response_format?.type === "json_schema") count.json(body.response_format as unknown as Json);
	const counted = count.done(dialect.reportsCache, dialect.cached?.(body, seat, count.total));
	const search = dialect.search?.(body);
	const serviceTier = dialect.serviceTier?.(body);
	const question = questionOf(body, seat, dialect);
	const drawn = dialect.draws?.(body, question.text, seat) ?? null;
	const voice = dialect.speaks?.(body, seat) ?? null;
	const writer = new ChatWriter(body, seat, dialect, { serviceTier, drawn, voice });
	return {
		question,
		...(drawn === null ? {} : { made: { tokens: drawn.tokens, units: drawn.units ?? {} } }),
		...(voice === null ? {} : { voiced: soundTokens }),
		input: search === undefined ? counted : { ...counted, search },
		stream: body.stream === true,
		...(serviceTier === undefined ? {} : { serviceTier }),
		whole: (answer) => writer.whole(answer),
		frames: (answer) => writer.frames(answer),
	};
}

function countMessage(message: ChatMessage, count: InputCount, hears: boolean): void {
	count.message();
	if (typeof message.content === "string") count.text(message.content);
	else {
		for (const part of message.content ?? []) {
			if (part.type === "text") count.text(part.text);
			else if (part.type === "refusal") count.text(part.refusal);
			else if (part.type === "image_url") count.image();
			else if (part.type === "input_audio" && hears) count.sound();
			else count.file();
		}
	}
	if (message.role === "assistant") {
		count.text(message.reasoning_content ?? "");
		for (const _ of message.images ?? []) count.image();
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
		json: jsonFormat(
			format?.type === "json_schema"
				? ((format.json_schema.schema ?? {}) as JsonObject)
				: format?.type === "json_object"
					? "any object"
					: undefined,
			body.messages.filter(({ role }) => role !== "assistant" && role !== "tool").map(textOf),
		),
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

function toolOf(tool: ChatTool): QuestionTool {
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
