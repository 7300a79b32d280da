// Writes a conversation as Gemini's contents.
import type { Model } from "#catalog/model";
import type { AssistantMessage, Message, ToolCall, UserMessage, UserPart } from "#core/chat/chat";
import { invalidRequest, unsupportedParameter } from "#core/errors";
import type { JsonObject } from "#lib/json";
import { append } from "#lib/list";
import { callArguments, callName, readHistory, type ToolResult, texts } from "#providers/shared/conversation-history";
import { DistinctIds } from "#providers/shared/distinct-ids";
import { generatedImages, imageSignature, withReturnedImages } from "#providers/shared/generated-images";
import {
	checkType,
	type InlineData,
	normalType,
	readDataUrl,
	remoteUrl,
	typeOfImage,
	typeOfUrl,
} from "#providers/shared/media";
import { mediaAfterResults } from "#providers/shared/tool-media";

/** Names our reasoning details among those of other vendors. */
export const GEMINI_FORMAT = "google-gemini-v1";

/** Ids of tool calls that Gemini gave none to. Gemini never saw them, so they are not sent back. */
const SYNTHETIC_ID = "gemini_call_";

/** An id for the call at `position` of the conversation; `answer` is Gemini's id of the answer, if it sent one. */
export function syntheticId(answer: string | undefined, position: number): string {
	const scope = answer?.replace(/[^A-Za-z0-9_-]/g, "").slice(0, 22);
	return scope ? `${SYNTHETIC_ID}${scope}_${position}` : `${SYNTHETIC_ID}${position}`;
}

/** Google's documented stand-in for a signature that is lost: Gemini 3 refuses calls and pictures without any. */
const NO_SIGNATURE = "skip_thought_signature_validator";

const IMAGES = ["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"];
/** The media types that Gemini takes. */
const MEDIA = [
	...IMAGES,
	...["audio/wav", "audio/mp3", "audio/mpeg", "audio/mpga", "audio/aiff", "audio/aac", "audio/ogg", "audio/flac"],
	...["audio/mp4", "audio/m4a", "audio/opus", "audio/pcm", "audio/webm"],
	...["video/mp4", "video/mpeg", "video/mpg", "video/mpegps", "video/mov", "video/quicktime", "video/avi"],
	...["video/x-flv", "video/flv", "video/webm", "video/wmv", "video/3gpp"],
	...["application/pdf", "application/json", "application/rtf", "text/*"],
	...["application/x-javascript", "application/x-typescript", "application/x-python-code"],
];

interface Content {
	role: "user" | "model";
	parts: JsonObject[];
}

/**
 * The conversation as Gemini's contents. Adds to `dropped` what of earlier answers it leaves out. Throws `GatewayError`
 * for content that Gemini cannot take.
 */
export function contentsOf(
	messages: readonly Message[],
	model: Model,
	dropped: string[],
): { systemInstruction: JsonObject | null; contents: JsonObject[] } {
	const sees = model.input.includes("image");
	const returned = withReturnedImages(messages, ({ image_url: { url } }) => sees && isReadable(url), dropped);
	const history = readHistory(mediaAfterResults(returned));
	const system = history.system.flatMap((message) => texts(message.content)).map((text) => ({ text }));
	const contents: Content[] = [];
	const ids = new DistinctIds();
	for (const turn of history.turns) {
		// Results stand in a content of their own: they must match the calls before them one by one.
		if (turn.role === "results") {
			contents.push({ role: "user", parts: turn.results.map((result) => resultPart(result, ids)) });
			continue;
		}
		const parts =
			turn.role === "user" ? userParts(turn.message, turn.at, model) : modelParts(turn.message, turn.at, model, ids);
		const role = turn.role === "user" ? "user" : "model";
		const last = contents.at(-1);
		if (parts.length === 0) continue;
		if (last?.role === role && last.parts.every((part) => !("functionResponse" in part))) append(last.parts, parts);
		else contents.push({ role, parts });
	}
	const isLoose = model.traits.no_system_prompt === true || contents.length === 0;
	if (isLoose && system.length > 0) {
		const [first] = contents;
		if (first?.role === "user") first.parts = [...system, ...first.parts];
		else contents.unshift({ role: "user", parts: system });
	}
	const [first] = contents;
	if (first === undefined) throw invalidRequest("no message has any content", "messages");
	if (first.role === "model") {
		contents.unshift({ role: "user", parts: [{ text: "(The assistant begins the conversation.)" }] });
	}
	return {
		systemInstruction: isLoose || system.length === 0 ? null : { parts: system },
		contents: contents.map(({ role, parts }) => ({ role, parts })),
	};
}

