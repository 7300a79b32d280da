// Decodes a whole answer of the Responses API.
import type {
	AssistantReply,
	ChatRequest,
	Choice,
	Completion,
	Delta,
	FinishReason,
	ReasoningDetail,
	ToolCall,
} from "#core/chat/chat";
import { type Fault, UpstreamError } from "#core/fault";
import { isObject, type JsonObject } from "#lib/json";
import { append } from "#lib/list";
import { faultWithin } from "#providers/openai-chat/errors";
import { annotationsOf } from "#providers/openai-chat/lenient";
import { responsesUsage } from "#providers/openai-chat/usage";
import { empty, malformed } from "#providers/shared/faults";
import { isFilled, isWord } from "#providers/shared/json-shape";
import { reasoningBlocks, reasoningTextOf } from "./items";

/** Decodes a whole `response` object as one chat choice. Throws `UpstreamError`. */
export function decodeResponse(body: unknown, request?: Pick<ChatRequest, "responses">): Completion {
	if (!isObject(body)) throw malformed("the answer is not a JSON object");
	if (body.error || body.status === "failed" || body.status === "cancelled") throw failed(body);
	if (body.status === "queued" || body.status === "in_progress") throw malformed("the answer is not finished");
	if (!Array.isArray(body.output)) throw malformed("the answer has no output");
	if (body.output.length === 0) throw empty();
	if (body.object === "response.compaction") return compaction(body, body.output);
	const message: AssistantReply = { role: "assistant", content: null, refusal: null };
	const reasoning: string[] = [];
	const blocks: ReasoningDetail[] = [];
	const calls: ToolCall[] = [];
	const logprobs: unknown[] = [];
	if (request?.responses?.itemized === true && body.output.some(isItsOwn)) message.deltas = deltasOf(body.output);
	for (const item of body.output) {
		if (!isObject(item)) throw malformed("an output item is not an object");
		switch (item.type) {
			case "message":
				addText(message, item, logprobs);
				break;
			case "reasoning": {
				const text = reasoningTextOf(item);
				if (text !== "") reasoning.push(text);
				append(blocks, reasoningBlocks(item, blocks.length));
				break;
			}
			case "function_call":
			case "custom_tool_call":
				calls.push(callOf(item));
				break;
		}
	}
	if (reasoning.length > 0) message.reasoning_content = reasoning.join("\n\n");
	if (blocks.length > 0) message.reasoning_details = blocks;
	if (calls.length > 0) message.tool_calls = calls;
	const choice: Choice = { index: 0, message, ...finishOfResponse(body, calls.length > 0) };
	if (logprobs.length > 0) choice.logprobs = { content: logprobs, refusal: null };
	return {
		choices: [choice],
		usage: responsesUsage(body) ?? null,
		...(isWord(body.model) && { model: body.model }),
		...(isWord(body.service_tier) && { service_tier: body.service_tier }),
	};
}

const READ = new Set<unknown>(["message", "reasoning", "function_call", "custom_tool_call"]);

/** Whether conversations have no form for an item, or not for all of it. */
function isItsOwn(item: unknown): boolean {
	return isObject(item) && (!READ.has(item.type) || isWord(item.phase));
}

/** All that was said, item by item. Throws `UpstreamError`. */
function deltasOf(items: readonly unknown[]): Delta[] {
	const deltas: Delta[] = [];
	let calls = 0;
	let blocks = 0;
	for (const item of items) {
		if (!isObject(item)) throw malformed("an output item is not an object");
		switch (item.type) {
			case "message": {
				const { text, refusal } = messageText(item);
				const annotations = citationsOf(item, 0);
				deltas.push({
					...(isWord(item.phase) && { phase: item.phase }),
					...(text !== "" && { content: text }),
					...(refusal !== "" && { refusal }),
					...(annotations.length > 0 && { annotations }),
				});
				break;
			}
			case "reasoning": {
				const text = reasoningTextOf(item);
				const details = reasoningBlocks(item, blocks);
				blocks += details.length;
				deltas.push({ ...(text !== "" && { reasoning_content: text }), reasoning_details: details });
				break;
			}
			case "function_call":
			case "custom_tool_call":
				deltas.push({ tool_calls: [{ index: calls++, ...callOf(item) }] });
				break;
			default:
				deltas.push({ items: [item as JsonObject] });
		}
	}
	return deltas;
}

