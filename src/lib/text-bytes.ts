/** Sizes of texts: in bytes of UTF-8. */
import { Buffer } from "node:buffer";

const UTF_8 = new TextEncoder();
/** The most bytes that UTF-8 takes for one UTF-16 unit. */
const BYTES_PER_UNIT = 3;

export function byteLength(text: string): number {
	return Buffer.byteLength(text);
}

/** The beginning of a text in at most `most` bytes, without a part of a character at its end. */
export function cutToBytes(text: string, most: number): string {
	if (text.length * BYTES_PER_UNIT <= most) return text;
	return text.slice(0, UTF_8.encodeInto(text, new Uint8Array(most)).read);
}

/** Bytes in base64. */
export function base64Of(bytes: Uint8Array): string {
	let text = "";
	for (const byte of bytes) text += String.fromCharCode(byte);
	return btoa(text);
}
