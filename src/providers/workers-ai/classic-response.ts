// Decodes answers of Workers AI's older models.
import type { Model } from "#catalog/model";
import type { ChatRequest, Choice, Completion } from "#core/chat/chat";
import type { Usage } from "#core/chat/usage";
import { isObject } from "#lib/json";
import { finishOf } from "#providers/openai-chat/response";
import { wholeCalls } from "#providers/openai-chat/tool-calls";
import { chatUsage } from "#providers/openai-chat/usage";
import { empty, malformed } from "#providers/shared/faults";
import { isShallow, isWord } from "#providers/shared/json-shape";
import { workersAiLimit } from "./output-limit";

/** Decodes a whole answer of the older shape. Throws `UpstreamError`. */
export function decodeClassic(body: Record<string, unknown>, request: ChatRequest, model: Model): Completion {
	const calls = wholeCalls(body, request.messages.length, 0);
	const content = responseText(body.response);
	if (content === null && calls.length === 0) {
		throw "response" in body || "tool_calls" in body ? empty() : malformed("the answer has neither text nor calls");
	}
	const usage = classicUsage(body.usage);
	return {
		choices: [
			{
				index: 0,
				message: {
					role: "assistant",
					content: calls.length > 0 && content === "" ? null : content,
					refusal: null,
					...(calls.length > 0 && { tool_calls: calls }),
				},
				...classicFinish(body.finish_reason, calls.length > 0, usage, workersAiLimit(request, model)),
			},
		],
		usage,
	};
}

/** The text of an answer, which may be a number or, in JSON mode, an object; null when there is none. */
export function responseText(response: unknown): string | null {
	if (typeof response === "string") return response;
	if (response === null || response === undefined) return null;
	if (!isShallow(response)) throw malformed("the answer is nested too deep");
	return JSON.stringify(response);
}

/** Usage; null when there is none, which some models say with zeros. */
export function classicUsage(reported: unknown): Usage | null {
	return isObject(reported) && reported.prompt_tokens !== 0 ? (chatUsage(reported) ?? null) : null;
}

/** Most of these models do not say why they ended, but they end at the limit. */
export function classicFinish(
	reason: unknown,
	hasCalls: boolean,
	usage: Usage | null,
	limit: number,
): Pick<Choice, "finish_reason" | "native_finish_reason"> {
	if (isWord(reason)) return finishOf(reason, hasCalls, {});
	return finishOf(usage !== null && usage.output >= limit ? "length" : "stop", hasCalls, {});
}
