/**
 * A prototype: every piece of a stream is passed on in JavaScript, unparsed. What it takes beyond `pipe.js` is the price
 * of waking JavaScript for each piece.
 */
import { governed, Ledger } from "./ledger.js";

export { Ledger };

export default governed((body, end) => {
	const reader = body.getReader();
	/** @type {UnderlyingSource<Uint8Array>} */
	const source = {
		async pull(controller) {
			const { done, value } = await reader.read();
			if (done) {
				end();
				controller.close();
			} else controller.enqueue(value);
		},
	};
	return new ReadableStream(source, { highWaterMark: 0 });
});
