// Reads the conversation of a Messages request as canonical messages.
import { redactedDetail, thinkingDetail } from "#core/chat/anthropic-reasoning";
import type {
	AssistantMessage,
	FilePart,
	ImagePart,
	Message,
	SystemMessage,
	TextPart,
	ToolMessage,
	ToolPart,
	VendorExtra,
} from "#core/chat/chat";
import { unpacked } from "#faces/carried";
import { append } from "#lib/list";
import type {
	WireMark,
	WireMessage,
	WireShown,
	WireSpokenBlock,
	WireText,
	WireToolResult,
	WireUserBlock,
} from "./schema";

/** The system prompt as a message; none for an empty one. */
export function systemMessage(system: string | readonly WireText[]): SystemMessage[] {
	if (system.length === 0) return [];
	return [{ role: "system", content: typeof system === "string" ? system : system.map(textPart) }];
}

/**
 * One turn as canonical messages: each tool result is a message of its own, before what the user says beside it. What
 * nothing reads is named in `ignored`. Throws `GatewayError` 400 for content that has no counterpart.
 */
export function canonicalMessages(message: WireMessage, at: number, ignored: string[]): Message[] {
	switch (message.role) {
		case "system":
			return systemMessage(message.content);
		case "assistant":
			return [assistantMessage(message.content, `messages[${at}].content`, ignored)];
		case "user": {
			const { content } = message;
			if (typeof content === "string") return [{ role: "user", content }];
			return userMessages(content, `messages[${at}].content`, ignored);
		}
	}
}

function userMessages(blocks: readonly WireUserBlock[], path: string, ignored: string[]): Message[] {
	const results: ToolMessage[] = [];
	const said: ToolPart[] = [];
	for (const [index, block] of blocks.entries()) {
		const here = `${path}[${index}]`;
		if (block.type === "tool_result") results.push(toolMessage(block, here, ignored));
		else append(said, shownParts(block, here, ignored));
	}
	// An empty turn stays one where it is all that was said.
	return said.length > 0 || results.length === 0 ? [...results, { role: "user", content: said }] : results;
}

function toolMessage(block: WireToolResult, path: string, ignored: string[]): ToolMessage {
	const { tool_use_id, content, is_error: isError } = block;
	const parts =
		typeof content === "string" || content == null
			? (content ?? "")
			: content.flatMap((one, index) => shownParts(one, `${path}.content[${index}]`, ignored));
	return {
		role: "tool",
		tool_call_id: tool_use_id,
		content: isError === true ? asError(parts) : parts,
		...marked(block.cache_control),
	};
}

/** Other protocols have no mark for a call that failed: the text says it, unless it does already. */
function asError(content: string | ToolPart[]): string | ToolPart[] {
	const first = typeof content === "string" ? content : content[0]?.type === "text" ? content[0].text : "";
	if (/^\W*error/i.test(first)) return content;
	if (typeof content === "string") return content === "" ? "Error" : `Error: ${content}`;
	return [{ type: "text", text: "Error:" }, ...content];
}

function shownParts(block: WireShown, path: string, ignored: string[]): ToolPart[] {
	switch (block.type) {
		case "text":
			return [textPart(block)];
		case "image":
			return [{ ...imagePart(block.source), ...marked(block.cache_control) }];
		case "document":
			return documentParts(block, path, ignored);
		case "search_result": {
			const text = block.content.map((piece) => piece.text).join("\n");
			return [{ type: "text", text: `${block.title}\n${block.source}\n\n${text}`, ...marked(block.cache_control) }];
		}
		case "tool_reference":
			return [{ type: "text", text: `The tool ${block.tool_name} can be used.` }];
		case "container_upload":
			return [filePart(block.file_id)];
	}
}

type ImageSource = Extract<WireShown, { type: "image" }>["source"];

function imagePart(source: ImageSource): ImagePart | FilePart {
	if (source.type === "file") return filePart(source.file_id);
	const url = source.type === "url" ? source.url : dataUrl(source);
	return { type: "image_url", image_url: { url } };
}

/** A file of the vendor's account: whether it may be used is for the key's policy to say. */
function filePart(id: string): FilePart {
	return { type: "file", file: { file_id: id } };
}

