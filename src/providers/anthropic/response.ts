// Decodes a whole answer of the Messages API.
import { redactedDetail, thinkingDetail } from "#core/chat/anthropic-reasoning";
import type { AssistantReply, Completion, FinishReason, ReasoningDetail } from "#core/chat/chat";
import { normalUsage, type Usage } from "#core/chat/usage";
import { UpstreamError } from "#core/fault";
import { isObject } from "#lib/json";
import { annotationsOf } from "#providers/openai-chat/lenient";
import { malformed } from "#providers/shared/faults";
import { isShallow } from "#providers/shared/json-shape";
import { bodyFault } from "./errors";

const FINISH: ReadonlyMap<string, FinishReason> = new Map([
	["max_tokens", "length"],
	["model_context_window_exceeded", "length"],
	["tool_use", "tool_calls"],
	["refusal", "content_filter"],
]);

/** Decodes a whole message. Throws `UpstreamError`. */
export function decodeMessage(body: unknown): Completion {
	if (!isObject(body)) throw malformed("the answer is not a JSON object");
	if (body.type === "error") throw new UpstreamError(bodyFault(body, 200));
	if (!Array.isArray(body.content)) throw malformed("the answer has no content");
	if (typeof body.stop_reason !== "string") throw malformed("the answer does not say why it stopped");
	const message: AssistantReply = { role: "assistant", content: null, refusal: null };
	for (const block of body.content) {
		if (!isObject(block)) throw malformed("a content block is not an object");
		append(block, message);
	}
	return {
		choices: [{ index: 0, message, ...finishOf(body.stop_reason, message.tool_calls !== undefined) }],
		usage: usageOf(body.usage, searchesOf(body.usage, body.content.filter(isSearch).length)),
		...(typeof body.model === "string" && { model: body.model }),
		...tierOf(body.usage),
	};
}

function append(block: Record<string, unknown>, message: AssistantReply): void {
	switch (block.type) {
		case "text":
			if (typeof block.text === "string") {
				const before = message.content ?? "";
				message.content = before + block.text;
				const citations = citationsOf(block.citations, before.length, message.content.length);
				if (citations.length > 0) message.annotations = [...(message.annotations ?? []), ...citations];
			}
			break;
		case "thinking": {
			const text = typeof block.thinking === "string" ? block.thinking : "";
			if (text !== "") message.reasoning_content = (message.reasoning_content ?? "") + text;
			addDetail(message, thinkingDetail(text, typeof block.signature === "string" ? block.signature : ""));
			break;
		}
		case "redacted_thinking":
			if (typeof block.data === "string") addDetail(message, redactedDetail(block.data));
			break;
		case "tool_use": {
			const { id, name } = toolName(block);
			message.tool_calls ??= [];
			message.tool_calls.push({ id, type: "function", function: { name, arguments: inputText(block.input) } });
		}
	}
}

/** The pages that a block cites for its text, which stands from `start` to `end` in the whole. */
export function citationsOf(cited: unknown, start: number, end: number): unknown[] {
	if (!Array.isArray(cited)) return [];
	return annotationsOf(
		cited.filter(isObject).map(({ url, title, cited_text: content }) => ({
			type: "url_citation",
			url_citation: { url, title, content, start_index: start, end_index: end },
		})),
	);
}

function addDetail(message: AssistantReply, detail: ReasoningDetail): void {
	message.reasoning_details ??= [];
	message.reasoning_details.push(detail);
}

/** Id and name of a `tool_use` block. Throws `UpstreamError` without them. */
export function toolName(block: Record<string, unknown>): { id: string; name: string } {
	const { id, name } = block;
	if (typeof id !== "string" || id === "" || typeof name !== "string" || name === "") {
		throw malformed("a tool call came without id or name");
	}
	return { id, name };
}

/** A tool's input as JSON text. */
export function inputText(input: unknown): string {
	if (!isObject(input)) return "{}";
	if (!isShallow(input)) throw malformed("the input of a tool call is nested too deep");
	return JSON.stringify(input);
}

/** Anthropic's stop reason in OpenAI's words. */
export function finishOf(
	reason: string,
	hasCalls: boolean,
): { finish_reason: FinishReason; native_finish_reason: string } {
	const finish = FINISH.get(reason) ?? "stop";
	// A caller that waits for tool calls looks at the reason.
	const isMistold = finish === "tool_calls" && !hasCalls;
	return { finish_reason: isMistold ? "stop" : finish, native_finish_reason: reason.slice(0, 100) };
}

/** Whether a block of an answer is a search that Anthropic made. */
export function isSearch(block: unknown): boolean {
	return isObject(block) && block.type === "server_tool_use" && block.name === "web_search";
}

/** The searches that are billed for an answer that has come whole: as reported, else those that were seen in it. */
export function searchesOf(reported: unknown, seen: number): unknown {
	const uses = isObject(reported) && isObject(reported.server_tool_use) ? reported.server_tool_use : {};
	return uses.web_search_requests ?? seen;
}

/**
 * Anthropic counts the input without what came from the cache or went into it. `webSearches` is undefined as long as
 * more may be made.
 */
export function usageOf(reported: unknown, webSearches?: unknown): Usage | null {
	if (!isObject(reported)) return null;
	const read = reported.cache_read_input_tokens ?? 0;
	const creation = isObject(reported.cache_creation) ? reported.cache_creation : {};
	const hour = creation.ephemeral_1h_input_tokens ?? 0;
	const written = reported.cache_creation_input_tokens ?? creation.ephemeral_5m_input_tokens ?? 0;
	const details = isObject(reported.output_tokens_details) ? reported.output_tokens_details : {};
	const terms = [reported.input_tokens, read, written, hour];
	if (!terms.every((term) => typeof term === "number" && term >= 0)) return null;
	const [plain, fromCache, intoCache, forHour] = terms as [number, number, number, number];
	return normalUsage({
		input: plain + fromCache + intoCache,
		output: reported.output_tokens,
		cacheRead: fromCache,
		cacheWrite: Math.max(0, intoCache - forHour),
		cacheWriteHour: Math.min(forHour, intoCache),
		reasoning: details.thinking_tokens,
		webSearches,
	});
}

export function tierOf(usage: unknown): { service_tier?: string } {
	return isObject(usage) && typeof usage.service_tier === "string" ? { service_tier: usage.service_tier } : {};
}
