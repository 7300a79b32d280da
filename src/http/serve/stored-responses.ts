// Reads what a request goes on from out of the store of answers, and decides whether its own answer is stored.
import { GatewayError } from "#core/errors";
import type { KeyState } from "#core/key/key";
import type { StoredResponse } from "#core/stored-response";
import type { AnswerStorage, ContinuedBody } from "#faces/face";
import type { Call } from "#http/call";
import { MAX_LARGE_BODY_BYTES } from "#http/request/body";
import { boundedJson } from "#http/request/json-body";
import type { JsonObject } from "#lib/json";
import { SealError } from "#store/d1/sealed";
import { decodeResponse, type ResponseOwner } from "#store/usage/stored-responses";

/** The key of a request, as far as storing answers goes by it. */
type StorageKey = Pick<KeyState, "keyId" | "teamId" | "policy">;

/** A wire request that stands by itself; `keeps` when its answer shall be stored, if policy still allows it then. */
interface Continued extends ContinuedBody {
	readonly keeps: boolean;
}

/**
 * The request with what it goes on from written out. `key` is as it was looked up; `inForce` tells the one that is in
 * force, which decides where something is asked for by name. Throws `GatewayError`: 400 for what policy does not allow
 * or what is not there, 413 for a conversation that has become too large, 503.
 */
export async function continuedBody(
	storage: AnswerStorage,
	call: Call,
	body: unknown,
	key: StorageKey,
	inForce: () => Promise<StorageKey>,
): Promise<Continued> {
	const { store, needs } = storage.wish(body);
	const isAsked = store === true || needs.length > 0;
	const { policy } = isAsked ? await inForce() : key;
	const hasStore = call.env.PAYLOADS !== undefined;
	const isAllowed = hasStore && policy.storedResponses === true;
	if (isAsked && !isAllowed) throw notAllowed(store === true ? "store" : (needs[0]?.param ?? ""), hasStore);
	const found = new Map<string, StoredResponse>();
	const records = await Promise.all(needs.map(({ id }) => call.isolate.responses.find(call, key, id)));
	let size = 0;
	for (const [index, { id, param }] of needs.entries()) {
		const bytes = records[index] ?? null;
		if (bytes === null) {
			throw GatewayError.of(
				"previous_response_not_found",
				`the answer behind \`${param}\` is not stored for this API key: it never was, its time is over, or it was deleted; send the whole conversation in \`input\``,
				{ param },
			);
		}
		size += bytes.byteLength;
		if (size > MAX_LARGE_BODY_BYTES) throw tooLarge(param);
		call.body.share.add(bytes.byteLength);
		found.set(id, decoded(bytes, param));
	}
	const keeps = isAllowed && store !== false;
	return { ...storage.continued(body, found, call.requestId, keeps), keeps };
}

/** Stores an answer once its caller has it. */
export function keepAnswer(
	{ env, config, execution, isolate }: Call,
	owner: ResponseOwner,
	{ history, input }: ContinuedBody,
	answer: Record<string, unknown>,
): void {
	// The face made it: every answer that is stored has an id and items.
	const response = answer as JsonObject & Pick<StoredResponse["response"], "id" | "output">;
	execution.waitUntil(isolate.responses.keep({ env, config }, owner, { history, input, response }));
}

/** A stored answer of a key's own. Throws `GatewayError` 404 and 503. */
export async function storedResponse(call: Call, owner: ResponseOwner, id: string): Promise<StoredResponse> {
	const bytes = await call.isolate.responses.find(call, owner, id);
	if (bytes === null) throw missingResponse(id);
	return decoded(bytes, "response_id");
}

export function missingResponse(id: string): GatewayError {
	return GatewayError.of("response_not_found", `no answer \`${id.slice(0, 64)}\` is stored for this API key`);
}

function decoded(bytes: Uint8Array, param: string): StoredResponse {
	try {
		return decodeResponse(boundedJson(bytes));
	} catch (error) {
		if (error instanceof SealError) throw error;
		throw tooLarge(param);
	}
}

function tooLarge(param: string): GatewayError {
	return GatewayError.of(
		"request_too_large",
		`the conversation behind \`${param}\` has become larger than a request may be; begin a new one`,
		{ param },
	);
}

function notAllowed(param: string, hasStore: boolean): GatewayError {
	return GatewayError.of(
		"storage_not_allowed",
		hasStore
			? `\`${param}\` needs answers to be stored, which an admin allows with \`stored_responses: true\` in the policy of this API key; or send \`store: false\` and the whole conversation in \`input\``
			: `\`${param}\` needs answers to be stored, and this gateway has no bucket \`PAYLOADS\` for them; send \`store: false\` and the whole conversation in \`input\``,
		{ param },
	);
}
