// Bounds every text of a record in bytes, so that any batch of them can be stored.
import type { EndedBatch } from "#core/key-object/settlement";
import { byteLength, cutToBytes } from "#lib/text-bytes";
import type { RequestRecord } from "./request-record";

/** The most bytes of a name of 256 characters, which is what a caller may ask for. */
const NAME_BYTES = 768;
/** The same of `provider/model`. */
const TARGET_BYTES = 1_024;
const APP_BYTES = 128;
const SESSION_BYTES = 600;
const END_USER_BYTES = 512;
const CODE_BYTES = 64;
/** Labels have names of at most 64 and values of at most 256 characters. */
const LABEL_NAME_BYTES = 192;
const LABEL_VALUE_BYTES = 768;
const MAX_LABELS = 16;
/** How many candidates of a request the log keeps. */
const MAX_CANDIDATES = 32;
/** How many that could not serve it: a request for anything may leave out every model there is. */
const MAX_EXCLUDED = 16;
const REASON_BYTES = 64;

/** What goes together under one key, by `mostStoredBytes`. A stored row has two million bytes at most. */
export const TARGET_BATCH_BYTES = 900_000;
/** An object stores no more of the records of one batch: its row also holds what is counted of them. */
export const MAX_BATCH_BYTES = 1_500_000;

/** The most bytes that JSON takes for one UTF-16 unit: half of a pair is written as \uXXXX. */
const BYTES_PER_UNIT = 6;
/** What a record's ids, numbers and counts take at most. */
const RECORD_BYTES = 2_000;
/** The same of one of its attempts. */
const ATTEMPT_BYTES = 2_000;
/** What an attempt that ended takes at most when its charge is stored alone, with all its names. */
export const ENDED_BYTES = 6_000;

/** A record with every text cut to the size that the usage log allows, its caller's and its provider's alike. */
export function bounded(record: RequestRecord): RequestRecord {
	return {
		...record,
		app: cut(record.app, APP_BYTES),
		session: cut(record.session, SESSION_BYTES),
		endUser: cut(record.endUser, END_USER_BYTES),
		metadata: Object.fromEntries(
			Object.entries(record.metadata)
				.slice(0, MAX_LABELS)
				.map(([name, value]) => [cutToBytes(name, LABEL_NAME_BYTES), cutToBytes(value, LABEL_VALUE_BYTES)]),
		),
		requestedModel: cut(record.requestedModel, NAME_BYTES),
		alias: cut(record.alias, NAME_BYTES),
		candidates: record.candidates
			.slice(0, MAX_CANDIDATES)
			.map(({ target, score }) => ({ target: cutToBytes(target, TARGET_BYTES), score })),
		excluded: record.excluded.slice(0, MAX_EXCLUDED).map(({ target, reason }) => ({
			target: cutToBytes(target, TARGET_BYTES),
			reason: cutToBytes(reason, REASON_BYTES),
		})),
		model: cut(record.model, NAME_BYTES),
		errorCode: cut(record.errorCode, CODE_BYTES),
		attempts: record.attempts.map((attempt) => ({ ...attempt, model: cutToBytes(attempt.model, NAME_BYTES) })),
	};
}

/** What remains of a record that cannot be stored as it is: nothing that its caller wrote. */
export function withoutLabels(record: RequestRecord): RequestRecord {
	const nothing = { app: null, session: null, endUser: null, metadata: {}, requestedModel: null, alias: null };
	return bounded({ ...record, ...nothing, candidates: [], excluded: [] });
}

/** More bytes than a record takes in a stored row, with what is counted of it there. Reads no text. */
export function mostStoredBytes(record: RequestRecord): number {
	const { app, session, endUser, metadata, requestedModel, alias, candidates, excluded, provider, model, errorCode } =
		record;
	let units = 0;
	for (const text of [app, session, endUser, requestedModel, alias, provider, model, errorCode])
		units += text?.length ?? 0;
	for (const name in metadata) units += name.length + (metadata[name]?.length ?? 0);
	for (const { target } of candidates) units += target.length;
	for (const { target, reason } of excluded) units += target.length + reason.length;
	// What is counted names the app, the provider and the model once more: for the request, and for each attempt.
	units += (app?.length ?? 0) + (provider?.length ?? 0) + (model?.length ?? 0);
	for (const attempt of record.attempts) {
		units += (app?.length ?? 0) + 2 * (attempt.provider.length + attempt.model.length) + attempt.credential.length;
	}
	const known =
		RECORD_BYTES + ATTEMPT_BYTES * record.attempts.length + 64 * (candidates.length + excluded.length + MAX_LABELS);
	return known + BYTES_PER_UNIT * units;
}

/** Whether an object can store the records of a batch in one row; the same for each copy of it and each time. */
export function isStorable({ requests = [] }: EndedBatch): boolean {
	if (requests.reduce((sum, request) => sum + mostStoredBytes(request), 0) <= MAX_BATCH_BYTES) return true;
	return byteLength(JSON.stringify(requests)) <= MAX_BATCH_BYTES;
}

function cut(text: string | null, most: number): string | null {
	return text === null ? null : cutToBytes(text, most);
}
