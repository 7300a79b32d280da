/** Texts as bytes of UTF-8: how many they are, how their pieces join, and which texts they make. */
import { Buffer } from "node:buffer";

const UTF_8 = new TextEncoder();
/** The most bytes that UTF-8 takes for one UTF-16 unit. */
const BYTES_PER_UNIT = 3;

/** Pieces of bytes put together. */
export function joinedBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
	const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.byteLength, 0));
	let at = 0;
	for (const piece of pieces) {
		whole.set(piece, at);
		at += piece.byteLength;
	}
	return whole;
}

export function byteLength(text: string): number {
	return Buffer.byteLength(text);
}

/** The beginning of a text in at most `most` bytes, without a part of a character at its end. */
export function cutToBytes(text: string, most: number): string {
	if (text.length * BYTES_PER_UNIT <= most) return text;
	return text.slice(0, UTF_8.encodeInto(text, new Uint8Array(most)).read);
}

/** Keeps nothing between whole texts, so one serves all. */
const STRICT_UTF_8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** Bytes as text, without a byte order mark; null where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
	try {
		return STRICT_UTF_8.decode(bytes);
	} catch {
		return null;
	}
}

/**
 * The same of bytes that come in pieces, each of which is gone as soon as it is decoded: of a long text no two copies
 * are held.
 */
export function decodePieces(pieces: Uint8Array[]): string | null {
	if (pieces.length <= 1) return decodeUtf8(pieces.pop() ?? new Uint8Array());
	const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
	let text = "";
	try {
		pieces.reverse();
		for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
			text += decoder.decode(piece, { stream: true });
		}
		return text + decoder.decode();
	} catch {
		return null;
	}
}

/** Bytes in base64. */
export function base64Of(bytes: Uint8Array): string {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** What base64 holds, in either of its alphabets, as far as it is base64. */
export function base64Bytes(text: string): Uint8Array {
	return Buffer.from(text, "base64");
}

/** What two texts of base64 hold, one after the other, as one. */
export function joinedBase64(first: string, second: string): string {
	// Only at a whole group of letters one text may simply follow the other.
	if (first.length % 4 === 0 && !first.endsWith("=")) return first + second;
	return Buffer.concat([Buffer.from(first, "base64"), Buffer.from(second, "base64")]).toString("base64");
}

/** Bytes without each place where other bytes stand, in the memory that they are in. */
export function withoutEach(bytes: Uint8Array, others: Uint8Array): Uint8Array {
	const { length } = others;
	let left = 0;
	let from = 0;
	for (let at = place(bytes, others, 0); at !== -1; at = place(bytes, others, from)) {
		bytes.copyWithin(left, from, at);
		left += at - from;
		from = at + length;
	}
	if (from === 0) return bytes;
	bytes.copyWithin(left, from);
	return bytes.subarray(0, left + bytes.length - from);
}

/** Where some bytes stand in others, from a place on; -1 where they do not. */
function place(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
	const last = bytes.length - wanted.length;
	const [first] = wanted;
	for (let at = from; at <= last; at++) {
		if (bytes[at] !== first) continue;
		let same = 1;
		while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
		if (same === wanted.length) return at;
	}
	return -1;
}