function documentParts(block: Extract<WireShown, { type: "document" }>, path: string, ignored: string[]): ToolPart[] {
	const { source, title, context, citations } = block;
	if (citations?.enabled === true) ignored.push(`${path}.citations`);
	const mark = marked(block.cache_control);
	const about: TextPart[] = context ? [{ type: "text", text: context }] : [];
	switch (source.type) {
		case "base64": {
			const filename = title || `document.${source.media_type.split("/")[1] ?? "pdf"}`;
			return [...about, { type: "file", file: { file_data: dataUrl(source), filename }, ...mark }];
		}
		case "text":
			return [...about, { type: "text", text: titled(title, source.data), ...mark }];
		case "content": {
			const pieces = typeof source.content === "string" ? [] : source.content;
			const head: TextPart[] =
				typeof source.content === "string"
					? [{ type: "text", text: titled(title, source.content) }]
					: title
						? [{ type: "text", text: title }]
						: [];
			const parts: ToolPart[] = [...about, ...head, ...pieces.flatMap((piece) => shownParts(piece, path, ignored))];
			const last = parts.pop();
			return last === undefined ? [] : [...parts, { ...last, ...mark }];
		}
		case "file":
			return [...about, { ...filePart(source.file_id), ...mark }];
		case "url":
			return [...about, { type: "file", file: { file_url: source.url, ...(title && { filename: title }) }, ...mark }];
	}
}

function titled(title: string | null | undefined, text: string): string {
	return title ? `${title}\n\n${text}` : text;
}

function dataUrl({ media_type: type, data }: { media_type: string; data: string }): string {
	return `data:${type};base64,${data}`;
}

function textPart({ text, cache_control: mark }: WireText): TextPart {
	return { type: "text", text, ...marked(mark) };
}

/** Anthropic's mark stands beside OpenAI's fields, where the adapters of those that take it look for it. */
export function marked(mark: WireMark): { cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } } {
	if (mark == null) return {};
	return { cache_control: { type: "ephemeral", ...(mark.ttl && { ttl: mark.ttl }) } };
}

function assistantMessage(
	content: string | readonly WireSpokenBlock[],
	path: string,
	ignored: string[],
): AssistantMessage {
	if (typeof content === "string") return { role: "assistant", content };
	const texts: TextPart[] = [];
	const message: Required<Pick<AssistantMessage, "tool_calls" | "reasoning_details">> = {
		tool_calls: [],
		reasoning_details: [],
	};
	let thought = "";
	const extras = new Map<string, VendorExtra>();
	/** False for what is the vendor's own. */
	const unpack = (text: string): boolean => {
		const carried = unpacked(text);
		if (carried === null) return false;
		if (carried === "spoilt") ignored.push(path);
		else {
			for (const detail of carried.details) message.reasoning_details.push(detail);
			for (const [id, extra] of Object.entries(carried.calls)) extras.set(id, extra);
		}
		return true;
	};
	for (const [index, block] of content.entries()) {
		switch (block.type) {
			case "text":
				texts.push(textPart(block));
				break;
			case "thinking": {
				const signature = block.signature ?? "";
				thought += block.thinking;
				if (!unpack(signature) && signature !== "") {
					message.reasoning_details.push(thinkingDetail(block.thinking, signature));
				}
				break;
			}
			case "redacted_thinking":
				if (!unpack(block.data)) message.reasoning_details.push(redactedDetail(block.data));
				break;
			case "tool_use": {
				const call = { name: block.name, arguments: JSON.stringify(block.input) };
				message.tool_calls.push({ id: block.id, type: "function", function: call });
				break;
			}
			case "other":
				ignored.push(`${path}[${index}]`);
		}
	}
	return {
		role: "assistant",
		content: texts.length === 0 ? null : texts,
		...(thought !== "" && { reasoning_content: thought }),
		...(message.reasoning_details.length > 0 && { reasoning_details: message.reasoning_details }),
		...(message.tool_calls.length > 0 && {
			tool_calls: message.tool_calls.map((call) => {
				const extra = extras.get(call.id);
				return extra === undefined || call.type !== "function" ? call : { ...call, extra_content: extra };
			}),
		}),
	};
}
