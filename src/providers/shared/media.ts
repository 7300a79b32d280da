// Reads images and files that travel inside a request.
import { invalidRequest } from "#core/errors";

/** Content that travels inside a request. */
interface InlineData {
	mimeType: string;
	/** Base64. */
	data: string;
}

const DATA_URL = /^data:([^;,]*)((?:;[^;,]*)*),(.*)$/s;

/** Reads a data URL; null when `url` is none. Throws `GatewayError` when it is one that cannot be read. */
export function readDataUrl(url: string, param: string): InlineData | null {
	if (!url.startsWith("data:")) return null;
	const match = DATA_URL.exec(url);
	const [, mimeType = "", parameters = "", payload = ""] = match ?? [];
	if (match === null || payload === "") throw invalidRequest("this data URL cannot be read", param);
	const data = parameters.endsWith(";base64") ? payload : encodedPayload(payload, param);
	return { mimeType: mimeType === "" ? "text/plain" : mimeType, data };
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
