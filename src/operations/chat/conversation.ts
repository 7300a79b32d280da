// Recognises a conversation, its family of tasks and the beginnings of its prompts by hashes.
import type { ChatRequest, Message } from "#core/chat/chat";
import type { KeyId } from "#core/ids";
import { TextHash } from "#lib/text-hash";

/** How many characters of each text's beginning, and of its end, tell it from others, together with its length. */
const LOOKED_AT = 250;

/** The family of tasks of a request: its key, its system prompt and the names of its tools, as a hash. */
export function familyOf(keyId: KeyId, { messages, tools = [] }: ChatRequest): string {
	const hash = new TextHash().add(keyId);
	for (const message of messages) {
		if (message.role !== "system" && message.role !== "developer") break;
		addContent(hash, message);
	}
	for (const tool of tools) hash.add(tool.type === "function" ? tool.function.name : tool.custom.name);
	return hash.digest();
}

/**
 * What stays the same over the turns of a conversation, as a hash: its family, and the session that the client names,
 * or the key that it wants its prompts cached under; a client that names neither is known by its opening, the first
 * message of the user. Within a session another system prompt is another conversation, because it shares nothing of the
 * prompt that a vendor could have cached.
 */
export function conversationOf(family: string, session: string | null, request: ChatRequest): string {
	const hash = new TextHash().add(family);
	const name = session ?? request.prompt_cache_key;
	if (name !== undefined) return hash.add("session").add(name).digest();
	const opening = request.messages.find(({ role }) => role === "user");
	if (opening !== undefined) addContent(hash, opening);
	return hash.digest();
}

/**
 * The beginnings of a prompt that others may share, as hashes, the shortest first: its family, which is the system
 * prompt with the tools, and then after each message all that came so far. The last is the whole prompt.
 */
export function prefixesOf(family: string, { messages }: ChatRequest): readonly string[] {
	const prefixes = [family];
	let before = family;
	for (const message of messages) {
		const hash = new TextHash().add(before).add(message.role);
		addContent(hash, message);
		if (message.role === "assistant") for (const call of message.tool_calls ?? []) addText(hash, JSON.stringify(call));
		before = hash.digest();
		prefixes.push(before);
	}
	return prefixes;
}

/** How many turns of the conversation have been answered. */
export function turnsOf({ messages }: ChatRequest): number {
	let turns = 0;
	for (const { role } of messages) if (role === "assistant") turns++;
	return turns;
}

function addContent(hash: TextHash, { content }: Message): void {
	if (typeof content === "string") addText(hash, content);
	else for (const part of content ?? []) addPart(hash, part);
}

function addPart(hash: TextHash, part: Exclude<NonNullable<Message["content"]>, string>[number]): void {
	if (part.type === "text") addText(hash, part.text);
	else if (part.type === "image_url") addText(hash, part.image_url.url);
	else hash.add(part.type);
}

function addText(hash: TextHash, text: string): void {
	if (text.length <= 2 * LOOKED_AT) hash.add(text);
	else hash.add(`${text.length} ${text.slice(0, LOOKED_AT)}${text.slice(-LOOKED_AT)}`);
}
