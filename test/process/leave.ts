// A caller that asks and leaves, before or in the middle of an answer.
import type { Gateway } from "./gateway";

/** When a caller leaves. */
export interface Leaving {
	/** Milliseconds after asking, for those who do not wait for anything. */
	readonly after?: number | undefined;
	/** Told of each event of a stream, and how many pieces of content there were by then. */
	readonly leaves?: ((event: string, pieces: number) => boolean) | undefined;
}

/** Asks and leaves. Returns whether it left: false when the answer ended first, well or not. */
export async function leave(gateway: Gateway, key: string, asked: object, leaving: Leaving): Promise<boolean> {
	const { after, leaves } = leaving;
	const gone = new AbortController();
	const timer = after === undefined ? undefined : setTimeout(() => gone.abort(), after);
	try {
		const headers = { authorization: `Bearer ${key}` };
		const response = await gateway.chat(asked, { headers, signal: gone.signal });
		let [pieces, rest] = [0, ""];
		const decoder = new TextDecoder();
		for await (const bytes of response.body ?? []) {
			const events = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
			rest = events.pop() ?? "";
			for (const event of events) {
				if (event.includes('"content":"')) pieces++;
				if (leaves?.(event, pieces)) gone.abort();
			}
		}
	} catch (error) {
		if (!gone.signal.aborted) throw error;
	} finally {
		clearTimeout(timer);
	}
	return gone.signal.aborted;
}
