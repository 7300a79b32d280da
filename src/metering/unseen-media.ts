/** Finds in a body as its caller wrote it what may come to more tokens than its text has bytes. */
import type { Model } from "#catalog/model";
import { isObject, type Json, type JsonObject } from "#lib/json";
import { attachmentOf } from "./bound-media";

/** Where messages stand, and where they have their parts (`bound-input.ts`). */
const MESSAGE_LISTS = ["messages", "input", "contents"];
const PART_LISTS = new Set(["content", "parts", "output", "images"]);

/** Names under which vendors take something that is not text. */
const MEDIA = new Set([
	...["inlineData", "fileData", "image_url", "video_url", "audio_url", "input_audio", "file_data", "file_url"],
	...["source", "url", "uri", "fileUri", "image", "images", "audio", "video", "file", "encrypted_content"],
]);
/** What is read as JSON, or not at all: nothing in it is fetched or looked at. */
const JSON_TEXT = new Set([
	...[
		"args",
		"response",
		"arguments",
		"input",
		"metadata",
		"parameters",
		"parametersJsonSchema",
		"schema",
		"json_schema",
	],
	...["input_schema", "responseSchema", "responseJsonSchema", "response_format", "text", "output_config"],
]);
/** Parts and items that hold nothing but text, in the words of the protocols. */
const TEXTUAL = new Set<unknown>([
	...["text", "input_text", "output_text", "refusal", "message", "function_call", "function_call_output", "function"],
	...["custom", "custom_tool_call", "custom_tool_call_output", "tool_use", "tool_result", "thinking", "reasoning_text"],
	...["summary_text", "redacted_thinking", "reasoning", "reasoning.text", "reasoning.summary", "reasoning.encrypted"],
]);

/**
 * Whether something in the conversation may come to more tokens than `bound-input.ts` finds: media where it does not
 * look for them, and parts of kinds that it does not know. All of the model's context is held for such a body then.
 */
export function hidesMedia(body: JsonObject, model: Pick<Model, "provider" | "traits">): boolean {
	for (const name in body) {
		const value = body[name] as Json;
		const isMessages = MESSAGE_LISTS.includes(name) && Array.isArray(value);
		if (isMessages ? value.some((message) => hiddenInMessage(message, model)) : hiddenIn(value, name)) return true;
	}
	return false;
}

function hiddenInMessage(message: Json, model: Pick<Model, "provider" | "traits">): boolean {
	if (!isObject(message)) return false;
	if (message.type !== undefined && !TEXTUAL.has(message.type)) return true;
	for (const name in message) {
		const value = message[name] as Json;
		// A vendor's reasoning comes back as it was written; its tokens are no more than its bytes.
		if (name === "encrypted_content") continue;
		const isParts = PART_LISTS.has(name) && Array.isArray(value);
		if (isParts ? value.some((part) => hiddenInPart(part, model)) : hiddenIn(value, name)) return true;
	}
	return false;
}

function hiddenInPart(part: Json, model: Pick<Model, "provider" | "traits">): boolean {
	if (!isObject(part)) return false;
	if (part.type === "tool_result") return hiddenInMessage(part as JsonObject, model);
	const attachment = attachmentOf(part as JsonObject, model);
	if (attachment !== null) return false;
	return (part.type !== undefined && !TEXTUAL.has(part.type)) || hiddenIn(part as JsonObject, "");
}

/** Within anything else: whether a field is named as media are. */
function hiddenIn(value: Json, name: string): boolean {
	if (MEDIA.has(name) && value !== null) return true;
	if (typeof value !== "object" || value === null || JSON_TEXT.has(name)) return false;
	if (Array.isArray(value)) return value.some((item) => hiddenIn(item, ""));
	return Object.entries(value).some(([field, held]) => hiddenIn(held, field));
}
