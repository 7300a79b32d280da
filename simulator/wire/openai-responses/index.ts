/** OpenAI's Responses format. Nothing is stored: what would refer to an earlier response is refused as not found. */
import type { Json, JsonObject } from "#lib/json";
import type { Question, QuestionTool } from "#simulator/model/model-behaviour";
import { jsonFormat } from "#simulator/model/prompt-schema";
import { searchesOf } from "#simulator/model/search";
import { attachmentName, InputCount } from "#simulator/model/usage";
import { decode, unknownKey } from "#simulator/wire/check";
import { keyedCache } from "#simulator/wire/openai-chat/index";
import { isSealed } from "#simulator/wire/openai-chat/reasoning";
import {
	admitToOpenai,
	checkEffort,
	checkFixedSampling,
	checkLimit,
	checkStrict,
	effortOf,
	openaiHeaders,
	servedTier,
	thinkingOf,
} from "#simulator/wire/vendors/openai";
import {
	openaiError,
	openaiFailure,
	openaiMalformed,
	openaiTooLong,
	unknownParameter,
} from "#simulator/wire/vendors/openai-errors";
import type { Play, Seat, Wire } from "#simulator/wire/wire";
import { type Content, type Item, KEYS, type Part, type ResponsesBody, ResponsesSchema } from "./schema";
import { ResponsesWriter } from "./writer";

/** Output limits below this are refused. */
const MIN_LIMIT_TOKENS = 16;
function read(raw: JsonObject, seat: Seat): Play {
	const key = unknownKey(raw, KEYS);
	if (key !== undefined) throw unknownParameter(key);
	const body = decode(ResponsesSchema, raw, openaiMalformed);
	check(body, seat);
	const items: Item[] =
		typeof body.input === "string" ? [{ type: "message", role: "user", content: body.input }] : body.input;
	checkPairs(items);
	for (const [at, item] of items.entries()) {
		if (item.type === "reasoning") checkReasoning(item, items[at + 1]);
		if (item.type === "compaction" && !isSealed(item.encrypted_content)) {
			throw openaiError(400, "The compaction item could not be verified.", null, "invalid_encrypted_content");
		}
	}

	const count = new InputCount();
	if (body.instructions != null) {
		count.message();
		count.text(body.instructions);
	}
	for (const item of items) countItem(item, count);
	count.json((body.tools ?? undefined) as Json | undefined);
	if (body.text?.format?.type === "json_schema") count.json(body.text.format as unknown as Json);
	const serviceTier = servedTier(body.service_tier);
	const question = questionOf(body, items, seat);
	const counted = count.done("reads and writes", keyedCache(body.prompt_cache_key, seat, count.total));
	const search = searchesOf(question.text, counted.total, mostSearches(body));
	const writer = new ResponsesWriter(body, seat, serviceTier, search.uses);
	return {
		question,
		input: { ...counted, search },
		stream: body.stream === true,
		serviceTier,
		whole: (answer) => writer.whole(answer),
		frames: (answer) => writer.frames(answer),
	};
}

function mostSearches({ tools, max_tool_calls: limit }: ResponsesBody): number {
	const maySearch = tools?.some(({ type }) => type.startsWith("web_search")) ?? false;
	return maySearch ? (limit ?? Number.MAX_SAFE_INTEGER) : 0;
}

function check(body: ResponsesBody, seat: Seat): void {
	if (body.previous_response_id != null) {
		const message = `Previous response with id '${body.previous_response_id}' not found.`;
		throw openaiError(400, message, "previous_response_id", "previous_response_not_found");
	}
	checkEffort(body.reasoning?.effort, seat, "reasoning.effort");
	checkFixedSampling(body, effortOf(body.reasoning?.effort, seat), seat);
	const limit = body.max_output_tokens;
	if (limit != null && limit < MIN_LIMIT_TOKENS) {
		throw openaiError(
			400,
			`Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${MIN_LIMIT_TOKENS}, but got ${limit} instead.`,
			"max_output_tokens",
			"integer_below_min_value",
		);
	}
	checkLimit(limit ?? null, seat, "max_output_tokens");
	const format = body.text?.format;
	if (format?.type === "json_schema" && format.strict === true) {
		checkStrict(format.schema, `response_format '${format.name}'`, "text.format.schema");
	}
	for (const [at, tool] of (body.tools ?? []).entries()) {
		if (tool.type !== "function" || tool.strict !== true) continue;
		checkStrict(tool.parameters ?? {}, `function '${tool.name}'`, `tools[${at}].parameters`);
	}
	if (format?.type === "json_object" && !/json/i.test(JSON.stringify(body.input))) {
		throw openaiError(
			400,
			"Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
			"input",
		);
	}
}

/** Every call has an output, every output a call. */
function checkPairs(items: readonly Item[]): void {
	const called = new Set<string>();
	const answered = new Set<string>();
	for (const item of items) {
		if (item.type === "function_call" || item.type === "custom_tool_call") called.add(item.call_id);
		if (item.type !== "function_call_output" && item.type !== "custom_tool_call_output") continue;
		if (!called.has(item.call_id)) {
			throw openaiError(400, `No tool call found for function call output with call_id ${item.call_id}.`, "input");
		}
		answered.add(item.call_id);
	}
	const open = [...called].find((id) => !answered.has(id));
	if (open !== undefined) throw openaiError(400, `No tool output found for function call ${open}.`, "input");
}

