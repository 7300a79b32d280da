// What a chat request demands of a model.
import type { Modality } from "#catalog/model";
import type { ChatRequest, Message, UserPart } from "#core/chat/chat";
import type { Signal } from "#core/routing/auto-rules";
import type { Requirements } from "#operations/operation";

const MODALITIES: Readonly<Record<Exclude<UserPart["type"], "text">, Modality>> = {
	image_url: "image",
	input_audio: "audio",
	file: "pdf",
	video_url: "video",
};

export function requirementsOf({
	messages,
	tools,
	modalities,
	response_format: format,
	reasoning_effort: effort,
}: ChatRequest) {
	const input = new Set<Modality>();
	for (const message of messages) {
		const isSeen = message.role === "user" || message.role === "tool";
		if (!isSeen || typeof message.content === "string") continue;
		for (const part of message.content) if (part.type !== "text") input.add(MODALITIES[part.type]);
	}
	const output = new Set<Modality>();
	for (const modality of modalities ?? []) if (modality === "audio" || modality === "image") output.add(modality);
	return {
		input,
		output,
		tools: (tools?.length ?? 0) > 0,
		schema: format?.type === "json_schema",
		reasoning: effort !== undefined && effort !== "none" && effort !== "minimal",
	} satisfies Requirements;
}

/** What the rules of `auto` can see of a request. */
export function signalsOf(requirements: Requirements, request: ChatRequest): ReadonlySet<Signal> {
	const signals = new Set<Signal>();
	if (requirements.input.has("image") || requirements.input.has("video")) signals.add("images");
	if (requirements.input.has("audio") || requirements.output.has("audio")) signals.add("audio");
	if (requirements.input.has("pdf")) signals.add("documents");
	if (requirements.tools) signals.add("tools");
	if (requirements.schema) signals.add("schema");
	if (requirements.reasoning) signals.add("reasoning");
	if (isAboutCode(lastUserText(request.messages))) signals.add("code");
	return signals;
}

/** How much of the last message is searched, from its beginning, in characters. */
const LOOKED_AT = 4_000;
/** A fence, or a line that begins and ends as code does. */
const LOOKS_LIKE_CODE =
	/```|^\s*(?:def|class|import|from|function|const|let|var|public|private|#include|package|func|fn|use|SELECT|INSERT|CREATE)\b.*[;{}(:]\s*$/m;
/** Words that hardly anything but a request about code has. */
const SPEAKS_OF_CODE =
	/\b(?:refactor|debug|stack ?trace|unit tests?|compiler?|typescript|javascript|python|golang|kotlin|sql query|regexp?|code review|pull request|source code|segfault|dockerfile)\b|代码|编程|函数|脚本/i;

/** A reading of the surface, to tell a task about code from others. It says nothing of how hard the task is. */
function isAboutCode(text: string): boolean {
	return LOOKS_LIKE_CODE.test(text) || SPEAKS_OF_CODE.test(text);
}

function lastUserText(messages: readonly Message[]): string {
	const content = messages.findLast(({ role }) => role === "user")?.content;
	if (typeof content === "string") return content.slice(0, LOOKED_AT);
	let text = "";
	for (const part of content ?? []) {
		if (part.type === "text" && text.length < LOOKED_AT) text += part.text.slice(0, LOOKED_AT - text.length);
	}
	return text;
}
