// Writes a conversation as the turns and blocks of the Messages API.
import type { Model } from "#catalog/model";
import { ANTHROPIC_FORMAT } from "#core/chat/anthropic-reasoning";
import type { AssistantMessage, Message, ToolCall, ToolMessage, UserMessage, UserPart } from "#core/chat/chat";
import { invalidRequest, unsupportedParameter } from "#core/errors";
import { isObject, type JsonObject } from "#lib/json";
import { append } from "#lib/list";
import {
	callArguments,
	callName,
	type History,
	readHistory,
	type ToolResult,
	type Turn,
} from "#providers/shared/conversation-history";
import { DistinctIds } from "#providers/shared/distinct-ids";
import { COMMON_IMAGES, checkType, readDataUrl, remoteUrl } from "#providers/shared/media";

/** The files that Anthropic takes; those of text go as text. */
const FILES = [...COMMON_IMAGES, "application/pdf", "text/*"];

interface NativeMessage {
	role: "user" | "assistant";
	content: JsonObject[];
}

interface NativeConversation {
	system: JsonObject[];
	messages: NativeMessage[];
}

/** A conversation on its way to Anthropic; what of it is sent may still depend on the thinking. */
export class AnthropicConversation {
	readonly #history: History;
	readonly #model: Model;
	readonly #ids = new DistinctIds();

	/** Throws `GatewayError` for a conversation whose calls and results do not match. */
	constructor(messages: readonly Message[], model: Model) {
		this.#history = readHistory(messages);
		this.#model = model;
	}

	/** Names of the tools that were called, each once. */
	get calledTools(): string[] {
		return [
			...new Set(this.#history.turns.flatMap((turn) => (turn.role === "results" ? turn.results.map(calledName) : []))),
		];
	}

	/** Whether the last word is the assistant's, for the model to go on from. */
	get isPrefilled(): boolean {
		return this.#history.turns.at(-1)?.role === "assistant";
	}

	/**
	 * Whether a tool loop is running whose first step has no thinking block of Anthropic's: thinking cannot be turned on
	 * in the middle of it.
	 */
	get isUnthinkingLoop(): boolean {
		const { turns } = this.#history;
		if (turns.at(-1)?.role !== "results") return false;
		const first = turns[turns.findLastIndex((turn) => turn.role === "user") + 1];
		return first?.role === "assistant" && thinkingBlocks(first.message).length === 0;
	}

	/** The conversation in Anthropic's form. Throws `GatewayError` for content that Anthropic cannot take. */
	native(replaysThinking: boolean): NativeConversation {
		const system = this.#history.system.flatMap((message) => marked(textBlocks(message.content), message));
		const messages: NativeMessage[] = [];
		for (const turn of this.#history.turns) {
			const role = turn.role === "assistant" ? "assistant" : "user";
			const content = this.#content(turn, replaysThinking);
			const last = messages.at(-1);
			if (content.length === 0) continue;
			// Results begin their message: nothing of the user's can stand before them, since they follow the calls.
			if (last?.role === role) append(last.content, content);
			else messages.push({ role, content });
		}
		return this.#begun(system, messages);
	}

	#begun(system: JsonObject[], messages: NativeMessage[]): NativeConversation {
		const [first] = messages;
		if (first === undefined) {
			if (system.length === 0) throw invalidRequest("no message has any content", "messages");
			return { system: [], messages: [{ role: "user", content: system }] };
		}
		if (first.role === "assistant") {
			messages.unshift({ role: "user", content: [{ type: "text", text: "(The assistant begins the conversation.)" }] });
		}
		if (this.#model.traits.no_system_prompt !== true) return { system, messages };
		const [head = first] = messages;
		head.content = [...system, ...head.content];
		return { system: [], messages };
	}

	#idOf(call: ToolCall): string {
		return this.#ids.of(call, plainId(call));
	}

