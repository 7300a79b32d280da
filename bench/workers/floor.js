/**
 * The least that a gateway can do that reads streams: each event is parsed and written again. What Tollgate takes beyond
 * it is Tollgate's own work.
 */
import { governed, Ledger } from "./ledger.js";

export { Ledger };

export default governed((body, end) => {
	const reader = body.getReader({ mode: "byob" });
	let buffer = new ArrayBuffer(16 * 1024);
	const decoder = new TextDecoder();
	const encoder = new TextEncoder();
	let rest = "";
	/** @type {UnderlyingSource<Uint8Array>} */
	const source = {
		async pull(controller) {
			const { done, value } = await reader.read(new Uint8Array(buffer));
			if (done) {
				end();
				controller.close();
				return;
			}
			buffer = value.buffer;
			const texts = (rest + decoder.decode(value, { stream: true })).split("\n\n");
			rest = texts.pop() ?? "";
			controller.enqueue(encoder.encode(texts.map(again).join("")));
		},
	};
	return new ReadableStream(source, { highWaterMark: 0 });
});

/** @param {string} event */
function again(event) {
	const data = event.slice("data: ".length);
	return data === "[DONE]" ? `${event}\n\n` : `data: ${JSON.stringify(JSON.parse(data))}\n\n`;
}
