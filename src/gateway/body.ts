/** Reads at most `limit` bytes of a body as UTF-8 text; cancels the rest and returns null when there is more. */
export async function readText(body: ReadableStream<Uint8Array> | null, limit: number): Promise<string | null> {
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
