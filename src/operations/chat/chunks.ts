/** Turns whole answers into streams and streams into whole answers. */
import type { AssistantReply, Choice, Chunk, Completion, Delta, ToolCall, ToolCallDelta } from "#core/chat/chat";
import { ReportedFigures } from "#core/chat/reported-figures";
import { isObject } from "#lib/json";
import { joinedBase64 } from "#lib/text-bytes";
import { chunkText } from "./written";

/** A whole answer as the chunks of a stream, for an upstream that did not stream although it was asked to. */
export function toChunks(completion: Completion): Chunk[] {
	const { choices, usage, ...head } = completion;
	return [
		...choices.flatMap(({ index, message }) =>
			(message.deltas ?? []).map((delta): Chunk => ({ choices: [{ index, delta, finish_reason: null }] })),
		),
		{
			...head,
			choices: choices.map(({ index, message, finish_reason, native_finish_reason, logprobs }) => ({
				index,
				delta: toDelta(message),
				finish_reason,
				...(native_finish_reason !== undefined && { native_finish_reason }),
				...(logprobs !== undefined && { logprobs }),
			})),
			...(usage !== null && { usage }),
		},
	];
}

function toDelta({ role: _, content, refusal, tool_calls, deltas, items: __, ...rest }: AssistantReply): Delta {
	if (deltas !== undefined) return {};
	return {
		...rest,
		...(content !== null && { content }),
		...(refusal !== null && { refusal }),
		...(tool_calls !== undefined && { tool_calls: tool_calls.map((call, index) => ({ index, ...call })) }),
	};
}

/**
 * The chunks of a stream as one whole answer, for an upstream that streamed although it was not asked to. Figures that
 * something was written after are none of the whole answer.
 */
export function toCompletion(chunks: readonly Chunk[]): Completion {
	const choices = new Map<number, Choice>();
	const completion: Completion = { choices: [], usage: null };
	const figures = new ReportedFigures();
	let areOfAll = true;
	for (const chunk of chunks) {
		const { choices: parts, usage, ...head } = chunk;
		Object.assign(completion, head);
		if (usage !== undefined) {
			figures.report(usage);
			areOfAll = true;
		} else if (areOfAll) areOfAll = chunkText(chunk) === "";
		for (const { index, delta, finish_reason, native_finish_reason, logprobs } of parts) {
			let choice = choices.get(index);
			if (choice === undefined) {
				choice = { index, message: { role: "assistant", content: null, refusal: null }, finish_reason: "stop" };
				choices.set(index, choice);
			}
			append(choice.message, delta);
			if (finish_reason !== null) choice.finish_reason = finish_reason;
			if (native_finish_reason !== undefined) choice.native_finish_reason = native_finish_reason;
			if (logprobs !== undefined) choice.logprobs = joined(choice.logprobs, logprobs);
		}
	}
	completion.usage = areOfAll ? figures.usage : null;
	completion.choices = [...choices.values()].sort((a, b) => a.index - b.index);
	return completion;
}

/** Log probabilities of one text and of what follows it: two lists, either of which may be missing. */
function joined(before: unknown, next: unknown): unknown {
	if (!isObject(before) || !isObject(next)) return next;
	const both: Record<string, unknown> = { ...before };
	for (const [name, list] of Object.entries(next)) {
		const known = before[name];
		if (list !== null) both[name] = Array.isArray(known) && Array.isArray(list) ? [...known, ...list] : list;
	}
	return both;
}

function append(message: AssistantReply, delta: Delta): void {
	if (delta.content !== undefined) message.content = (message.content ?? "") + delta.content;
	if (delta.refusal !== undefined) message.refusal = (message.refusal ?? "") + delta.refusal;
	if (delta.reasoning_content !== undefined) {
		message.reasoning_content = (message.reasoning_content ?? "") + delta.reasoning_content;
	}
	for (const list of ["reasoning_details", "annotations", "images"] as const) {
		const more = delta[list];
		if (more !== undefined) Object.assign(message, { [list]: [...(message[list] ?? []), ...more] });
	}
	if (delta.audio !== undefined) message.audio = spoken(message.audio, delta.audio);
	if (delta.tool_calls !== undefined) {
		message.tool_calls ??= [];
		for (const call of delta.tool_calls) appendCall(message.tool_calls, call);
	}
}

/** Sound comes in pieces, each base64 by itself, beside the words that are said. */
function spoken(before: unknown, more: unknown): unknown {
	if (!isObject(before) || !isObject(more)) return more;
	const both: Record<string, unknown> = { ...before, ...more };
	const { data, transcript } = before;
	if (typeof data === "string" && typeof more.data === "string") both.data = joinedBase64(data, more.data);
	if (typeof transcript === "string" && typeof more.transcript === "string")
		both.transcript = transcript + more.transcript;
	return both;
}

function appendCall(calls: ToolCall[], delta: ToolCallDelta): void {
	const call = calls[delta.index];
	if (call === undefined) {
		const extra = delta.extra_content && { extra_content: delta.extra_content };
		calls[delta.index] =
			delta.type === "custom"
				? { id: delta.id ?? "", type: "custom", custom: { name: "", input: "", ...delta.custom } }
				: { id: delta.id ?? "", type: "function", function: { name: "", arguments: "", ...delta.function }, ...extra };
	} else if (call.type === "function") call.function.arguments += delta.function?.arguments ?? "";
	else call.custom.input += delta.custom?.input ?? "";
}
