// A form, or a file, as the body of a request.
import type { WrittenForm } from "#lib/multipart";

/**
 * The pieces of a form one after another as a body whose length is told ahead: many servers take no other. Each piece
 * goes out from where it is, so that no file is in memory twice.
 */
export function formStream({ pieces, length }: Pick<WrittenForm, "pieces" | "length">): ReadableStream<Uint8Array> {
	const { readable, writable } = new FixedLengthStream(length);
	// A connection that breaks fails the fetch, which tells of it.
	write(pieces, writable.getWriter()).catch(() => {});
	return readable;
}

async function write(pieces: readonly Uint8Array[], writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
	for (const piece of pieces) await writer.write(piece);
	await writer.close();
}
