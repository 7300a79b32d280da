/**
 * The same conversation, written as the clients of each face write it, and its answers read back into one form: what
 * was said, thought and called, how it ended, and what goes back in the next turn.
 */
import type { JsonObject } from "#lib/json";

export interface Tool {
	readonly name: string;
	readonly parameters: JsonObject;
}

export interface Asked {
	readonly model: string;
	readonly stream: boolean;
	/** What was said by now, in the face's own form. */
	readonly history: readonly object[];
	readonly tools?: readonly Tool[];
	/** The JSON that the answer shall be. */
	readonly schema?: JsonObject;
	readonly thinks?: boolean;
}

export interface Call {
	readonly id: string;
	readonly name: string;
	/** JSON text. */
	readonly input: string;
}

export interface Answer {
	readonly text: string;
	readonly thought: string;
	readonly calls: readonly Call[];
	readonly end: string;
	/** What a client adds to the history: the answer, as it came. */
	readonly back: readonly object[];
}

export interface Speaker {
	readonly path: string;
	/** What the face calls an answer that ended by itself, and one that waits for tools. */
	readonly ends: { readonly said: string; readonly called: string };
	user(text: string, attached?: "image" | "document"): object;
	results(calls: readonly Call[], text: string): object[];
	body(asked: Asked): object;
	whole(body: never): Answer;
	/** From the data of all events; `[DONE]` among them. */
	streamed(events: readonly string[]): Answer;
}

const MAX_TOKENS = 8_000;
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const PNG_URL = `data:image/png;base64,${PNG}`;
const PDF = btoa("%PDF-1.4 text");
const PDF_URL = `data:application/pdf;base64,${PDF}`;

interface ChatMessage {
	content?: string | null;
	reasoning_content?: string;
	tool_calls?: { id: string; index?: number; function: { name: string; arguments: string } }[];
	reasoning_details?: object[];
	[field: string]: unknown;
}

const chat: Speaker = {
	path: "/v1/chat/completions",
	ends: { said: "stop", called: "tool_calls" },
	user(text, attached) {
		const shown = {
			image: { type: "image_url", image_url: { url: PNG_URL } },
			document: { type: "file", file: { filename: "paper.pdf", file_data: PDF_URL } },
		};
		return { role: "user", content: attached ? [{ type: "text", text }, shown[attached]] : text };
	},
	results: (calls, content) => calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content })),
	body: ({ model, stream, history, tools, schema, thinks }) => ({
		...{ model, stream, messages: history, max_completion_tokens: MAX_TOKENS },
		...(tools && { tools: tools.map((tool) => ({ type: "function", function: tool })) }),
		...(schema && {
			response_format: { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
		}),
		...(thinks && { reasoning_effort: "low" }),
	}),
	whole: ({ choices: [choice] }: { choices: [{ message: ChatMessage; finish_reason: string }] }) =>
		chatAnswer(choice.message, choice.finish_reason),
	streamed(events) {
		const message: ChatMessage = { role: "assistant", content: null };
		let end = "";
		for (const event of events.filter((data) => data !== "[DONE]")) {
			const [choice] = JSON.parse(event).choices as { delta: ChatMessage; finish_reason: string | null }[];
			if (choice === undefined) continue;
			end = choice.finish_reason ?? end;
			gather(message, choice.delta);
		}
		return chatAnswer(message, end);
	},
};

/** Adds a delta to the message, as OpenAI's SDK does: texts grow, entries of lists are told apart by their `index`. */
function gather(message: Record<string, unknown>, delta: Record<string, unknown>): void {
	for (const [field, value] of Object.entries(delta)) {
		const known = message[field];
		if (field === "index" || field === "type" || field === "id" || field === "role" || known == null) {
			message[field] = Array.isArray(value) ? [] : value;
			if (Array.isArray(value)) for (const entry of value) gatherEntry(message[field] as Entry[], entry);
		} else if (typeof value === "string" && typeof known === "string") message[field] = known + value;
		else if (Array.isArray(value)) for (const entry of value) gatherEntry(known as Entry[], entry);
		else if (typeof value === "object" && value !== null) gather(known as Record<string, unknown>, value as Entry);
	}
}

type Entry = Record<string, unknown>;

function gatherEntry(list: Entry[], entry: Entry): void {
	const known = list.find(({ index }) => index !== undefined && index === entry.index);
	if (known === undefined) list.push(structuredClone(entry));
	else gather(known, entry);
}

function chatAnswer(message: ChatMessage, end: string): Answer {
	return {
		text: message.content ?? "",
		thought: message.reasoning_content ?? "",
		calls: (message.tool_calls ?? []).map(({ id, function: { name, arguments: input } }) => ({ id, name, input })),
		end,
		back: [message],
	};
}

