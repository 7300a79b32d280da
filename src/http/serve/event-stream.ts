// Writes a streamed answer as the bytes of an event stream, or of sound, with an honest end.
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
	/** Called with all that is written, whole events at a time; absent when nothing of it is kept, and for sound. */
	onText?(text: string): void;
	/** The stream has ended, with an error event unless it is null. */
	onEnd(error: ErrorDetails | null): void;
	/** The caller reads no further. */
	onLeave(): void;
}

const UTF_8 = new TextEncoder();
const DECODER = new TextDecoder();

/** The answer as bytes. Ends with an error event, never as if complete, when the upstream fails on the way. */
export function eventStream(
	stream: GatedStream,
	{ renderer, requestId, explain, onText, onEnd, onLeave }: Writing,
): ReadableStream<Uint8Array> {
	const written = (piece: string | Uint8Array): Uint8Array => {
		if (typeof piece !== "string") {
			onText?.(DECODER.decode(piece));
			return piece;
		}
		onText?.(piece);
		return UTF_8.encode(piece);
	};
	const source: UnderlyingSource<Uint8Array> = {
		async pull(controller) {
			try {
				// A pull must enqueue something or it is not called again.
				for (let hasWritten = false; !hasWritten; ) {
					const chunks = await stream.next();
					if (chunks === null) {
						const { usage, cost } = stream.bill();
						const end = renderer.end(usage, cost);
						if (end !== "") controller.enqueue(written(end));
						controller.close();
						onEnd(null);
						return;
					}
					const pieces = chunks === "silent" ? [renderer.silence()] : chunks.map((chunk) => renderer.chunk(chunk));
					for (const piece of joined(pieces)) {
						controller.enqueue(written(piece));
						hasWritten = true;
					}
				}
			} catch (error) {
				// What failed may be the writing of an answer that still comes.
				stream.cancel();
				const details = explain(error);
				const last = renderer.error(details, requestId);
				if (last === null) controller.error(new Error("the answer broke off"));
				else {
					controller.enqueue(written(last));
					controller.close();
				}
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

/** Texts that follow one another as one; without what is empty. */
function joined(pieces: readonly (string | Uint8Array)[]): readonly (string | Uint8Array)[] {
	const [only] = pieces;
	if (pieces.length === 1 && only !== undefined) return only.length === 0 ? [] : pieces;
	const parts: (string | Uint8Array)[] = [];
	let text = "";
	for (const piece of pieces) {
		if (typeof piece === "string") text += piece;
		else if (piece.length > 0) {
			if (text !== "") parts.push(text);
			text = "";
			parts.push(piece);
		}
	}
	if (text !== "") parts.push(text);
	return parts;
}
