// Runs a request with an `Idempotency-Key` once.
import { createHash } from "node:crypto";
import { invalidRequest } from "#core/errors";
import { admit } from "#gateway/spending/admission";
import { Claim } from "#gateway/spending/idempotency";
import { callerAddress } from "#http/auth/caller-address";
import type { SpendCall } from "#http/call";
import { boundaryOf, isForm, MultipartError, readMultipart } from "#lib/multipart";
import type { RequestBody } from "./body";

const PRINTABLE = /^[\x20-\x7e]{1,255}$/;

/**
 * Runs a request that carries `Idempotency-Key` once only; any other request as often as it comes. The key counts
 * within the API key and the route. The API key is found valid before anything is claimed. Throws the `GatewayError`s
 * of `admit` and `Claim.take`, 400 for a malformed key, and what `handle` throws.
 */
export async function oncePerKey(
	call: SpendCall,
	handle: (call: SpendCall) => Response | Promise<Response>,
): Promise<Response> {
	const { request, headers, body, url, env, execution, identified, requestId, receivedAt } = call;
	const key = headers.get("idempotency-key");
	if (key === null) return handle(call);
	if (!PRINTABLE.test(key)) {
		throw invalidRequest("`Idempotency-Key` must be 1 to 255 printable ASCII characters");
	}
	// Only a key that may be used now claims anything: no other key's holder learns from the answer what was claimed.
	const [digest] = await Promise.all([
		digestOf(body, headers.get("content-type") ?? ""),
		admit(call, identified, callerAddress(call), receivedAt),
	]);
	const id = sha256([`${request.method} ${url.pathname}\n${key}`]);
	const claim = await Claim.take(env.API_KEYS, identified.record.keyId, { id, body: digest, requestId }, (work) =>
		execution.waitUntil(work),
	);
	let response: Response;
	try {
		response = await handle({ ...call, claim });
	} catch (error) {
		// Before the answer, so that a caller that tries again at once is let through.
		await claim.end(false);
		throw error;
	}
	const ended = claim.end(false);
	if (!response.ok) await ended;
	return response;
}

/** A form is the same as another whatever boundary parts its fields: clients make a new one each time they try. */
async function digestOf(body: RequestBody, contentType: string): Promise<string> {
	if (!isForm(contentType)) return sha256(await body.look());
	const bytes = await body.whole();
	try {
		return sha256(
			readMultipart(bytes, boundaryOf(contentType)).flatMap(({ bytes: content, ...part }) => [
				`${JSON.stringify([part, content.byteLength])}\n`,
				content,
			]),
		);
	} catch (error) {
		// Its handler refuses it.
		if (error instanceof MultipartError) return sha256([bytes]);
		throw error;
	}
}

function sha256(pieces: readonly (string | Uint8Array)[]): string {
	const hash = createHash("sha256");
	for (const piece of pieces) hash.update(piece);
	return hash.digest("hex");
}
