// Decodes a whole chat completion.
import type { AssistantReply, ChatRequest, Choice, Completion, FinishReason, ReasoningDetail } from "#core/chat/chat";
import { type FaultKind, UpstreamError } from "#core/fault";
import { isObject } from "#lib/json";
import { empty, malformed } from "#providers/shared/faults";
import { withDrawn } from "#providers/shared/images/codec";
import { isFilled, isShallow, isWord } from "#providers/shared/json-shape";
import { errorWithin } from "./errors";
import { annotationsOf, logprobsOf, textOf, thoughtsOf } from "./lenient";
import { wholeCalls } from "./tool-calls";
import { chatUsage } from "./usage";

/** Decodes a `chat.completion` of any server that speaks the protocol roughly. Throws `UpstreamError`. */
export function decodeCompletion(body: unknown, request: ChatRequest): Completion {
	if (!isObject(body)) throw malformed("the answer is not a JSON object");
	const error = errorWithin(body);
	if (error !== null) throw error;
	if (!Array.isArray(body.choices)) throw malformed("the answer has no choices");
	if (body.choices.length === 0) throw empty();
	const choices = body.choices.map((choice, position) => decodeChoice(choice, position, request.messages.length));
	const usage = chatUsage(body.usage) ?? null;
	const hasDrawn = choices.some(({ message }) => message.images !== undefined);
	const isDistinct = new Set(choices.map(({ index }) => index)).size === choices.length;
	return {
		choices: isDistinct ? choices : choices.map((choice, index) => ({ ...choice, index })),
		usage: usage !== null && hasDrawn ? withDrawn(usage) : usage,
		...answerHead(body),
	};
}

/** What is said about an answer as a whole. */
function answerHead(body: Record<string, unknown>): Pick<Completion, "model" | "service_tier" | "system_fingerprint"> {
	return {
		...(isWord(body.model) && { model: body.model }),
		...(isWord(body.service_tier) && { service_tier: body.service_tier }),
		...(isWord(body.system_fingerprint) && { system_fingerprint: body.system_fingerprint }),
	};
}

function decodeChoice(value: unknown, position: number, turn: number): Choice {
	if (!isObject(value) || !isObject(value.message)) throw malformed("a choice has no message");
	const { message } = value;
	const index = choiceIndex(value.index, position);
	const calls = wholeCalls(message, turn, index);
	const content = textOf(message.content);
	const refusal = textOf(message.refusal);
	const reply: AssistantReply = {
		role: "assistant",
		content: content === "" && (calls.length > 0 || typeof message.content !== "string") ? null : content,
		refusal: refusal === "" ? null : refusal,
	};
	const reasoning = reasoningText(message);
	if (reasoning !== "") reply.reasoning_content = reasoning;
	const details = reasoningDetails(message.reasoning_details);
	if (details !== undefined) reply.reasoning_details = details;
	if (calls.length > 0) reply.tool_calls = calls;
	const annotations = annotationsOf(message.annotations);
	if (annotations.length > 0) reply.annotations = annotations;
	if (isFilled(message.images)) reply.images = message.images;
	if (isObject(message.audio) && isShallow(message.audio)) reply.audio = message.audio;
	const logprobs = logprobsOf(value.logprobs);
	return {
		index,
		message: reply,
		...finishOf(isWord(value.finish_reason) ? value.finish_reason : "stop", calls.length > 0, value),
		...(logprobs !== undefined && { logprobs }),
	};
}

/** Most choices that a client accepts. */
const MAX_CHOICES = 128;

/** Some servers leave the index out, and none has a reason to send a huge one. */
export function choiceIndex(index: unknown, position: number): number {
	return typeof index === "number" && Number.isInteger(index) && index >= 0 && index < MAX_CHOICES ? index : position;
}

/** Reasoning goes by two names; a server that sends both says the same twice. One has it within the content. */
export function reasoningText(message: Record<string, unknown>): string {
	return textOf(message.reasoning_content) || textOf(message.reasoning) || thoughtsOf(message.content);
}

/** The well-formed reasoning blocks of a message or delta, unchanged but for `null`; undefined when there are none. */
export function reasoningDetails(value: unknown): ReasoningDetail[] | undefined {
	if (!Array.isArray(value)) return undefined;
	const details = value.map(withoutNulls).filter(isReasoningDetail);
	return details.length > 0 ? details : undefined;
}

function withoutNulls(value: unknown): unknown {
	if (!isObject(value) || !Object.values(value).includes(null)) return value;
	return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}

function isReasoningDetail(value: unknown): value is ReasoningDetail {
	if (!isObject(value) || typeof value.type !== "string" || !isShallow(value)) return false;
	const { format, id, index, text, summary, data, signature } = value;
	return (
		[format, id, text, summary, data, signature].every((field) => field === undefined || typeof field === "string") &&
		(index === undefined || Number.isSafeInteger(index))
	);
}

const FINISH: ReadonlyMap<string, FinishReason> = new Map([
	["stop", "stop"],
	["eos", "stop"],
	["length", "length"],
	["model_context_window_exceeded", "length"],
	["tool_calls", "tool_calls"],
	["function_call", "tool_calls"],
	["content_filter", "content_filter"],
]);

/** Reasons that mean that the answer was not finished. */
const FAILURES: ReadonlyMap<string, FaultKind> = new Map([
	["error", "server"],
	["abort", "server"],
	// DeepSeek interrupted the answer for want of capacity.
	["insufficient_system_resource", "overloaded"],
]);

/**
 * A server's finish reason in OpenAI's four words. A caller that waits for tool calls looks at the reason, so it says
 * `tool_calls` exactly if a finished answer has some. `choice` may hold an error beside it. Throws `UpstreamError` for
 * a reason that means failure.
 */
export function finishOf(
	native: string,
	hasCalls: boolean,
	choice: Record<string, unknown>,
): Pick<Choice, "finish_reason" | "native_finish_reason"> {
	const kind = FAILURES.get(native);
	if (kind !== undefined) {
		const error = errorWithin({ error: choice.error });
		throw (
			error ?? new UpstreamError({ kind, status: 200, message: `the answer was broken off (${native})`, code: native })
		);
	}
	let reason = FINISH.get(native.toLowerCase()) ?? "stop";
	if (reason === "stop" && hasCalls) reason = "tool_calls";
	else if (reason === "tool_calls" && !hasCalls) reason = "stop";
	// OpenRouter names the vendor's own word beside its own.
	const vendors = isWord(choice.native_finish_reason) ? choice.native_finish_reason : native;
	return {
		finish_reason: reason,
		...(vendors !== reason && { native_finish_reason: vendors.slice(0, 100) }),
	};
}
