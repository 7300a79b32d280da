// Reads out of a batch's output what each of its lines truly cost.

import { UpstreamError } from "#core/fault";
import { isObject, parseJson } from "#lib/json";
import { decodeUtf8, joinedBytes } from "#lib/text-bytes";
import type { BatchLine, Tariff } from "#metering/batch";
import { costOf } from "#metering/cost";
import type { NativeEndpoint } from "#operations/native/endpoint";

/** The longest line that is read, in bytes: no answer of a model is longer. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const NEWLINE = 0x0a;
/** The gateway believes no figures beyond this many times the most that a line can cost. */
const MAX_OVERRUN = 2;

/** The lines of a file as it comes, of which only one is held at a time. Throws what reading throws, and RangeError. */
export async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
	const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
	let pieces: Uint8Array[] = [];
	let size = 0;
	const line = (): string => {
		const bytes = joinedBytes(pieces);
		pieces = [];
		size = 0;
		return decodeUtf8(bytes) ?? "";
	};
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		let from = 0;
		for (let end = value.indexOf(NEWLINE); end !== -1; end = value.indexOf(NEWLINE, from)) {
			pieces.push(value.subarray(from, end));
			size += end - from;
			from = end + 1;
			yield line();
		}
		// A piece may be written over by the next read.
		if (from < value.byteLength) pieces.push(value.slice(from));
		size += value.byteLength - from;
		if (size > MAX_LINE_BYTES) {
			await reader.cancel();
			throw new RangeError("a line of the batch's output is too long");
		}
	}
	if (size > 0) yield line();
}

/** What a line came to, in nano-dollars; null for one of which nothing tells, which stays at its estimate. */
interface LineCost {
	readonly customId: string;
	readonly cost: number | null;
}

/** Reads one line of the output; null for what is none. A request that was refused, or never run, costs nothing. */
export function lineCost(
	text: string,
	endpoint: NativeEndpoint,
	lines: ReadonlyMap<string, BatchLine>,
	tariffs: Readonly<Record<string, Tariff>>,
	at: number,
): LineCost | null {
	const written = parseJson(text);
	if (!isObject(written) || typeof written.custom_id !== "string") return null;
	const customId = written.custom_id;
	const line = lines.get(customId);
	if (line === undefined) return null;
	const { response } = written;
	if (!isObject(response)) return { customId, cost: 0 };
	const status = response.status_code;
	if (typeof status === "number" && status >= 400) return { customId, cost: 0 };
	const usage = usageOf(response.body, endpoint);
	const tariff = tariffs[line.model];
	const cost = usage === null || tariff === undefined ? null : costOf(usage, tariff, at);
	const isBelieved = cost !== null && cost <= (line.charged ?? 0) * MAX_OVERRUN;
	return { customId, cost: isBelieved ? cost : null };
}

function usageOf(body: unknown, { meter }: NativeEndpoint) {
	try {
		return meter.whole(body).usage;
	} catch (error) {
		if (error instanceof UpstreamError) return null;
		throw error;
	}
}
