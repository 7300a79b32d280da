// What the isolate and a key's object say of idempotency keys.
import type { RequestId } from "#core/ids";

/**
 * A request that its caller wants to run once only, as the Worker tells the key's object. Digests are SHA-256 in hex.
 */
export interface ClaimRequest {
	/** Digest of the route and the caller's idempotency key. */
	readonly id: string;
	/** Digest of the request's body. */
	readonly body: string;
	readonly requestId: RequestId;
}

export type ClaimOutcome =
	/** This request may run; repeating the question changes nothing. */
	| { readonly outcome: "claimed" }
	/** The named request had the same key: it runs still, it is over, or it had another body. */
	| { readonly outcome: "in_flight" | "done" | "other_body"; readonly requestId: RequestId }
	/** As many keys are remembered as can be. */
	| { readonly outcome: "full"; readonly retryAfterMs: number };
