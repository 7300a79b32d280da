/**
 * What requests and answers said, where policy has it kept: one sealed object per request in R2, bound to the request.
 * The path follows from the request's id.
 */
import * as v from "valibot";
import { timeOfId } from "#core/ids";
import type { PayloadLevel } from "#core/key/payload-policy";
import { SealError } from "#store/d1/sealed";
import { dayOf, deleteObject, type ObjectKind, openSealed, putSealed } from "./sealed-objects";

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

export const PAYLOAD_OBJECTS: ObjectKind = { folder: "payloads", purpose: "tollgate payloads 1" };

/** Keeps a payload; `scrub` takes what looks like a secret out of its text. Throws what R2 throws. */
export async function keepPayload(
	bucket: R2Bucket,
	gatewaySecret: string,
	payload: Payload,
	scrub: (text: string) => string,
): Promise<void> {
	const path = pathOf(payload.requestId);
	if (path === null) return;
	const text = scrub(JSON.stringify(payload));
	await putSealed(bucket, gatewaySecret, PAYLOAD_OBJECTS, { path, name: payload.requestId, text });
}

/** Null when nothing is kept of the request. Throws `SealError` when it does not open, and what R2 throws. */
export async function readPayload(bucket: R2Bucket, gatewaySecret: string, requestId: string): Promise<Payload | null> {
	const path = pathOf(requestId);
	const plain =
		path === null ? null : await openSealed(bucket, gatewaySecret, PAYLOAD_OBJECTS, { path, name: requestId });
	if (plain === null) return null;
	try {
		return v.parse(PayloadSchema, JSON.parse(new TextDecoder().decode(plain)));
	} catch {
		throw new SealError();
	}
}

/** Whether there was one. Throws what R2 throws. */
export async function deletePayload(bucket: R2Bucket, requestId: string): Promise<boolean> {
	const path = pathOf(requestId);
	return path !== null && (await deleteObject(bucket, path));
}

function pathOf(requestId: string): string | null {
	const time = requestId.startsWith("req_") ? timeOfId(requestId) : null;
	return time === null ? null : `${PAYLOAD_OBJECTS.folder}/${dayOf(time)}/${requestId}`;
}
