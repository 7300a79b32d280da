// Folds a stream's chunks as an OpenAI client does.
import type { Chunk, FinishReason, ReasoningDetail, ToolCall } from "#core/chat/chat";
import type { Usage } from "#core/chat/usage";

/** What a client is left with after one choice of a streamed answer. */
interface Collected {
	text: string;
	refusal: string;
	reasoning: string;
	toolCalls: ToolCall[];
	/** In the order in which they arrived, unmerged. */
	reasoningDetails: ReasoningDetail[];
	finish: FinishReason | null;
	nativeFinish: string | undefined;
	/** The last usage of the stream, whichever chunk carried it. */
	usage: Usage | null;
}

/**
 * Folds the chunks of choice `index` the way an OpenAI client does, and throws where such a client would stumble:
 * a second finish reason, a delta after the finish, a tool call that opens without id and name, an id or name repeated.
 */
export function collect(chunks: readonly Chunk[], index = 0): Collected {
	const message: Collected = {
		text: "",
		refusal: "",
		reasoning: "",
		toolCalls: [],
		reasoningDetails: [],
		finish: null,
		nativeFinish: undefined,
		usage: null,
	};
	const calls = new Map<number, ToolCall>();
	for (const chunk of chunks) {
		if (chunk.usage !== undefined) message.usage = chunk.usage;
		for (const choice of chunk.choices) {
			if (choice.index !== index) continue;
			if (message.finish !== null) throw new Error("the choice went on after its finish");
			const { delta } = choice;
			message.text += delta.content ?? "";
			message.refusal += delta.refusal ?? "";
			message.reasoning += delta.reasoning_content ?? "";
			message.reasoningDetails.push(...(delta.reasoning_details ?? []));
			for (const call of delta.tool_calls ?? []) {
				const known = calls.get(call.index);
				if (known === undefined) {
					if (call.id === undefined || call.type === undefined)
						throw new Error("a tool call opened without id or type");
					const opened: ToolCall =
						call.type === "custom"
							? {
									id: call.id,
									type: "custom",
									custom: { name: named(call.custom?.name), input: call.custom?.input ?? "" },
								}
							: {
									id: call.id,
									type: "function",
									function: { name: named(call.function?.name), arguments: call.function?.arguments ?? "" },
								};
					if (opened.type === "function" && call.extra_content !== undefined) opened.extra_content = call.extra_content;
					calls.set(call.index, opened);
					message.toolCalls.push(opened);
					continue;
				}
				if (call.id !== undefined || call.function?.name !== undefined || call.custom?.name !== undefined)
					throw new Error("a tool call was opened twice");
				if (known.type === "custom") known.custom.input += call.custom?.input ?? "";
				else {
					known.function.arguments += call.function?.arguments ?? "";
					if (call.extra_content !== undefined) known.extra_content = call.extra_content;
				}
			}
			if (choice.finish_reason !== null) {
				message.finish = choice.finish_reason;
				message.nativeFinish = choice.native_finish_reason;
			}
		}
	}
	return message;
}

function named(name: string | undefined): string {
	if (name === undefined) throw new Error("a tool call opened without a name");
	return name;
}
