import { type ErrorDetails, GatewayError } from "../core/errors";
import type { ClaimOutcome, ClaimRequest } from "../core/idempotency";
import type { KeyId } from "../core/ids";
import type { Env } from "../env";
import { KeyClient } from "../objects/key-client";

/** When a caller may ask again about a request that is still under way, in milliseconds. */
const ASK_AGAIN_MS = 2_000;

/**
 * One request's right to run under its idempotency key. It is over when every part that began has ended, the request
 * itself included; if any of them spent, the idempotency key stays used, else it is free again.
 */
export class Claim {
	readonly #tell: (spent: boolean) => Promise<void>;
	#parts = 1;
	#spent = false;

	private constructor(tell: (spent: boolean) => Promise<void>) {
		this.#tell = tell;
	}

	/**
	 * Takes the idempotency key for a request; `background` keeps work alive behind the answer. Throws `GatewayError`: 409
	 * `idempotency_in_flight` or `idempotency_replayed`, 422 `idempotency_mismatch`, 429 when a key uses too many, 503
	 * `idempotency_unavailable`.
	 */
	static async take(
		keys: Env["API_KEYS"],
		keyId: KeyId,
		request: ClaimRequest,
		background: (work: Promise<void>) => void,
	): Promise<Claim> {
		const object = new KeyClient(keys, keyId);
		const claim = new Claim((spent) => {
			const { id, requestId } = request;
			// A word that is lost leaves the key used, until the object counts the request as done.
			const told = object.endClaim(id, requestId, spent).catch(() => {});
			background(told);
			return told;
		});
		let outcome: ClaimOutcome;
		try {
			outcome = await object.claim(request);
		} catch {
			// It may have been taken although no answer came.
			void claim.end(false);
			throw refusal({
				status: 503,
				type: "server_error",
				code: "idempotency_unavailable",
				message: "the idempotency key could not be checked just now, so nothing was sent; try again",
				retryAfterMs: 1_000,
			});
		}
		if (outcome.outcome !== "claimed") throw refused(outcome);
		return claim;
	}

	/** Another part begins, which may spend: an attempt. */
	begin(): void {
		this.#parts++;
	}

	/** A part has ended. Resolves when the object knows, if it was the last one. */
	async end(spent: boolean): Promise<void> {
		this.#spent ||= spent;
		this.#parts--;
		if (this.#parts === 0) await this.#tell(this.#spent);
	}
}

function refused(outcome: Exclude<ClaimOutcome, { outcome: "claimed" }>): GatewayError {
	switch (outcome.outcome) {
		case "in_flight":
			return refusal({
				status: 409,
				type: "invalid_request_error",
				code: "idempotency_in_flight",
				message: `request ${outcome.requestId} with this idempotency key is still under way`,
				retryAfterMs: ASK_AGAIN_MS,
				metadata: { original_request_id: outcome.requestId },
			});
		case "done":
			return refusal({
				status: 409,
				type: "invalid_request_error",
				code: "idempotency_replayed",
				message: `request ${outcome.requestId} with this idempotency key was served, and its answer is not kept; send another key to run it again`,
				shouldRetry: false,
				metadata: { original_request_id: outcome.requestId },
			});
		case "other_body":
			return refusal({
				status: 422,
				type: "invalid_request_error",
				code: "idempotency_mismatch",
				message: `request ${outcome.requestId} with this idempotency key had another body; send another key with this one`,
				shouldRetry: false,
				metadata: { original_request_id: outcome.requestId },
			});
		case "full":
			return refusal({
				status: 429,
				type: "rate_limit_error",
				code: "rate_limit_exceeded",
				message: "the API key has used as many idempotency keys as can be remembered for a day",
				retryAfterMs: outcome.retryAfterMs,
			});
	}
}

function refusal(details: ErrorDetails): GatewayError {
	return new GatewayError({ ...details, message: `[gateway] ${details.message}` });
}
