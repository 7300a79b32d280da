// Takes away what means an absent field: `null`, and an assistant's content without any part.
import { isObject } from "#lib/json";
import { changed } from "#lib/list";

/**
 * Which objects below a value the gateway reads: by field, and in a list each entry alike. What is not named is opaque.
 */
interface Readable {
	readonly fields?: Readonly<Record<string, Readable>>;
	readonly each?: Readable;
}

const FLAT: Readable = {};
const NAMED: Readable = { fields: { function: FLAT, custom: FLAT } };
const PART: Readable = { fields: { image_url: FLAT, input_audio: FLAT, file: FLAT, video_url: FLAT } };
const MESSAGE: Readable = {
	fields: {
		content: { each: PART },
		tool_calls: { each: NAMED },
		function_call: FLAT,
		audio: FLAT,
		images: { each: PART },
	},
};

/**
 * Where `null` means that a field is absent. Schemas, arguments, reasoning blocks and what the gateway does not know
 * are the caller's own data, in which it has a meaning: they are not named here.
 */
const REQUEST: Readable = {
	fields: {
		messages: { each: MESSAGE },
		tools: { each: NAMED },
		functions: { each: FLAT },
		tool_choice: { fields: { function: FLAT, custom: FLAT, allowed_tools: { fields: { tools: { each: NAMED } } } } },
		function_call: FLAT,
		response_format: { fields: { json_schema: FLAT } },
		stream_options: FLAT,
		provider: { fields: { max_price: FLAT } },
		audio: FLAT,
		prediction: { fields: { content: { each: FLAT } } },
		web_search_options: FLAT,
	},
};

/**
 * The body with its `null` fields taken out wherever the gateway reads them: SDKs send them for what was left out. So
 * does Cursor with an empty list as the content of a turn that only calls tools, which vendors refuse.
 */
export function absentNulls(body: Record<string, unknown>): Record<string, unknown> {
	const clean = withoutNulls(body, REQUEST) as Record<string, unknown>;
	const { messages } = clean;
	if (!Array.isArray(messages) || !messages.some(isEmptyTurn)) return clean;
	return { ...clean, messages: messages.map((message) => (isEmptyTurn(message) ? withoutContent(message) : message)) };
}

function isEmptyTurn(message: unknown): message is Record<string, unknown> {
	if (!isObject(message) || message.role !== "assistant" || !Array.isArray(message.tool_calls)) return false;
	return Array.isArray(message.content) && message.content.length === 0;
}

function withoutContent({ content: _, ...message }: Record<string, unknown>): Record<string, unknown> {
	return message;
}

/** The value without nulls in the fields that may be absent; the same value where it has none. */
function withoutNulls(value: unknown, readable: Readable): unknown {
	if (Array.isArray(value)) {
		const { each } = readable;
		return each === undefined ? value : changed(value, (entry) => withoutNulls(entry, each));
	}
	if (!isObject(value)) return value;
	let clean: Record<string, unknown> | null = null;
	for (const name in value) {
		const field = value[name];
		const below = readable.fields?.[name];
		const kept = field === null || below === undefined ? field : withoutNulls(field, below);
		if (kept === field && field !== null) continue;
		clean ??= { ...value };
		if (kept === null) delete clean[name];
		else clean[name] = kept;
	}
	return clean ?? value;
}
