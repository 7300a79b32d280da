// Reads the bodies of requests and answers within a bound.
import { joinedBytes } from "#lib/text-bytes";

/** The part of a request or response that is read here. */
interface Message {
	readonly headers: Headers;
	readonly body: ReadableStream<Uint8Array> | null;
	text(): Promise<string>;
}

/** Reads at most `limit` bytes of a body; cancels the rest and returns null when there is more. */
export async function readBytes({ body }: Message, limit: number): Promise<Uint8Array | null> {
	if (body === null) return new Uint8Array();
	const pieces: Uint8Array[] = [];
	let size = 0;
	const reader = body.getReader();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		size += value.byteLength;
		if (size > limit) {
			await reader.cancel();
			return null;
		}
		pieces.push(value);
	}
	return joinedBytes(pieces);
}

/** Reads at most `limit` bytes of a body as UTF-8 text; cancels the rest and returns null when there is more. */
export async function readText(message: Message, limit: number): Promise<string | null> {
	const { headers } = message;
	// A body of declared length cannot be longer, because the length frames it; the runtime reads it in one go, without a
	// stream.
	const declared = headers.get("content-length");
	if (declared !== null && headers.get("content-encoding") === null && Number(declared) <= limit) return message.text();
	const { body } = message;
	if (body === null) return "";
	const decoder = new TextDecoder();
	let text = "";
	let size = 0;
	const reader = body.getReader();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return text + decoder.decode();
		size += value.byteLength;
		if (size > limit) {
			await reader.cancel();
			return null;
		}
		text += decoder.decode(value, { stream: true });
	}
}