function userParts(message: UserMessage, at: number, model: Model): JsonObject[] {
	if (typeof message.content === "string") return texts(message.content).map((text) => ({ text }));
	return message.content.flatMap((part, index) => {
		if (part.type === "text") return texts(part.text).map((text) => ({ text }));
		return [mediaPart(part, `messages[${at}].content[${index}]`, model)];
	});
}

function mediaPart(part: Exclude<UserPart, { type: "text" }>, param: string, model: Model): JsonObject {
	switch (part.type) {
		case "image_url":
			return linkPart(part.image_url.url, "image/jpeg", `${param}.image_url.url`, model);
		case "video_url":
			return linkPart(part.video_url.url, "video/mp4", `${param}.video_url.url`, model);
		case "input_audio": {
			const { format, data } = part.input_audio;
			return inlinePart({ mimeType: normalType(`audio/${format}`), data }, `${param}.input_audio.format`, model);
		}
		case "file": {
			const { file_data: data } = part.file;
			const inlineData = data === undefined ? null : readDataUrl(data, `${param}.file.file_data`);
			if (inlineData !== null) return inlinePart(inlineData, `${param}.file.file_data`, model);
			throw unsupportedParameter(`${param}.file`, "Gemini takes files only as a data URL in `file_data`");
		}
	}
}

/** Throws `GatewayError` for a media type that Gemini does not take. */
function inlinePart(inlineData: InlineData, param: string, model: Model): JsonObject {
	checkType(inlineData.mimeType, MEDIA, param, model);
	return { inlineData: { ...inlineData } };
}

/** A link goes to Gemini as it is: the gateway fetches nothing on a caller's behalf. */
function linkPart(url: string, fallback: string, param: string, model: Model): JsonObject {
	const inlineData = readDataUrl(url, param);
	if (inlineData !== null) return inlinePart(inlineData, param, model);
	const parsed = remoteUrl(url, param);
	// Gemini resolves its own video links and wants no type for them.
	const isYouTube = /(^|\.)(youtube\.com|youtu\.be)$/.test(parsed.hostname);
	if (isYouTube) return { fileData: { fileUri: url } };
	const mimeType = typeOfUrl(parsed, fallback);
	checkType(mimeType, MEDIA, param, model);
	return { fileData: { mimeType, fileUri: url } };
}

function isReadable(url: string): boolean {
	const type = typeOfImage(url);
	return type !== null && IMAGES.includes(type);
}

function modelParts(message: AssistantMessage, at: number, model: Model, ids: DistinctIds): JsonObject[] {
	if (message.audio !== undefined) {
		throw unsupportedParameter(`messages[${at}].audio`, "Gemini cannot refer to audio that another model spoke");
	}
	const parts: JsonObject[] = texts(message.content ?? message.refusal ?? "").map((text) => ({ text }));
	const spoken = parts.at(-1);
	const signature = textSignature(message);
	if (spoken !== undefined && signature !== undefined) spoken.thoughtSignature = signature;
	for (const [index, image] of generatedImages(message).entries()) {
		const picture = linkPart(
			image.image_url.url,
			"image/jpeg",
			`messages[${at}].images[${index}].image_url.url`,
			model,
		);
		const lost = model.traits.thinking === "level" ? NO_SIGNATURE : undefined;
		const thoughtSignature = imageSignature(image) ?? lost;
		parts.push({ ...picture, ...(thoughtSignature !== undefined && { thoughtSignature }) });
	}
	for (const [index, call] of (message.tool_calls ?? []).entries()) {
		const own = callSignature(call);
		const needed = index === 0 && model.traits.thinking === "level" ? NO_SIGNATURE : undefined;
		const thoughtSignature = own ?? needed;
		parts.push({
			functionCall: { ...nativeId(call, ids), name: callName(call), args: callArguments(call) },
			...(thoughtSignature !== undefined && { thoughtSignature }),
		});
	}
	return parts;
}

function textSignature(message: AssistantMessage): string | undefined {
	const detail = message.reasoning_details?.findLast(
		({ type, format, data }) => type === "reasoning.encrypted" && format === GEMINI_FORMAT && typeof data === "string",
	);
	return detail?.data;
}

function callSignature(call: ToolCall): string | undefined {
	const signature = call.type === "function" ? call.extra_content?.google?.thought_signature : undefined;
	return typeof signature === "string" && signature !== "" ? signature : undefined;
}

function resultPart({ call, message }: ToolResult, ids: DistinctIds): JsonObject {
	return {
		functionResponse: {
			...nativeId(call, ids),
			name: callName(call),
			response: { output: texts(message.content).join("\n") },
		},
	};
}

/** Calls and results carry the same id or none: Gemini compares them. */
function nativeId(call: ToolCall, ids: DistinctIds): { id?: string } {
	return call.id.startsWith(SYNTHETIC_ID) ? {} : { id: ids.of(call) };
}
