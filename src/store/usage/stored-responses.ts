/**
 * Answers that are stored for later requests to go on from, where policy allows it: one sealed object per answer in R2,
 * bound to the answer, its key and its team. The path follows from the answer's id and the key, so no other key's
 * request leads there.
 */
import * as v from "valibot";
import { timeOfId } from "#core/ids";
import type { StoredResponse } from "#core/stored-response";
import { isObject, type JsonObject } from "#lib/json";
import { SealError } from "#store/d1/sealed";
import { dayOf, deleteObject, type ObjectKind, openSealed, putSealed } from "./sealed-objects";

/** Whose an answer is. */
export interface ResponseOwner {
	readonly keyId: string;
	readonly teamId: string;
}

const Items = v.array(v.custom<JsonObject>(isObject));
const StoredResponseSchema: v.GenericSchema<unknown, StoredResponse> = v.object({
	history: Items,
	input: Items,
	response: v.custom<StoredResponse["response"]>(
		(value) => isObject(value) && typeof value.id === "string" && v.is(Items, value.output),
	),
});

export const STORED_RESPONSES: ObjectKind = { folder: "responses", purpose: "tollgate stored responses 1" };

/** Throws what R2 throws. */
export async function keepResponse(
	bucket: R2Bucket,
	gatewaySecret: string,
	owner: ResponseOwner,
	stored: StoredResponse,
): Promise<void> {
	const place = placeOf(owner, stored.response.id);
	if (place === null) return;
	await putSealed(bucket, gatewaySecret, STORED_RESPONSES, { ...place, text: JSON.stringify(stored) });
}

/**
 * A stored answer as JSON in UTF-8, which `decodeResponse` reads; null when the owner has none of that id. Throws
 * `SealError` when it does not open, and what R2 throws.
 */
export async function readResponse(
	bucket: R2Bucket,
	gatewaySecret: string,
	owner: ResponseOwner,
	id: string,
): Promise<Uint8Array | null> {
	const place = placeOf(owner, id);
	return place === null ? null : openSealed(bucket, gatewaySecret, STORED_RESPONSES, place);
}

/** Decodes what `readResponse` found, once parsed. Throws `SealError`. */
export function decodeResponse(value: unknown): StoredResponse {
	const result = v.safeParse(StoredResponseSchema, value);
	if (!result.success) throw new SealError();
	return result.output;
}

/** Whether there was one. Throws what R2 throws. */
export async function deleteResponse(bucket: R2Bucket, owner: ResponseOwner, id: string): Promise<boolean> {
	const place = placeOf(owner, id);
	return place !== null && (await deleteObject(bucket, place.path));
}

/** Where an answer lies, and the name that it is bound to. */
function placeOf({ keyId, teamId }: ResponseOwner, id: string): { path: string; name: string } | null {
	const time = id.startsWith("resp_") ? timeOfId(id) : null;
	if (time === null) return null;
	return { path: `${STORED_RESPONSES.folder}/${dayOf(time)}/${keyId}/${id}`, name: `${teamId} ${keyId} ${id}` };
}
