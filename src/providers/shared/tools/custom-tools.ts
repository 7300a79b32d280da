/**
 * Free-form tools at vendors that know only functions: each travels as a function of one text, and its calls come back
 * as what they were. What a format promises of the text is told to the model in words.
 */
import type {
	AssistantReply,
	ChatRequest,
	Chunk,
	ChunkChoice,
	CustomTool,
	FunctionTool,
	Message,
	Tool,
	ToolCall,
	ToolCallDelta,
	ToolChoice,
} from "#core/chat/chat";
import { isObject, type JsonObject, parseJson } from "#lib/json";
import { changed } from "#lib/list";
import type { SseEvent } from "#lib/sse";
import type { ChatCodec, StreamDecoder } from "#providers/adapter";

/** The codec of a vendor without free-form tools, for requests that may have some. */
export function customToolsAsFunctions(codec: ChatCodec): ChatCodec {
	return {
		...codec,
		encode: (request, model) => codec.encode(withFunctions(request), model),
		decode: (body, request, model) => {
			const names = customNames(request);
			const answer = codec.decode(body, request, model);
			if (names.size === 0) return answer;
			const choices = answer.choices.map((choice) => ({ ...choice, message: customReply(choice.message, names) }));
			return { ...answer, choices };
		},
		decoder: (request, model) => {
			const names = customNames(request);
			const decoder = codec.decoder(request, model);
			return names.size === 0 ? decoder : new CustomCallDecoder(decoder, names);
		},
		...(codec.relay !== undefined && {
			relay: (request, model) => (customNames(request).size === 0 ? (codec.relay?.(request, model) ?? null) : null),
		}),
	};
}

function customNames({ tools = [] }: ChatRequest): ReadonlySet<string> {
	return new Set(tools.flatMap((tool) => (tool.type === "custom" ? [tool.custom.name] : [])));
}

/** The request with a function for each free-form tool, and its calls in that form; itself where it has none. */
function withFunctions(request: ChatRequest): ChatRequest {
	const { tools = [], messages, tool_choice: choice } = request;
	const functions = changed(tools, asFunction);
	const conversation = changed(messages, withFunctionCalls);
	if (functions === tools && conversation === messages) return request;
	return {
		...request,
		messages: [...conversation],
		...(request.tools !== undefined && { tools: [...functions] }),
		...(choice !== undefined && { tool_choice: functionChoice(choice) }),
	};
}

function asFunction(tool: Tool): Tool {
	if (tool.type === "function") return tool;
	const { name, description } = tool.custom;
	const described: FunctionTool["function"] = {
		name,
		...(description !== undefined && { description }),
		parameters: {
			type: "object",
			properties: { input: { type: "string", description: inputDescription(tool) } },
			required: ["input"],
			additionalProperties: false,
		},
	};
	return { type: "function", function: described };
}

function inputDescription({ custom: { format } }: CustomTool): string {
	const grammar = format?.grammar;
	if (!isObject(grammar) || typeof grammar.definition !== "string") return "The input of the tool, as plain text.";
	const syntax = grammar.syntax === "regex" ? "regular expression" : "Lark grammar";
	return `The input of the tool, as plain text that matches this ${syntax}:\n${grammar.definition}`;
}

function withFunctionCalls(message: Message): Message {
	if (message.role !== "assistant" || message.tool_calls === undefined) return message;
	const calls = changed(message.tool_calls, (call): ToolCall => {
		if (call.type === "function") return call;
		const { name, input } = call.custom;
		const { type: _, custom: __, ...rest } = call;
		return { ...rest, type: "function", function: { name, arguments: JSON.stringify({ input }) } };
	});
	return calls === message.tool_calls ? message : { ...message, tool_calls: [...calls] };
}

function functionChoice(choice: ToolChoice): ToolChoice {
	if (typeof choice === "string" || choice.type === "function") return choice;
	if (choice.type === "custom") return { type: "function", function: { name: choice.custom.name } };
	const { mode, tools } = choice.allowed_tools;
	const references = tools.map((tool): JsonObject => {
		const { custom } = tool;
		return isObject(custom) ? { type: "function", function: custom } : tool;
	});
	return { type: "allowed_tools", allowed_tools: { mode, tools: references } };
}

function customReply(message: AssistantReply, names: ReadonlySet<string>): AssistantReply {
	if (message.tool_calls === undefined) return message;
	const calls = message.tool_calls.map((call): ToolCall => {
		if (call.type === "custom" || !names.has(call.function.name)) return call;
		const { function: called, type: _, ...rest } = call;
		return { ...rest, type: "custom", custom: { name: called.name, input: inputOf(called.arguments) } };
	});
	return { ...message, tool_calls: calls };
}

/** The text within the arguments of such a function; all of them where a model wrote something else. */
function inputOf(text: string): string {
	const parsed = parseJson(text);
	return isObject(parsed) && typeof parsed.input === "string" ? parsed.input : text;
}

/** A call of a free-form tool while its arguments come in. */
interface OpenCall {
	readonly index: number;
	text: string;
}

/** Turns streamed calls of such functions back: each begins at once; its text comes when its arguments are whole. */
class CustomCallDecoder implements StreamDecoder {
	readonly #decoder: StreamDecoder;
	readonly #names: ReadonlySet<string>;
	/** By the choice and the index of the call. */
	readonly #open = new Map<string, OpenCall>();

	constructor(decoder: StreamDecoder, names: ReadonlySet<string>) {
		this.#decoder = decoder;
		this.#names = names;
	}

	push(event: SseEvent): Chunk[] {
		return this.#decoder.push(event).flatMap((chunk) => this.#turned(chunk));
	}

	end(): Chunk[] {
		return this.#decoder.end().flatMap((chunk) => this.#turned(chunk));
	}

	/** Finishes stand apart from content, so the texts that were held back come in a chunk before theirs. */
	#turned(chunk: Chunk): Chunk[] {
		const ended: ChunkChoice[] = [];
		const choices = chunk.choices.flatMap((choice): ChunkChoice[] => {
			const { tool_calls: calls = [], ...rest } = choice.delta;
			const turned = calls.flatMap((call) => this.#call(choice.index, call));
			if (choice.finish_reason !== null) {
				const tool_calls = this.#texts(choice.index);
				if (tool_calls.length > 0) ended.push({ index: choice.index, delta: { tool_calls }, finish_reason: null });
			} else if (calls.length > 0 && turned.length === 0 && Object.keys(rest).length === 0) return [];
			return [{ ...choice, delta: { ...rest, ...(turned.length > 0 && { tool_calls: turned }) } }];
		});
		return ended.length === 0 ? [{ ...chunk, choices }] : [{ choices: ended }, { ...chunk, choices }];
	}

	#call(choice: number, call: ToolCallDelta): ToolCallDelta[] {
		const key = `${choice}.${call.index}`;
		const open = this.#open.get(key);
		if (open !== undefined) {
			open.text += call.function?.arguments ?? "";
			return [];
		}
		const name = call.function?.name;
		if (name === undefined || !this.#names.has(name)) return [call];
		this.#open.set(key, { index: call.index, text: call.function?.arguments ?? "" });
		const { function: _, ...rest } = call;
		return [{ ...rest, type: "custom", custom: { name, input: "" } }];
	}

	#texts(choice: number): ToolCallDelta[] {
		const calls: ToolCallDelta[] = [];
		for (const [key, { index, text }] of this.#open) {
			if (!key.startsWith(`${choice}.`)) continue;
			calls.push({ index, custom: { input: inputOf(text) } });
			this.#open.delete(key);
		}
		return calls;
	}
}
