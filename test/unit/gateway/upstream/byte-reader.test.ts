import { describe, expect, it } from "vitest";
import { byteReaderOf } from "#gateway/upstream/byte-reader";

const BYTES = Uint8Array.from({ length: 100_000 }, (_, at) => (at * 7) % 251);

/** A body that gives `size` bytes at a time; `cancelled` says whether it was let go. */
function body(type: "bytes" | undefined, size: number) {
	let at = 0;
	const state = { cancelled: false };
	const source = {
		pull(controller: ReadableByteStreamController | ReadableStreamDefaultController<Uint8Array>) {
			if (at < BYTES.length) controller.enqueue(BYTES.slice(at, at + size));
			else {
				controller.close();
				(controller as ReadableByteStreamController).byobRequest?.respond(0);
			}
			at += size;
		},
		cancel() {
			state.cancelled = true;
		},
	};
	const stream = type === "bytes" ? new ReadableStream({ type, ...source }) : new ReadableStream(source);
	return { stream: stream as ReadableStream<Uint8Array>, state };
}

describe.each(["bytes", undefined] as const)("the pieces of a body of type %s", (type) => {
	it.each([1_000, 64 * 1024, 200_000])("are all of it, when it comes by %d bytes", async (size) => {
		const pieces = byteReaderOf(body(type, size).stream);
		const read: number[] = [];
		for (let piece = await pieces.next(); piece !== null; piece = await pieces.next()) {
			expect(piece.length).toBeGreaterThan(0);
			read.push(...piece);
		}
		expect(read).toEqual([...BYTES]);
		expect(await pieces.next()).toBeNull();
	});

	it("can be let go of in the middle", async () => {
		const { stream, state } = body(type, 10);
		const pieces = byteReaderOf(stream);
		await pieces.next();
		await pieces.cancel();
		expect(state.cancelled).toBe(true);
	});
});
