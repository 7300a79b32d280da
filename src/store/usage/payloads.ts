/**
 * What requests and answers said, where policy has it kept: one object per request in R2, compressed and encrypted with
 * AES-256-GCM under a key of its own, which is derived from the gateway's secret and a salt that lies in front. It is
 * bound to the request, so an object that is moved to another's place does not open. The path has the day, and follows
 * from the request's id.
 */
import * as v from "valibot";
import type { PayloadLevel } from "#core/key/payload-policy";
import { derivedKey, SealError } from "#store/d1/sealed";

export interface Payload {
	readonly requestId: string;
	readonly keyId: string;
	readonly teamId: string;
	readonly level: PayloadLevel;
	/** JSON, or its outline. */
	readonly request: unknown;
	/** JSON or the text of a stream, or its outline; null when there was none. */
	readonly response: unknown;
}

const PayloadSchema: v.GenericSchema<unknown, Payload> = v.object({
	requestId: v.string(),
	keyId: v.string(),
	teamId: v.string(),
	level: v.picklist(["none", "metadata", "full"]),
	request: v.unknown(),
	response: v.unknown(),
});

const INFO = "tollgate payloads 1";
const SALT_BYTES = 32;
const IV_BYTES = 12;
const ID = /^req_([0-9a-f]{12})[0-9a-f]{20}$/;
const FOLDER = "payloads";

/** Keeps a payload; `scrub` takes what looks like a secret out of its text. Throws what R2 throws. */
export async function keepPayload(
	bucket: R2Bucket,
	gatewaySecret: string,
	payload: Payload,
	scrub: (text: string) => string,
): Promise<void> {
	const path = pathOf(payload.requestId);
	if (path === null) return;
	const plain = await through(new TextEncoder().encode(scrub(JSON.stringify(payload))), new CompressionStream("gzip"));
	const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
	const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
	const key = await derivedKey(gatewaySecret, INFO, salt);
	const sealed = await crypto.subtle.encrypt(
		{ name: "AES-GCM", iv, additionalData: bound(payload.requestId) },
		key,
		plain,
	);
	await bucket.put(path, new Blob([salt, iv, sealed]));
}

/** Null when nothing is kept of the request. Throws `SealError` when it does not open, and what R2 throws. */
export async function readPayload(bucket: R2Bucket, gatewaySecret: string, requestId: string): Promise<Payload | null> {
	const path = pathOf(requestId);
	const object = path === null ? null : await bucket.get(path);
	if (object === null) return null;
	const bytes = new Uint8Array(await object.arrayBuffer());
	const iv = bytes.subarray(SALT_BYTES, SALT_BYTES + IV_BYTES);
	try {
		const key = await derivedKey(gatewaySecret, INFO, bytes.subarray(0, SALT_BYTES));
		const additionalData = bound(requestId);
		const plain = await crypto.subtle.decrypt(
			{ name: "AES-GCM", iv, additionalData },
			key,
			bytes.subarray(SALT_BYTES + IV_BYTES),
		);
		const text = new TextDecoder().decode(await through(new Uint8Array(plain), new DecompressionStream("gzip")));
		return v.parse(PayloadSchema, JSON.parse(text));
	} catch {
		throw new SealError();
	}
}

/** Whether there was one. Throws what R2 throws. */
export async function deletePayload(bucket: R2Bucket, requestId: string): Promise<boolean> {
	const path = pathOf(requestId);
	if (path === null || (await bucket.head(path)) === null) return false;
	await bucket.delete(path);
	return true;
}

/** The most that R2 lists, and deletes, in one call. */
const PAGE = 1000;

/**
 * Forgets payloads of days before `before`, in milliseconds since the epoch, the oldest first, page by page until none
 * is left or `goesOn` says no. Returns how many went. Throws what R2 throws.
 */
export async function prunePayloads(bucket: R2Bucket, before: number, goesOn: () => boolean): Promise<number> {
	const end = `${FOLDER}/${dayOf(before)}`;
	let gone = 0;
	while (goesOn()) {
		// What was deleted is not listed again, so the first page is always the next.
		const page = await bucket.list({ prefix: `${FOLDER}/`, limit: PAGE });
		const old = page.objects.map(({ key }) => key).filter((key) => key < end);
		if (old.length > 0) await bucket.delete(old);
		gone += old.length;
		if (!page.truncated || old.length < page.objects.length) break;
	}
	return gone;
}

function pathOf(requestId: string): string | null {
	const [, time] = ID.exec(requestId) ?? [];
	return time === undefined ? null : `${FOLDER}/${dayOf(Number.parseInt(time, 16))}/${requestId}`;
}

/** Like `2026/11/18`, in UTC. */
function dayOf(at: number): string {
	return new Date(at).toISOString().slice(0, 10).replaceAll("-", "/");
}

function bound(requestId: string): Uint8Array {
	return new TextEncoder().encode(requestId);
}

async function through(bytes: Uint8Array, transform: CompressionStream | DecompressionStream): Promise<ArrayBuffer> {
	return new Response(new Blob([bytes]).stream().pipeThrough(transform)).arrayBuffer();
}