interface Block {
	type: string;
	text?: string;
	thinking?: string;
	signature?: string;
	id?: string;
	name?: string;
	input?: object;
}

const messages: Speaker = {
	path: "/v1/messages",
	ends: { said: "end_turn", called: "tool_use" },
	user(text, attached) {
		const shown = {
			image: { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } },
			document: { type: "document", source: { type: "base64", media_type: "application/pdf", data: PDF } },
		};
		return { role: "user", content: attached ? [{ type: "text", text }, shown[attached]] : text };
	},
	results: (calls, content) => [
		{ role: "user", content: calls.map(({ id }) => ({ type: "tool_result", tool_use_id: id, content })) },
	],
	body: ({ model, stream, history, tools, schema, thinks }) => ({
		...{ model, stream, messages: history, max_tokens: MAX_TOKENS },
		...(tools && { tools: tools.map(({ name, parameters }) => ({ name, input_schema: parameters })) }),
		...((schema || thinks) && {
			output_config: { ...(schema && { format: { type: "json_schema", schema } }), ...(thinks && { effort: "low" }) },
		}),
		...(thinks && { thinking: { type: "adaptive" } }),
	}),
	whole: ({ content, stop_reason: end }: { content: Block[]; stop_reason: string }) => messagesAnswer(content, end),
	streamed(events) {
		const blocks: (Block & { json?: string })[] = [];
		let end = "";
		for (const data of events) {
			const event = JSON.parse(data);
			if (event.type === "content_block_start") blocks[event.index] = { ...event.content_block };
			if (event.type === "message_delta") end = event.delta.stop_reason;
			const block = blocks[event.index];
			if (event.type !== "content_block_delta" || block === undefined) continue;
			const { text = "", thinking = "", signature, partial_json: json = "" } = event.delta;
			if (text) block.text += text;
			if (thinking) block.thinking += thinking;
			if (signature) block.signature = signature;
			if (json) block.json = (block.json ?? "") + json;
		}
		const whole = blocks.map(({ json, ...block }) =>
			block.type === "tool_use" ? { ...block, input: JSON.parse(json || "{}") } : block,
		);
		return messagesAnswer(whole, end);
	},
};

function messagesAnswer(content: Block[], end: string): Answer {
	return {
		text: content.map(({ type, text }) => (type === "text" ? text : "")).join(""),
		thought: content.map(({ type, thinking }) => (type === "thinking" ? thinking : "")).join(""),
		calls: content
			.filter(({ type }) => type === "tool_use")
			.map(({ id = "", name = "", input }) => ({ id, name, input: JSON.stringify(input) })),
		end,
		back: [{ role: "assistant", content }],
	};
}

interface Item {
	type: string;
	content?: { text?: string }[];
	summary?: { text: string }[];
	call_id?: string;
	name?: string;
	arguments?: string;
}
interface ResponseBody {
	output: Item[];
	status: string;
}

const responses: Speaker = {
	path: "/v1/responses",
	ends: { said: "completed", called: "completed" },
	user(text, attached) {
		const shown = {
			image: { type: "input_image", image_url: PNG_URL, detail: "auto" },
			document: { type: "input_file", filename: "paper.pdf", file_data: PDF_URL },
		};
		return { role: "user", content: attached ? [{ type: "input_text", text }, shown[attached]] : text };
	},
	results: (calls, output) => calls.map(({ id }) => ({ type: "function_call_output", call_id: id, output })),
	body: ({ model, stream, history, tools, schema, thinks }) => ({
		...{ model, stream, input: history, max_output_tokens: MAX_TOKENS, store: false },
		...(tools && { tools: tools.map((tool) => ({ type: "function", ...tool, strict: false })) }),
		...(schema && { text: { format: { type: "json_schema", name: "answer", schema, strict: true } } }),
		...(thinks && { reasoning: { effort: "low", summary: "auto" }, include: ["reasoning.encrypted_content"] }),
	}),
	whole: (body: ResponseBody) => responsesAnswer(body),
	streamed: (events) => responsesAnswer(JSON.parse(events.at(-1) ?? "{}").response),
};

function responsesAnswer({ output, status }: ResponseBody): Answer {
	return {
		text: output.flatMap(({ content }) => (content ?? []).map(({ text }) => text ?? "")).join(""),
		thought: output.flatMap(({ summary }) => (summary ?? []).map(({ text }) => text)).join(""),
		calls: output
			.filter(({ type }) => type === "function_call")
			.map(({ call_id: id = "", name = "", arguments: input = "" }) => ({ id, name, input })),
		end: status,
		back: output,
	};
}

export const SPEAKERS = { chat, messages, responses } as const;
