// Writes a streamed answer as the bytes of an event stream, with an honest end.
import type { ErrorDetails } from "#core/errors";
import type { RequestId } from "#core/ids";
import type { StreamRenderer } from "#faces/face";
import type { GatedStream } from "#gateway/upstream/gated-stream";

/** What a streamed answer is written with. */
interface Writing {
	readonly renderer: StreamRenderer;
	readonly requestId: RequestId;
	/** What the caller is told of an error. */
	explain(error: unknown): ErrorDetails;
	/** Called with all that is written; absent when nothing of it is kept. */
	onText?(text: string): void;
	/** The stream has ended, with an error event unless it is null. */
	onEnd(error: ErrorDetails | null): void;
	/** The caller reads no further. */
	onLeave(): void;
}

const UTF_8 = new TextEncoder();

/** The answer as bytes. Ends with an error event, never as if complete, when the upstream fails on the way. */
export function eventStream(
	stream: GatedStream,
	{ renderer, requestId, explain, onText, onEnd, onLeave }: Writing,
): ReadableStream<Uint8Array> {
	const written = (text: string): Uint8Array => {
		onText?.(text);
		return UTF_8.encode(text);
	};
	const source: UnderlyingSource<Uint8Array> = {
		async pull(controller) {
			try {
				// A pull must enqueue something or it is not called again.
				for (let text = ""; text === ""; ) {
					const chunks = await stream.next();
					if (chunks === null) {
						const { usage, cost } = stream.bill();
						controller.enqueue(written(renderer.end(usage, cost)));
						controller.close();
						onEnd(null);
						return;
					}
					text = chunks === "silent" ? renderer.silence() : chunks.map((chunk) => renderer.chunk(chunk)).join("");
					if (text !== "") controller.enqueue(written(text));
				}
			} catch (error) {
				// What failed may be the writing of an answer that still comes.
				stream.cancel();
				const details = explain(error);
				controller.enqueue(written(renderer.error(details, requestId)));
				controller.close();
				onEnd(details);
			}
		},
		cancel() {
			stream.cancel();
			onLeave();
		},
	};
	// Nothing is read ahead of the caller: the runtime would ask once more for each piece.
	return new ReadableStream(source, { highWaterMark: 0 });
}