/** Reasoning comes back encrypted, as it was given, and with what followed it. */
function checkReasoning(item: Extract<Item, { type: "reasoning" }>, next: Item | undefined): void {
	const id = item.id ?? "";
	if (item.encrypted_content == null) {
		throw openaiError(
			404,
			`Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
			"input",
		);
	}
	if (!isSealed(item.encrypted_content)) {
		const message = `The encrypted content for item ${id} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`;
		throw openaiError(400, message, null, "invalid_encrypted_content");
	}
	const follows =
		next !== undefined &&
		(next.type === "reasoning" ||
			next.type === "function_call" ||
			next.type === "custom_tool_call" ||
			(next.type === "message" && next.role === "assistant"));
	if (!follows) {
		throw openaiError(
			400,
			`Item '${id}' of type 'reasoning' was provided without its required following item.`,
			"input",
		);
	}
}

function countItem(item: Item, count: InputCount): void {
	switch (item.type) {
		case "message":
			count.message();
			countContent(item.content, count);
			break;
		case "function_call":
			count.text(item.name);
			count.text(item.arguments);
			break;
		case "custom_tool_call":
			count.text(item.name);
			count.text(item.input);
			break;
		case "function_call_output":
		case "custom_tool_call_output":
			count.message();
			countContent(item.output, count);
			break;
		case "reasoning":
			for (const { text } of item.summary) count.text(text);
			break;
		case "compaction":
			count.text(item.encrypted_content);
	}
}

function countContent(content: Content, count: InputCount): void {
	for (const part of typeof content === "string" ? [{ type: "input_text" as const, text: content }] : content) {
		if (part.type === "input_text" || part.type === "output_text") count.text(part.text);
		else if (part.type === "refusal") count.text(part.refusal);
		else if (part.type === "input_image") count.image();
		else count.file();
	}
}

function questionOf(body: ResponsesBody, items: readonly Item[], seat: Seat): Question {
	const user = items.findLast((item) => item.type === "message" && item.role === "user");
	const content = user?.type === "message" ? user.content : "";
	const format = body.text?.format;
	return {
		text: textOf(content),
		results: resultsOf(items),
		attachments: typeof content === "string" ? [] : content.flatMap(attachmentOf),
		tools: (body.tools ?? []).flatMap((tool): QuestionTool[] => {
			if (tool.type === "custom") return [{ name: tool.name, parameters: null }];
			if (tool.type !== "function") return [];
			return [{ name: tool.name, parameters: (tool.parameters ?? { type: "object" }) as JsonObject }];
		}),
		choice: choiceOf(body),
		parallel: body.parallel_tool_calls !== false,
		json: jsonFormat(
			format?.type === "json_schema"
				? (format.schema as JsonObject)
				: format?.type === "json_object"
					? "any object"
					: undefined,
			[
				body.instructions ?? "",
				...items.flatMap((item) =>
					item.type === "message" && item.role !== "assistant" ? [textOf(item.content)] : [],
				),
			],
		),
		thinking: thinkingOf(effortOf(body.reasoning?.effort, seat)),
		stop: [],
		limit: body.max_output_tokens ?? seat.model.maxOutput ?? Number.MAX_SAFE_INTEGER,
		n: 1,
	};
}

function textOf(content: Content): string {
	if (typeof content === "string") return content;
	return content
		.flatMap((part) => (part.type === "input_text" || part.type === "output_text" ? [part.text] : []))
		.join("\n");
}

function attachmentOf(part: Part): string[] {
	if (part.type === "input_image") return [attachmentName("an image", part.image_url ?? part.file_id ?? "")];
	if (part.type !== "input_file") return [];
	return [attachmentName("a file", part.file_data ?? part.file_url ?? part.file_id ?? "")];
}

function resultsOf(items: readonly Item[]): { name: string; text: string }[] {
	const names = new Map<string, string>();
	for (const item of items) {
		if (item.type === "function_call" || item.type === "custom_tool_call") names.set(item.call_id, item.name);
	}
	const last = items.findLastIndex(
		(item) => item.type !== "function_call_output" && item.type !== "custom_tool_call_output",
	);
	return items
		.slice(last + 1)
		.flatMap((item) =>
			item.type === "function_call_output" || item.type === "custom_tool_call_output"
				? [{ name: names.get(item.call_id) ?? "unknown", text: textOf(item.output) }]
				: [],
		);
}

function choiceOf(body: ResponsesBody): Question["choice"] {
	const choice = body.tool_choice ?? "auto";
	if (typeof choice === "string") return choice;
	if (choice.type === "allowed_tools") return choice.mode === "auto" ? "auto" : choice.tools.map((tool) => tool.name);
	return choice.type === "function" || choice.type === "custom" ? [choice.name] : "auto";
}

export const openaiResponses: Wire = {
	admit: admitToOpenai,
	read,
	failure: openaiFailure,
	noModel: (id) => openaiError(400, `The requested model '${id}' does not exist.`, "model", "model_not_found"),
	tooLong: openaiTooLong,
	errorFrame() {
		const error = {
			type: "server_error",
			code: "server_error",
			message: "The server had an error while processing your request.",
			param: null,
		};
		const failed = {
			id: "resp_simulated",
			object: "response",
			status: "failed",
			output: [],
			error: { code: error.code, message: error.message },
		};
		return (
			`event: error\ndata: ${JSON.stringify({ type: "error", sequence_number: 90, error })}\n\n` +
			`event: response.failed\ndata: ${JSON.stringify({ type: "response.failed", sequence_number: 91, response: failed })}\n\n`
		);
	},
	lead: "",
	headers: openaiHeaders,
};
