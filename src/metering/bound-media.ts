// The most tokens that an attachment can come to.
import type { Model } from "#catalog/model";
import { isObject, type Json, type JsonObject } from "#lib/json";

/**
 * What one attachment can cost at most, in tokens.
 *
 * - An image costs what its vendor makes of the largest one, whatever its size and wherever it is: OpenAI 10,000
 *   patches at 1.2 tokens; Anthropic 4,784; Gemini 2,240 at its finest resolution, and up to twenty tiles of 258 before
 *   Gemini 3; Qwen-VL, at every host of it, 16,384, which also stands for vendors that do not say. A model that takes
 *   more says so in its traits.
 * - Sound costs up to 32 tokens a second, and no second of it takes less than 32 bytes: a token per byte.
 * - Text in a file costs its bytes.
 * - PDF and other documents, video, and files that only a link or an id names: nothing about them that is known here
 *   bounds their tokens, because they are compressed or out of sight, so they may fill the model's context.
 */
const IMAGE_TOKENS: Readonly<Record<string, number>> = { openai: 12_000, anthropic: 5_000, gemini: 5_160 };
const ANY_IMAGE_TOKENS = 16_384;
/** No attachment counts for less: some vendors have a flat price for the smallest. */
const MIN_FILE_TOKENS = 1_024;

/** The part of a message that carries an attachment: the string that is not text, and what it may cost instead. */
export interface Attachment {
	/** The object and key that hold what is not read as text; null when all of it is. */
	readonly payload: readonly [holder: object, key: string] | null;
	/** Infinity when nothing but the model's context bounds it. */
	readonly tokens: number;
	/** Whether some of them may be sound, as of a video, or of a file of no known type. */
	readonly sounds: boolean;
}

/** Reads one part of a message in any vendor's encoding; null for a part that is nothing but text. */
export function attachmentOf(part: JsonObject, model: Pick<Model, "provider" | "traits">): Attachment | null {
	switch (part.type) {
		case "text":
		case "input_text":
		case "output_text":
			return null;
		case "image_url":
			return isObject(part.image_url) ? image([part.image_url, "url"], model) : unbounded();
		case "input_image":
			return image([part, "image_url"], model);
		case "image":
			return image(dataOf(part.source), model);
		case "input_audio":
			return isObject(part.input_audio)
				? file([part.input_audio, "data"], "audio/", part.input_audio.data)
				: unbounded();
		case "file":
			return isObject(part.file) ? fileOf(part.file) : unbounded();
		case "input_file":
			return fileOf(part);
		case "document":
			return documentOf(part.source);
		case "video_url":
			return isObject(part.video_url) ? { ...unbounded(), payload: [part.video_url, "url"] } : unbounded();
		case undefined:
			return geminiPart(part, model);
		default:
			return null;
	}
}

function imageTokens({ provider, traits }: Pick<Model, "provider" | "traits">): number {
	return traits.image_tokens ?? IMAGE_TOKENS[provider] ?? ANY_IMAGE_TOKENS;
}

function unbounded(): Attachment {
	return { payload: null, tokens: Number.POSITIVE_INFINITY, sounds: true };
}

function image(payload: Attachment["payload"], model: Pick<Model, "provider" | "traits">): Attachment {
	return { payload, tokens: imageTokens(model), sounds: false };
}

/** Whether what is of a media type may be heard; all may that is of none. */
function isHeard(type: string): boolean {
	return !/^(?:text|image)\/|^application\/pdf/.test(type);
}

function file(payload: readonly [object, string], type: string, data: unknown): Attachment {
	const isReadable = typeof data === "string" && (type.startsWith("audio/") || type.startsWith("text/"));
	// Base64 is longer than what it holds, and percent-encoded text is as well.
	const bytes = isReadable ? data.length : Number.POSITIVE_INFINITY;
	return { payload, tokens: Math.max(bytes, MIN_FILE_TOKENS), sounds: isHeard(type) };
}

/** A file in OpenAI's words: a data URL, an id or a link. */
function fileOf(holder: Record<string, unknown>): Attachment {
	const data = holder.file_data;
	if (typeof data !== "string") return unbounded();
	return file([holder, "file_data"], /^data:([^;,]*)/.exec(data)?.[1] ?? "", data);
}

/** Anthropic's source of a document: text as it is, or something encoded or out of sight. */
function documentOf(source: Json | undefined): Attachment {
	if (isObject(source) && source.type === "text") return { payload: null, tokens: MIN_FILE_TOKENS, sounds: false };
	return { payload: dataOf(source), tokens: Number.POSITIVE_INFINITY, sounds: false };
}

function dataOf(source: Json | undefined): Attachment["payload"] {
	return isObject(source) && source.type === "base64" ? [source, "data"] : null;
}

function geminiPart(part: JsonObject, model: Pick<Model, "provider" | "traits">): Attachment | null {
	const { inlineData, fileData } = part;
	if (isObject(inlineData)) {
		const type = typeof inlineData.mimeType === "string" ? inlineData.mimeType : "";
		if (type.startsWith("image/")) return image([inlineData, "data"], model);
		return file([inlineData, "data"], type, inlineData.data);
	}
	if (!isObject(fileData)) return null;
	const type = typeof fileData.mimeType === "string" ? fileData.mimeType : "";
	return type.startsWith("image/") ? image(null, model) : { ...unbounded(), sounds: isHeard(type) };
}