	#content(turn: Turn, replaysThinking: boolean): JsonObject[] {
		switch (turn.role) {
			case "user":
				return marked(contentBlocks(turn.message, turn.at, this.#model), turn.message);
			case "results":
				return turn.results.map((result) => resultBlock(result, this.#idOf(result.call), this.#model));
			case "assistant": {
				const isLast = this.#history.turns.at(-1) === turn;
				const calls = (turn.message.tool_calls ?? []).map((call) => ({
					type: "tool_use",
					id: this.#idOf(call),
					name: callName(call),
					input: callArguments(call),
				}));
				const blocks = [...spokenBlocks(turn.message, turn.at, isLast), ...calls];
				// A turn cannot end in thinking.
				return blocks.length > 0 && replaysThinking ? [...thinkingBlocks(turn.message), ...blocks] : blocks;
			}
		}
	}
}

function calledName({ call }: ToolResult): string {
	return callName(call);
}

/** An id in Anthropic's alphabet. */
function plainId({ id }: ToolCall): string {
	return id.replace(/[^a-zA-Z0-9_-]/g, "_");
}

function contentBlocks({ content }: UserMessage | ToolMessage, at: number, model: Model): JsonObject[] {
	if (typeof content === "string") return textBlocks(content);
	return content.flatMap((part, index) => {
		if (part.type === "text") return textBlocks([part]);
		return [{ ...mediaBlock(part, `messages[${at}].content[${index}]`, model), ...cacheMark(part) }];
	});
}

/** The blocks of texts that say something: Anthropic refuses those of white space. */
function textBlocks(content: string | readonly { text: string }[]): JsonObject[] {
	const parts = typeof content === "string" ? [{ text: content }] : content;
	return parts
		.filter(({ text }) => text.trim() !== "")
		.map((part) => ({ type: "text", text: part.text, ...cacheMark(part) }));
}

function mediaBlock(part: Exclude<UserPart, { type: "text" }>, param: string, model: Model): JsonObject {
	if (part.type === "image_url") {
		const { url } = part.image_url;
		const inline = readDataUrl(url, `${param}.image_url.url`);
		if (inline !== null) {
			checkType(inline.mimeType, COMMON_IMAGES, `${param}.image_url.url`, model);
			return imageBlock(inline.mimeType, inline.data);
		}
		remoteUrl(url, `${param}.image_url.url`);
		return { type: "image", source: { type: "url", url } };
	}
	const link = part.type === "file" ? part.file.file_url : undefined;
	if (link !== undefined) {
		remoteUrl(link, `${param}.file.file_url`);
		return { type: "document", source: { type: "url", url: link } };
	}
	const inline =
		part.type === "file" && part.file.file_data !== undefined
			? readDataUrl(part.file.file_data, `${param}.file.file_data`)
			: null;
	if (part.type !== "file" || inline === null) {
		throw unsupportedParameter(
			param,
			`${model.provider}/${model.id} takes text, images, and files as a data URL in \`file_data\``,
		);
	}
	const { mimeType, data } = inline;
	checkType(mimeType, FILES, `${param}.file.file_data`, model);
	if (mimeType.startsWith("image/")) return imageBlock(mimeType, data);
	const title = part.file.filename === undefined ? {} : { title: part.file.filename };
	if (!mimeType.startsWith("text/")) {
		return { type: "document", source: { type: "base64", media_type: mimeType, data }, ...title };
	}
	const text = plainText(data, `${param}.file.file_data`);
	return { type: "document", source: { type: "text", media_type: "text/plain", data: text }, ...title };
}

function imageBlock(mimeType: string, data: string): JsonObject {
	return { type: "image", source: { type: "base64", media_type: mimeType, data } };
}

function plainText(base64: string, param: string): string {
	try {
		return new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
	} catch {
		throw invalidRequest("this data URL cannot be read", param);
	}
}

function spokenBlocks(message: AssistantMessage, at: number, isLast: boolean): JsonObject[] {
	if (message.audio !== undefined) {
		throw unsupportedParameter(`messages[${at}].audio`, "Anthropic cannot refer to audio that another model spoke");
	}
	const content = message.content ?? message.refusal ?? "";
	const parts =
		typeof content === "string"
			? [{ text: content }]
			: content.map((part) => (part.type === "text" ? part : { text: part.refusal }));
	const blocks = marked(textBlocks(parts), message);
	const end = blocks.at(-1);
	// Anthropic refuses white space at the end of a text that the model is to continue.
	if (isLast && typeof end?.text === "string") end.text = end.text.trimEnd();
	return blocks;
}

/** The thinking of Anthropic's own that a message carries, unchanged. Other vendors' blocks would be refused. */
function thinkingBlocks(message: AssistantMessage): JsonObject[] {
	return (message.reasoning_details ?? []).flatMap((detail): JsonObject[] => {
		const { type, format, text, signature, data } = detail;
		if (format !== ANTHROPIC_FORMAT) return [];
		if (type === "reasoning.encrypted" && typeof data === "string") return [{ type: "redacted_thinking", data }];
		if (type !== "reasoning.text" || typeof signature !== "string" || signature === "") return [];
		return [{ type: "thinking", thinking: typeof text === "string" ? text : "", signature }];
	});
}

function resultBlock({ message, at }: ToolResult, id: string, model: Model): JsonObject {
	const content = contentBlocks(message, at, model);
	return {
		type: "tool_result",
		tool_use_id: id,
		...(content.length > 0 && { content }),
		...cacheMark(message),
	};
}

/** Lets a mark on a whole message stand on its last block. */
function marked(blocks: JsonObject[], message: object): JsonObject[] {
	const last = blocks.at(-1);
	if (last !== undefined) Object.assign(last, cacheMark(message));
	return blocks;
}

/** Anthropic's mark for where a cached prefix ends, which callers put beside OpenAI's fields. */
export function cacheMark(holder: object): { cache_control?: JsonObject } {
	const mark = (holder as { cache_control?: unknown }).cache_control;
	if (!isObject(mark) || mark.type !== "ephemeral") return {};
	const ttl = mark.ttl === "5m" || mark.ttl === "1h" ? { ttl: mark.ttl } : {};
	return { cache_control: { type: "ephemeral", ...ttl } };
}
