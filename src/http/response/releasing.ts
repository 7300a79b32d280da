// Lets go of a large body when the answer to its request has ended.
import type { RequestBody } from "#http/request/body";

/** The answer, after whose last byte, or when the caller leaves before, `body` is released. */
export function releasing(answer: Response, body: Pick<RequestBody, "release">, caller: AbortSignal): Response {
	const release = () => body.release();
	caller.addEventListener("abort", release);
	if (caller.aborted || answer.body === null) release();
	if (answer.body === null) return answer;
	const reader: ReadableStreamDefaultReader<Uint8Array> = answer.body.getReader();
	const source: UnderlyingSource<Uint8Array> = {
		async pull(controller) {
			try {
				const { done, value } = await reader.read();
				if (!done) return controller.enqueue(value);
				release();
				controller.close();
			} catch (error) {
				release();
				controller.error(error);
			}
		},
		cancel(reason) {
			release();
			return reader.cancel(reason);
		},
	};
	return new Response(new ReadableStream(source, { highWaterMark: 0 }), answer);
}
