// Writes a conversation as Chat Completions messages.
import type { Model } from "#catalog/model";
import type { AssistantMessage, Message, ReasoningDetail, RefusalPart, TextPart, UserPart } from "#core/chat/chat";
import { changed } from "#lib/list";
import { withDistinctIds } from "#providers/shared/distinct-ids";
import { generatedImages } from "#providers/shared/generated-images";

/** A message on its way out, with whatever fields the caller gave it. */
type WireMessage = Record<string, unknown> & { role: string; content?: unknown };

/** What of a model's earlier reasoning goes back to it. */
export type Replay =
	/** Its text. */
	| "text"
	/** Its vendor's blocks, unchanged; text only where there are none. */
	| "blocks";

/**
 * Whose blocks are of a format, by how a reseller names that vendor's models. Signed ones are refused by all others.
 */
const VENDORS: Readonly<Record<string, string>> = {
	"anthropic-claude-v1": "anthropic/",
	"google-gemini-v1": "google/",
	"openai-responses-v1": "openai/",
	"azure-openai-responses-v1": "openai/",
	"xai-responses-v1": "x-ai/",
};

/** Fields of an assistant message that OpenAI does not know and refuses. */
const FOREIGN_TO_OPENAI = ["reasoning_content", "reasoning_details", "reasoning", "phase"];
/**
 * Fields of an assistant message that OpenAI or a gateway answers with, and that its imitators need not accept back.
 */
const FOREIGN_TO_IMITATORS = ["reasoning", "annotations", "audio", "refusal", "phase"];

/** What a call has in a stream alone, and comes back from clients that put its pieces together as they came. */
const OF_STREAMS = ["index"];
/** The same, and what only Gemini knows. */
const FOREIGN_TO_CALLS = [...OF_STREAMS, "extra_content"];

/** Longest id of a tool call that OpenAI's Chat Completions accepts, in characters; other vendors make longer ones. */
const MAX_CALL_ID = 40;

/** The conversation for OpenAI itself, without what other vendors left in it. */
export function openaiMessages(messages: readonly Message[]): readonly WireMessage[] {
	return changed(withDistinctIds(messages, MAX_CALL_ID) as readonly WireMessage[], (message) => {
		if (message.role !== "assistant") return message;
		const wire = without(message, FOREIGN_TO_OPENAI);
		if (!Array.isArray(wire.tool_calls)) return wire;
		const calls = changed<object>(wire.tool_calls, (call) => without(call, FOREIGN_TO_CALLS));
		return calls === wire.tool_calls ? wire : { ...wire, tool_calls: calls };
	});
}

/**
 * The conversation for a server that took over OpenAI's protocol, in the part of it that all of them know. `hasTools`
 * says whether the request declares tools.
 */
export function plainMessages(
	messages: readonly Message[],
	model: Model,
	replay: Replay,
	hasTools: boolean,
): readonly WireMessage[] {
	const isOwed = owesReasoning(model, hasTools);
	const distinct = withDistinctIds(messages);
	const wire = changed(distinct as readonly WireMessage[], (wire, at) => {
		const message = distinct[at] as Message;
		if (message.role === "assistant") {
			const plain = plainAssistant(message, model, replay, isOwed);
			return isEqual(plain, wire) ? wire : plain;
		}
		const content = plainContent(message.content);
		if (message.role === "developer") return { ...message, role: "system", content };
		return content === message.content ? wire : { ...message, content };
	});
	return model.traits.no_system_prompt === true ? systemInFirstTurn(wire) : wire;
}

/**
 * Whether every assistant message must come with the reasoning before it, be it empty: DeepSeek's models want it once
 * there are tools, wherever they run and whichever provider wrote the message.
 */
function owesReasoning({ provider, id, family, reasoning }: Model, hasTools: boolean): boolean {
	return hasTools && reasoning && /deepseek/i.test(`${provider} ${id} ${family}`);
}

