// Writes a conversation as the input items of the Responses API.
import type { AssistantMessage, Message, PlacedItem, ReasoningDetail, UserPart } from "#core/chat/chat";
import { RESPONSES_FORMAT, reasoningItems } from "#core/chat/responses-reasoning";
import { unsupportedParameter } from "#core/errors";
import { isObject } from "#lib/json";
import { append } from "#lib/list";
import { withDistinctIds } from "#providers/shared/distinct-ids";
import { remoteUrl } from "#providers/shared/media";

/** Longest `call_id` that the Responses API accepts, in characters. */
const MAX_CALL_ID = 64;

type Item = Record<string, unknown>;

/**
 * The conversation as the items of a Responses request, those that only Responses has at their places. Throws
 * `GatewayError` for content that it has no form for.
 */
export function inputItems(
	messages: readonly Message[],
	dropped: string[],
	placed: readonly PlacedItem[] = [],
): Item[] {
	/** Calls of free-form tools, whose results have a type of their own. */
	const customCalls = new Set<string>();
	const items: Item[] = [];
	let hasNames = false;
	let next = 0;
	for (const [position, message] of withDistinctIds(messages, MAX_CALL_ID).entries()) {
		for (let each = placed[next]; each !== undefined && each.after <= position; each = placed[++next]) {
			items.push(each.item);
		}
		hasNames ||= message.role !== "tool" && message.name !== undefined;
		switch (message.role) {
			case "assistant":
				for (const call of message.tool_calls ?? []) if (call.type === "custom") customCalls.add(call.id);
				append(items, assistantItems(message, position));
				break;
			case "tool":
				items.push({
					type: customCalls.has(message.tool_call_id) ? "custom_tool_call_output" : "function_call_output",
					call_id: message.tool_call_id,
					output: inputContent(message.content, position),
				});
				break;
			default:
				items.push({ type: "message", role: message.role, content: inputContent(message.content, position) });
		}
	}
	for (const { item } of placed.slice(next)) items.push(item);
	if (hasNames) dropped.push("messages[].name");
	return items;
}

function inputContent(content: string | readonly UserPart[], position: number): unknown {
	if (typeof content === "string") return content;
	return content.map((part, index) => inputPart(part, `messages[${position}].content[${index}]`));
}

function inputPart(part: UserPart, param: string): Item {
	switch (part.type) {
		case "text":
			return { type: "input_text", text: part.text };
		case "image_url":
			return { type: "input_image", image_url: part.image_url.url, detail: part.image_url.detail ?? "auto" };
		case "file": {
			const { file_data, file_id, file_url, filename } = part.file;
			if (file_url !== undefined) remoteUrl(file_url, `${param}.file.file_url`);
			return {
				type: "input_file",
				...(file_data !== undefined && { file_data }),
				...(file_id !== undefined && { file_id }),
				...(file_url !== undefined && { file_url }),
				...(filename !== undefined && { filename }),
			};
		}
		default:
			throw unsupportedParameter(param, `OpenAI takes no \`${part.type}\` together with tools for this model`);
	}
}

/**
 * An assistant turn: its reasoning first, because what followed from it must follow it again. Reasoning that nothing
 * followed from is left out; OpenAI refuses it.
 */
function assistantItems(message: AssistantMessage, position: number): Item[] {
	if (message.audio !== undefined) {
		throw unsupportedParameter(
			`messages[${position}].audio`,
			"OpenAI takes no audio together with tools for this model",
		);
	}
	const spoken: Item[] = [];
	const content: Item[] = [];
	if (typeof message.content === "string" && message.content !== "") {
		content.push({ type: "output_text", text: message.content });
	} else if (Array.isArray(message.content)) {
		for (const part of message.content) {
			content.push(part.type === "text" ? { type: "output_text", text: part.text } : refusalPart(part.refusal));
		}
	}
	if (message.refusal !== undefined) content.push(refusalPart(message.refusal));
	if (content.length > 0) {
		const { phase } = message;
		spoken.push({ type: "message", role: "assistant", content, ...(phase !== undefined && { phase }) });
	}
	for (const call of message.tool_calls ?? []) {
		const call_id = call.id;
		spoken.push(
			call.type === "function"
				? { type: "function_call", call_id, name: call.function.name, arguments: call.function.arguments }
				: { type: "custom_tool_call", call_id, name: call.custom.name, input: call.custom.input },
		);
	}
	return spoken.length === 0 ? [] : [...reasoningItems(message.reasoning_details ?? []), ...spoken];
}

function refusalPart(refusal: string): Item {
	return { type: "refusal", refusal };
}

/** A reasoning item of an answer as blocks; `index` is the number of blocks before it. */
export function reasoningBlocks(item: Record<string, unknown>, index: number): ReasoningDetail[] {
	const id = typeof item.id === "string" ? item.id : null;
	const blocks = summaryTexts(item).map(
		(summary): ReasoningDetail => ({ type: "reasoning.summary", format: RESPONSES_FORMAT, id, index: 0, summary }),
	);
	if (typeof item.encrypted_content === "string") {
		const data = item.encrypted_content;
		blocks.push({ type: "reasoning.encrypted", format: RESPONSES_FORMAT, id, index: 0, data });
	}
	// Clients put fragments of the same index together, so that every block needs its own.
	return blocks.map((block, position) => ({ ...block, index: index + position }));
}

/** The paragraphs of a reasoning item's summary. */
function summaryTexts(item: Record<string, unknown>): string[] {
	return texts(item.summary);
}

/** The readable text of a reasoning item: its summary, or the reasoning itself where a model shows it. */
export function reasoningTextOf(item: Record<string, unknown>): string {
	const summary = summaryTexts(item);
	return (summary.length > 0 ? summary : texts(item.content)).join("\n\n");
}

function texts(parts: unknown): string[] {
	if (!Array.isArray(parts)) return [];
	return parts.flatMap((part) => (isObject(part) && typeof part.text === "string" ? [part.text] : []));
}
