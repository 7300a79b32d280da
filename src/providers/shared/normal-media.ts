/** Media of a conversation in one form, for protocols that hand links and data URLs on as they are. */
import type { Model } from "#catalog/model";
import type { Message, UserPart } from "#core/chat/chat";
import { changed } from "#lib/list";
import { checkType, normalUrl } from "./media";

/**
 * The conversation with its data URLs in the form that vendors read, their media types as vendors know them; itself
 * where all are. `images` are the types of images that the vendor takes; null where it does not say. Throws
 * `GatewayError` for a data URL that cannot be read, and for an image that the vendor does not take.
 */
export function normalMedia(
	messages: readonly Message[],
	images: readonly string[] | null,
	model: Model,
): readonly Message[] {
	return changed(messages, (message, at) => {
		if ((message.role !== "user" && message.role !== "tool") || typeof message.content === "string") return message;
		const parts: readonly UserPart[] = message.content;
		const content = changed(parts, (part, index) => {
			const param = `messages[${at}].content[${index}]`;
			return normalPart(part, images, param, model);
		});
		return content === parts ? message : ({ ...message, content } as Message);
	});
}

function normalPart(part: UserPart, images: readonly string[] | null, param: string, model: Model): UserPart {
	switch (part.type) {
		case "image_url": {
			const url = normalUrl(part.image_url.url, `${param}.image_url.url`);
			const isInline = url.startsWith("data:");
			if (images !== null && isInline)
				checkType(url.slice(5, url.indexOf(";")), images, `${param}.image_url.url`, model);
			return url === part.image_url.url ? part : { ...part, image_url: { ...part.image_url, url } };
		}
		case "video_url": {
			const url = normalUrl(part.video_url.url, `${param}.video_url.url`);
			return url === part.video_url.url ? part : { ...part, video_url: { ...part.video_url, url } };
		}
		case "file": {
			const { file_data: data } = part.file;
			if (data === undefined) return part;
			const normal = normalUrl(data, `${param}.file.file_data`);
			return normal === data ? part : { ...part, file: { ...part.file, file_data: normal } };
		}
		default:
			return part;
	}
}
