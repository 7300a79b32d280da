/** Images and files in tool results, for protocols whose results are text. */
import type { Message, TextPart, ToolMessage, UserPart } from "#core/chat/chat";

/** Stands before what was moved, so that the model takes it for no word of the user's. */
const LEAD: TextPart = { type: "text", text: "(This is part of the tool's result.)" };
/** A result that has no text of its own. */
const ELSEWHERE: TextPart = { type: "text", text: "(The result follows in the next message.)" };

/**
 * The conversation with the media of its tool results in a user turn behind them: at the beginning of the user's next
 * one, or in one of their own, after the last result of their step. The conversation itself when there are none.
 */
export function mediaAfterResults(messages: readonly Message[]): readonly Message[] {
	if (!messages.some(hasMedia)) return messages;
	const moved: Message[] = [];
	let media: UserPart[] = [];
	for (const message of messages) {
		if (message.role === "tool") {
			moved.push(textOnly(message));
			if (hasMedia(message)) media.push(LEAD, ...message.content.filter((part) => part.type !== "text"));
			continue;
		}
		if (media.length === 0) moved.push(message);
		else if (message.role === "user") moved.push({ ...message, content: [...media, ...partsOf(message.content)] });
		else moved.push({ role: "user", content: media }, message);
		media = [];
	}
	if (media.length > 0) moved.push({ role: "user", content: media });
	return moved;
}

function hasMedia(message: Message): message is ToolMessage & { content: Exclude<ToolMessage["content"], string> } {
	const { role, content } = message;
	return role === "tool" && typeof content !== "string" && content.some(({ type }) => type !== "text");
}

function textOnly(message: ToolMessage): ToolMessage {
	if (!hasMedia(message)) return message;
	const text = message.content.filter((part) => part.type === "text");
	return { ...message, content: text.length > 0 ? text : [ELSEWHERE] };
}

function partsOf(content: string | readonly UserPart[]): readonly UserPart[] {
	return typeof content === "string" ? [{ type: "text", text: content }] : content;
}
