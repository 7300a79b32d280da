/**
 * A prototype: JavaScript reads a stream until its first content; from then on the runtime pipes it, and a copy is looked
 * at by the clock. It shows what the platform takes when JavaScript does not wake for each piece; it keeps none of the
 * promises about ends, because the last events, which differ for each caller, are piped too.
 */
import { governed, Ledger } from "./ledger.js";

export { Ledger };

/** Milliseconds between two looks at the copy. */
const LOOK_MS = 500;
const CONTENT = /"(?:content|text|delta)":\s?"[^"]/;

export default governed(async (body, end, execution) => {
	const held = await untilContent(body);
	const { readable, writable } = new IdentityTransformStream();
	const [forCaller, copy] = body.tee();
	const piped = write(held, writable)
		.then(() => forCaller.pipeTo(writable))
		// The upstream broke off, or the caller left, which aborts the upstream: the copy says so too.
		.catch(() => {});
	execution.waitUntil(
		look(copy, piped)
			.catch(() => {})
			.finally(end),
	);
	return readable;
});

/**
 * @param {ReadableStream<Uint8Array>} body
 * @returns {Promise<Uint8Array[]>} what was read
 */
async function untilContent(body) {
	const reader = body.getReader();
	const decoder = new TextDecoder();
	const held = [];
	for (let text = ""; !CONTENT.test(text); ) {
		const { done, value } = await reader.read();
		if (done) break;
		held.push(value);
		text += decoder.decode(value, { stream: true });
	}
	reader.releaseLock();
	return held;
}

/**
 * @param {Uint8Array[]} held
 * @param {WritableStream<Uint8Array>} writable
 */
async function write(held, writable) {
	const writer = writable.getWriter();
	for (const bytes of held) await writer.write(bytes);
	writer.releaseLock();
}

/**
 * Reads the copy twice a second, and to its end once the pipe has ended.
 * @param {ReadableStream<Uint8Array>} copy
 * @param {Promise<void>} piped
 */
async function look(copy, piped) {
	const reader = copy.getReader({ mode: "byob" });
	let room = new ArrayBuffer(64 * 1024);
	for (;;) {
		await Promise.race([piped, scheduler.wait(LOOK_MS)]);
		const { done, value } = await reader.read(new Uint8Array(room));
		if (done) return;
		room = value.buffer;
	}
}
