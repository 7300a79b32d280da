/** How a body comes over the wire, as a list of cues: its frames, and what a fault makes of them. */

import type { Frame } from "#simulator/wire/wire";
import type { Disruption, Strike } from "./faults";

export type Cue =
	| { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly tokens: number }
	| { readonly kind: "pause"; readonly ms: number }
	/** Nothing comes any more, and the connection stays open. */
	| { readonly kind: "hang" }
	/** The connection breaks. */
	| { readonly kind: "break" };

const encoder = new TextEncoder();
/** No UTF-8, no JSON, no event. */
const GARBAGE = new Uint8Array([
	...encoder.encode('data: {"choices":[{"del\n\ndata: '),
	0xff,
	0xfe,
	0x00,
	0xc3,
	0x28,
	0x0a,
	0x0a,
]);

/** The cues of a body under what strikes it. `errorFrame` is the vendor's last word when it fails midway. */
export function script(frames: readonly Frame[], strike: Strike, errorFrame: string): Cue[] {
	const { disruption, chunkMs } = strike;
	const at = disruption === null ? frames.length : strikesAt(frames, disruption);
	const cues: Cue[] = [];
	for (const frame of frames.slice(0, at)) {
		const bytes = bytesOf(frame);
		if (chunkMs > 0 && bytes.length > 0) cues.push({ kind: "pause", ms: chunkMs });
		cues.push({ kind: "bytes", bytes, tokens: frame.tokens });
	}
	switch (disruption?.fault) {
		case "hang_after_headers":
			cues.push({ kind: "hang" });
			break;
		case "cut_mid_stream": {
			const next = frames[at] === undefined ? new Uint8Array() : bytesOf(frames[at]);
			cues.push({ kind: "bytes", bytes: next.subarray(0, next.length >> 1), tokens: 0 }, { kind: "break" });
			break;
		}
		case "error_frame":
			cues.push({ kind: "bytes", bytes: encoder.encode(errorFrame), tokens: 0 });
			break;
		case "garbage":
			cues.push({ kind: "bytes", bytes: GARBAGE, tokens: 0 });
			break;
	}
	return cues;
}

function bytesOf({ text, bytes }: Frame): Uint8Array {
	return bytes ?? encoder.encode(text);
}

/** The index of the first frame that is not sent whole. */
function strikesAt(frames: readonly Frame[], disruption: Disruption): number {
	if (disruption.fault === "garbage" && disruption.after === undefined) return 0;
	if (disruption.fault === "says_nothing") return frames.length;
	const content = frames.flatMap((frame, index) => (bytesOf(frame).length > 0 && frame.tokens > 0 ? [index] : []));
	const wanted = "after" in disruption ? disruption.after : undefined;
	const after = Math.min(wanted ?? Math.ceil(content.length / 2), content.length);
	// What ends the answer never arrives, even after the last piece of content.
	return after === 0 ? (content[0] ?? 0) : (content[after - 1] ?? 0) + 1;
}