function plainAssistant(message: AssistantMessage, model: Model, replay: Replay, owesReasoning: boolean): WireMessage {
	const { reasoning_content: text, reasoning_details: blocks, tool_calls: calls, images, ...rest } = message;
	const wire: WireMessage = {
		...without(rest, FOREIGN_TO_IMITATORS),
		role: "assistant",
		// Not every server takes `null` or nothing at all beside calls.
		content: plainContent(message.content ?? message.refusal ?? ""),
	};
	if (images !== undefined) wire.images = generatedImages(message).map((image) => without(image, ["extra_content"]));
	if (calls !== undefined) {
		// Only Gemini knows its signatures, and without them it refuses its own calls.
		const foreign = model.id.includes("gemini") ? OF_STREAMS : FOREIGN_TO_CALLS;
		wire.tool_calls = changed<object>(calls, (call) => without(call, foreign));
	}
	if (!model.reasoning) return wire;
	if (owesReasoning) return { ...wire, reasoning_content: text ?? textOfBlocks(blocks ?? []) };
	const own = replay === "blocks" ? (blocks ?? []).filter((block) => mayRead(model, block)) : [];
	if (own.length > 0) wire.reasoning_details = own;
	else if (text !== undefined) wire.reasoning_content = text;
	return wire;
}

/** Whether two messages have the same fields. */
function isEqual(one: WireMessage, other: WireMessage): boolean {
	const names = Object.keys(one);
	return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

/** What reasoning blocks say that can be read. */
function textOfBlocks(blocks: readonly ReasoningDetail[]): string {
	return blocks.map(({ text, summary }) => text ?? summary ?? "").join("");
}

function mayRead(model: Model, { format }: ReasoningDetail): boolean {
	const vendor = VENDORS[format ?? ""];
	return vendor === undefined || model.id.startsWith(vendor);
}

/** Parts that are nothing but text as one string, which every server takes; other parts as they are. */
function plainContent(content: string | readonly (UserPart | RefusalPart)[]): string | readonly unknown[] {
	if (typeof content === "string") return content;
	const texts: string[] = [];
	for (const part of content) {
		const text = part.type === "text" ? part.text : part.type === "refusal" ? part.refusal : undefined;
		// A part with more fields, such as a cache mark, is the caller's own arrangement.
		if (typeof text !== "string" || Object.keys(part).length > 2) return content;
		texts.push(text);
	}
	return texts.join("\n");
}

/** For models that know no system role: its text begins the first user turn. */
function systemInFirstTurn(messages: readonly WireMessage[]): readonly WireMessage[] {
	const system = messages
		.filter(({ role }) => role === "system")
		.map(({ content }) => textBlock(content as string | TextPart[]));
	const rest = messages.filter(({ role }) => role !== "system");
	if (system.length === 0) return rest;
	const prompt = system.join("\n\n");
	const first = rest.findIndex(({ role }) => role === "user");
	const turn = rest[first];
	if (turn === undefined) return [{ role: "user", content: prompt }, ...rest];
	return rest.with(first, { ...turn, content: prepended(prompt, turn.content) });
}

function prepended(text: string, content: unknown): unknown {
	return Array.isArray(content) ? [{ type: "text", text }, ...content] : `${text}\n\n${content}`;
}

function textBlock(content: string | readonly TextPart[]): string {
	return typeof content === "string" ? content : content.map(({ text }) => text).join("\n");
}

/** Adds an instruction to the system prompt; a second system message is more than some models take. */
export function instructed(messages: readonly Message[], instruction: string): Message[] {
	const [first, ...rest] = messages;
	if (first?.role !== "system" && first?.role !== "developer") {
		return [{ role: "system", content: instruction }, ...messages];
	}
	const content =
		typeof first.content === "string"
			? `${first.content}\n\n${instruction}`
			: [...first.content, { type: "text" as const, text: instruction }];
	return [{ ...first, content }, ...rest];
}

/** The object itself when it has none of the fields. */
function without<T extends object>(object: T, fields: readonly string[]): T {
	for (const field of fields) {
		if (!(field in object)) continue;
		const rest = Object.entries(object).filter(([name]) => !fields.includes(name));
		return Object.fromEntries(rest) as T;
	}
	return object;
}
