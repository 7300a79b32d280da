/** What a model wrote, in a whole answer and in the chunks of a stream. */
import type { AssistantReply, Chunk, Completion, Delta } from "#core/chat/chat";

/** All that a model wrote in a whole answer. */
export function completionText({ choices }: Completion): string {
	return choices.map(({ message }) => writtenText(message)).join("");
}

const NONE: readonly never[] = [];

/** All that a model wrote in one delta or message, pictures and sound as they were encoded. */
function writtenText(written: Delta | AssistantReply): string {
	const { content, refusal, reasoning_content, tool_calls, images, audio, items } = written;
	let text = (reasoning_content ?? "") + (content ?? "") + (refusal ?? "");
	for (const call of tool_calls ?? NONE) {
		if ("function" in call) text += (call.function?.name ?? "") + (call.function?.arguments ?? "");
		if ("custom" in call) text += (call.custom?.name ?? "") + (call.custom?.input ?? "");
	}
	if (images !== undefined) text += JSON.stringify(images);
	if (audio !== undefined) text += JSON.stringify(audio);
	return items === undefined ? text : text + JSON.stringify(items);
}

/** All that a model wrote in one chunk. */
export function chunkText({ choices }: Chunk): string {
	let text = "";
	for (const { delta } of choices) text += writtenText(delta);
	return text;
}
