// Delivers a simulated answer over time, with the scripted fault: late, slow, cut off, or never.
import { append } from "#lib/list";
import { sleep } from "#lib/sleep";
import { Cutter } from "./pieces";
import type { Cue } from "./script";

/** Never resolves unless `signal` aborts. A pending timer keeps the runtime from giving the request up. */
export async function hang(signal: AbortSignal): Promise<void> {
	while (!signal.aborted) await sleep(60_000, signal);
}

/** What a caller's fetch throws when the connection breaks. */
export function connectionLost(): Error {
	return Object.assign(new Error("Network connection lost."), { retryable: true });
}

/**
 * The body that the cues describe, produced no faster than it is read. `settle` is called once, with the tokens
 * produced by then: before the last bytes leave, or when the reader goes away.
 */
export function deliver(cues: readonly Cue[], settle: (tokens: number) => Promise<void>): ReadableStream<Uint8Array> {
	const cutter = new Cutter();
	const gone = new AbortController();
	const total = cues.reduce((sum, cue) => sum + (cue.kind === "bytes" ? cue.tokens : 0), 0);
	// Pieces go out as the network would have them unless their timing is what matters.
	const isTimed = cues.some((cue) => cue.kind === "pause");
	const waiting: Uint8Array[] = [];
	let next = 0;
	let produced = 0;
	let isSettled = false;
	const settleOnce = async () => {
		if (isSettled) return;
		isSettled = true;
		await settle(produced);
	};

	return new ReadableStream({
		type: "bytes",
		async pull(controller) {
			while (waiting.length === 0) {
				if (produced === total) await settleOnce();
				const cue = cues[next++];
				if (cue === undefined) {
					append(waiting, cutter.end());
					if (waiting.length > 0) break;
					controller.close();
					controller.byobRequest?.respond(0);
					return;
				}
				if (cue.kind === "bytes") {
					produced += cue.tokens;
					append(waiting, cutter.push(cue.bytes, isTimed));
				} else if (cue.kind === "pause") await sleep(cue.ms, gone.signal);
				else if (cue.kind === "hang") await hang(gone.signal);
				else return controller.error(connectionLost());
				if (gone.signal.aborted) return;
			}
			const piece = waiting.shift();
			if (produced === total) await settleOnce();
			if (piece !== undefined && !gone.signal.aborted) controller.enqueue(piece);
		},
		cancel() {
			gone.abort();
			return settleOnce();
		},
	});
}
