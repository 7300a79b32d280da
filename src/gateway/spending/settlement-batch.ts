// Gathers ended attempts and records into batches that fit, and splits a batch that was refused.
import type { EndedAttempt, EndedBatch } from "#core/key-object/settlement";
import { ENDED_BYTES, mostStoredBytes, TARGET_BATCH_BYTES, withoutLabels } from "#core/usage/record-size";
import type { RequestRecord } from "#core/usage/request-record";

/** The most attempts and records that are sent together. */
const BATCH = 100;

/** An attempt that ended, or a request. */
export type Ended = { readonly attempt: EndedAttempt } | { readonly request: RequestRecord };

/** What is sent together. */
export interface Sending {
	readonly ended: readonly Ended[];
	readonly batch: EndedBatch;
	/** Its record has lost its labels. */
	readonly isBare: boolean;
}

/** The batches for all that ended, sent at `sentAt` in milliseconds since the epoch, each as large as fits one row. */
export function sendingsOf(ended: readonly Ended[], sentAt: number, newId: () => string): Set<Sending> {
	const sendings = new Set<Sending>();
	let [from, bytes] = [0, 0];
	for (const [at, each] of ended.entries()) {
		const more = "attempt" in each ? ENDED_BYTES : mostStoredBytes(each.request);
		if (at > from && (at - from === BATCH || bytes + more > TARGET_BATCH_BYTES)) {
			sendings.add(sendingOf(ended.slice(from, at), sentAt, newId));
			[from, bytes] = [at, 0];
		}
		bytes += more;
	}
	return sendings.add(sendingOf(ended.slice(from), sentAt, newId));
}

/** What is sent instead of what was refused: its halves, or a record without its labels; nothing when it is least. */
export function smaller(sending: Sending, newId: () => string): Sending[] {
	const { ended, batch, isBare } = sending;
	const part = (some: readonly Ended[], bare: boolean) => sendingOf(some, batch.sentAt, newId, sending, bare);
	const [first] = ended;
	if (ended.length > 1) {
		const middle = ended.length >> 1;
		return [part(ended.slice(0, middle), false), part(ended.slice(middle), false)];
	}
	if (first === undefined || !("request" in first) || isBare) return [];
	return [part([{ request: withoutLabels(first.request) }], true)];
}

function sendingOf(
	ended: readonly Ended[],
	sentAt: number,
	newId: () => string,
	whole: Sending | null = null,
	isBare = false,
): Sending {
	const items = ended.flatMap((each) => ("attempt" in each ? [each.attempt] : []));
	const requests = ended.flatMap((each) => ("request" in each ? [each.request] : []));
	const partOf = whole === null ? {} : { partOf: [...(whole.batch.partOf ?? []), whole.batch.id] };
	return { ended, batch: { id: newId(), sentAt, items, requests, ...partOf }, isBare };
}
