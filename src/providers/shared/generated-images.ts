/** Pictures that models made, on their way back in an assistant's turns. */
import type { AssistantMessage, GeneratedImage, Message } from "#core/chat/chat";
import { isObject } from "#lib/json";
import { changed } from "#lib/list";

/** Stands for the pictures of a turn that had nothing else: without it the turns would no longer alternate. */
const PLACEHOLDER = "(The assistant answered with a picture.)";
/** How pictures that are left out are named to the caller. */
const FIELD = "messages[].images";

/** The pictures of a turn that can be read as such. */
export function generatedImages({ images = [] }: Pick<AssistantMessage, "images">): GeneratedImage[] {
	return images.filter(isGeneratedImage);
}

function isGeneratedImage(image: unknown): image is GeneratedImage {
	return isObject(image) && isObject(image.image_url) && typeof image.image_url.url === "string";
}

/** Gemini's signature of a picture; undefined where it has none. */
export function imageSignature({ extra_content: extra }: GeneratedImage): string | undefined {
	const google = isObject(extra) ? extra.google : undefined;
	const signature = isObject(google) ? google.thought_signature : undefined;
	return typeof signature === "string" && signature !== "" ? signature : undefined;
}

/**
 * The conversation with those of its generated pictures that a vendor takes back; itself where it takes all. The others
 * are named in `dropped`, and a turn that had nothing else says so.
 */
export function withReturnedImages(
	messages: readonly Message[],
	takes: (image: GeneratedImage) => boolean,
	dropped: string[],
): readonly Message[] {
	let isComplete = true;
	const kept = changed(messages, (message) => {
		if (message.role !== "assistant" || message.images === undefined) return message;
		const images = generatedImages(message).filter(takes);
		if (images.length === message.images.length && images.length > 0) return message;
		if (images.length < message.images.length) isComplete = false;
		const { images: _, ...rest } = message;
		if (images.length > 0) return { ...rest, images };
		return message.images.length === 0 || saysMore(rest) ? rest : { ...rest, content: PLACEHOLDER };
	});
	if (!isComplete) dropped.push(FIELD);
	return kept;
}

/** The conversation without generated pictures, for a vendor that takes none back. */
export function withoutImages(messages: readonly Message[], dropped: string[]): readonly Message[] {
	return withReturnedImages(messages, () => false, dropped);
}

function saysMore({ content, refusal, tool_calls: calls = [], audio }: AssistantMessage): boolean {
	const texts =
		typeof content === "string"
			? [content]
			: (content ?? []).map((part) => (part.type === "text" ? part.text : part.refusal));
	return [...texts, refusal ?? ""].some((text) => text.trim() !== "") || calls.length > 0 || audio !== undefined;
}
