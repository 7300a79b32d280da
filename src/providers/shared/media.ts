// Reads images and files that travel inside a request, or that it names by a link.
import type { Model } from "#catalog/model";
import type { Message } from "#core/chat/chat";
import { invalidRequest, quoted, unsupportedParameter } from "#core/errors";

/** Content that travels inside a request. */
export interface InlineData {
	/** As vendors know it. */
	mimeType: string;
	/** Base64. */
	data: string;
}

/** The images that OpenAI, Anthropic and OpenRouter take. */
export const COMMON_IMAGES: readonly string[] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** Names that senders use for a media type and that vendors do not know. */
const SAME_TYPE: Readonly<Record<string, string>> = {
	"image/jpg": "image/jpeg",
	"image/pjpeg": "image/jpeg",
	"image/x-png": "image/png",
	"audio/wave": "audio/wav",
	"audio/x-wav": "audio/wav",
	"application/x-pdf": "application/pdf",
};

/** A media type as vendors know it. */
export function normalType(type: string): string {
	const lower = type.trim().toLowerCase();
	return SAME_TYPE[lower] ?? lower;
}

const DATA_URL = /^data:([^;,]*)((?:;[^;,]*)*),/i;
/** A data URL that needs nothing done to it, unless its type goes by another name. */
const NORMAL_URL = /^data:([a-z0-9.+-]+\/[a-z0-9.+-]+);base64,(?=.)/;

/**
 * Reads a data URL, its media type as vendors know it; null when `url` is none. Throws `GatewayError` when it is one
 * that cannot be read.
 */
export function readDataUrl(url: string, param: string): InlineData | null {
	if (!isDataUrl(url)) return null;
	const match = DATA_URL.exec(url);
	const [head = "", mimeType = "", parameters = ""] = match ?? [];
	const payload = url.slice(head.length);
	if (match === null || payload === "") throw invalidRequest("this data URL cannot be read", param);
	const data = /;\s*base64\s*$/i.test(parameters) ? payload : encodedPayload(payload, param);
	return { mimeType: normalType(mimeType) || "text/plain", data };
}

/** A data URL with its media type as vendors know it and its content as base64; another link as it is. */
export function normalUrl(url: string, param: string): string {
	const normal = NORMAL_URL.exec(url)?.[1];
	if (normal !== undefined && SAME_TYPE[normal] === undefined) return url;
	const inline = readDataUrl(url, param);
	return inline === null ? url : `data:${inline.mimeType};base64,${inline.data}`;
}

function isDataUrl(url: string): boolean {
	return url.slice(0, 5).toLowerCase() === "data:";
}

/**
 * Checks that a vendor takes a media type; `taken` may hold ranges such as `text/*`. Throws `GatewayError` that names
 * the type and those that it takes.
 */
export function checkType(type: string, taken: readonly string[], param: string, model: Model): void {
	if (taken.some((one) => one === type || (one.endsWith("/*") && type.startsWith(one.slice(0, -1))))) return;
	throw unsupportedParameter(
		param,
		`${model.provider}/${model.id} does not take the media type ${quoted(type)}, only ${taken.join(", ")}`,
	);
}

/** Percent-encoded text, the other form of data URLs, as base64. */
function encodedPayload(payload: string, param: string): string {
	try {
		let binary = "";
		for (const byte of new TextEncoder().encode(decodeURIComponent(payload))) binary += String.fromCharCode(byte);
		return btoa(binary);
	} catch {
		throw invalidRequest("this data URL cannot be read", param);
	}
}

/** Checks a link that is handed to the upstream, which fetches it. Throws `GatewayError`. */
export function remoteUrl(url: string, param: string): URL {
	const parsed = URL.parse(url);
	if (parsed?.protocol === "https:" || parsed?.protocol === "http:") return parsed;
	throw invalidRequest("this must be an https URL or a data URL", param);
}

const TYPES: Readonly<Record<string, string>> = {
	png: "image/png",
	jpg: "image/jpeg",
	jpeg: "image/jpeg",
	webp: "image/webp",
	gif: "image/gif",
	heic: "image/heic",
	heif: "image/heif",
	mp4: "video/mp4",
	mov: "video/quicktime",
	webm: "video/webm",
	pdf: "application/pdf",
};

/** The media type that a link's file name suggests. */
export function typeOfUrl(url: URL, fallback: string): string {
	const extension = /\.([a-z0-9]+)$/i.exec(url.pathname)?.[1] ?? "";
	return TYPES[extension.toLowerCase()] ?? fallback;
}

/** The media type of an image's link, as far as it tells; null for a link that is neither http nor a data URL. */
export function typeOfImage(url: string): string | null {
	if (isDataUrl(url)) return normalType(DATA_URL.exec(url)?.[1] ?? "");
	const parsed = URL.parse(url);
	return parsed?.protocol === "https:" || parsed?.protocol === "http:" ? typeOfUrl(parsed, "image/jpeg") : null;
}

/** Whether a file is named by a link, which few vendors follow. */
export function hasLinkedFile(messages: readonly Message[]): boolean {
	return linkedFile(messages) !== null;
}

/** Throws `GatewayError` 400 for the first link to a file, for a protocol that has no form for one. */
export function refuseLinkedFiles(messages: readonly Message[], model: Model): void {
	const path = linkedFile(messages);
	if (path === null) return;
	throw unsupportedParameter(
		path,
		`${model.provider}/${model.id} does not follow links to files; send the file as a data URL in \`file_data\``,
	);
}

/** The path of the first; null for none. */
function linkedFile(messages: readonly Message[]): string | null {
	for (const [at, { content }] of messages.entries()) {
		if (!Array.isArray(content)) continue;
		for (const [index, part] of content.entries()) {
			if (part.type === "file" && part.file.file_url !== undefined)
				return `messages[${at}].content[${index}].file.file_url`;
		}
	}
	return null;
}