function compaction(body: Record<string, unknown>, items: readonly unknown[]): Completion {
	const message: AssistantReply = { role: "assistant", content: null, refusal: null, items: [] };
	for (const item of items) {
		if (!isObject(item)) throw malformed("an output item is not an object");
		message.items?.push(item as JsonObject);
	}
	return { choices: [{ index: 0, message, finish_reason: "stop" }], usage: responsesUsage(body) ?? null };
}

/** What stands between the texts of two message items. */
export const PARTING = "\n\n";

/** Adds the content of a message item; a blank line parts it from an earlier one. */
function addText(message: AssistantReply, item: Record<string, unknown>, logprobs: unknown[]): void {
	const { text, refusal } = messageText(item);
	const citations = citationsOf(item, message.content === null ? 0 : message.content.length + PARTING.length);
	if (citations.length > 0) message.annotations = [...(message.annotations ?? []), ...citations];
	if (text !== "") message.content = message.content === null ? text : `${message.content}${PARTING}${text}`;
	if (refusal !== "") message.refusal = (message.refusal ?? "") + refusal;
	for (const part of Array.isArray(item.content) ? item.content : []) {
		if (isObject(part) && isFilled(part.logprobs)) append(logprobs, part.logprobs);
	}
}

/** The pages that a message item cites, as Chat Completions does; its text begins at `offset` of the whole. */
export function citationsOf({ content }: Record<string, unknown>, offset: number): unknown[] {
	const citations: unknown[] = [];
	let at = offset;
	for (const part of Array.isArray(content) ? content : []) {
		if (!isObject(part) || part.type !== "output_text" || typeof part.text !== "string") continue;
		for (const cited of isFilled(part.annotations) ? part.annotations : []) {
			if (!isObject(cited)) continue;
			const { type, start_index: start, end_index: end } = cited;
			const moved = { start_index: Number(start) + at, end_index: Number(end) + at };
			append(citations, annotationsOf([{ type, url_citation: { ...cited, ...moved } }]));
		}
		at += part.text.length;
	}
	return citations;
}

/** What a message item says. */
export function messageText({ content }: Record<string, unknown>): { text: string; refusal: string } {
	let text = "";
	let refusal = "";
	for (const part of Array.isArray(content) ? content : []) {
		if (!isObject(part)) continue;
		if (part.type === "output_text" && typeof part.text === "string") text += part.text;
		if (part.type === "refusal" && typeof part.refusal === "string") refusal += part.refusal;
	}
	return { text, refusal };
}

/**
 * The parts of a call item; `text` is "" until its arguments are complete. Throws `UpstreamError` without id or name.
 */
export function readCall(item: Record<string, unknown>): {
	id: string;
	name: string;
	type: "function" | "custom";
	text: string;
} {
	const { call_id: id, name } = item;
	if (!isWord(id) || !isWord(name)) throw malformed("a tool call without an id or a name");
	const type = item.type === "custom_tool_call" ? "custom" : "function";
	const text = type === "custom" ? item.input : item.arguments;
	return { id, name, type, text: typeof text === "string" ? text : "" };
}

function callOf(item: Record<string, unknown>): ToolCall {
	const { id, name, type, text } = readCall(item);
	return type === "custom"
		? { id, type, custom: { name, input: text } }
		: { id, type, function: { name, arguments: text || "{}" } };
}

/** How a response that was not an error ended, in the words of Chat Completions. */
export function finishOfResponse(
	response: Record<string, unknown>,
	hasCalls: boolean,
): { finish_reason: FinishReason; native_finish_reason?: string } {
	if (response.status !== "incomplete") return { finish_reason: hasCalls ? "tool_calls" : "stop" };
	const details = response.incomplete_details;
	const reason = isObject(details) && isWord(details.reason) ? details.reason : "incomplete";
	return {
		finish_reason: reason === "content_filter" ? "content_filter" : "length",
		...(reason !== "content_filter" && { native_finish_reason: reason.slice(0, 100) }),
	};
}

/** The error of a response that failed or was cancelled. */
export function failed(response: Record<string, unknown>): UpstreamError {
	if (response.error) return new UpstreamError(faultWithin({ error: response.error }));
	const message = `the answer ended as ${response.status === "cancelled" ? "cancelled" : "failed"}`;
	return new UpstreamError({ kind: "server", status: 200, message } satisfies Fault);
}
