// The right of one request to run under its idempotency key.
import { GatewayError } from "#core/errors";
import type { KeyId } from "#core/ids";
import type { ClaimOutcome, ClaimRequest } from "#core/key-object/idempotency";
import type { Env } from "#env";
import { KeyClient } from "#objects/key-client";

/**
 * One request's right to run under its idempotency key. It is over when every part that began has ended, the request
 * itself included; if any of them spent, the idempotency key stays used, else it is free again.
 */
export class Claim {
	readonly #report: (spent: boolean) => Promise<void>;
	#parts = 1;
	#spent = false;

	private constructor(report: (spent: boolean) => Promise<void>) {
		this.#report = report;
	}

	/**
	 * Takes the idempotency key for a request; `background` keeps work alive behind the answer. Throws `GatewayError`:
	 * 409 `idempotency_in_flight` or `idempotency_replayed`, 422 `idempotency_mismatch`, 429 when a key uses too many,
	 * 503 `idempotency_unavailable`.
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
			const reported = object.endClaim(id, requestId, spent).catch(() => {});
			background(reported);
			return reported;
		});
		let outcome: ClaimOutcome;
		try {
			outcome = await object.claim(request);
		} catch {
			// It may have been taken although no answer came.
			void claim.end(false);
			throw GatewayError.of(
				"idempotency_unavailable",
				"the idempotency key could not be checked just now, so nothing was sent; try again",
			);
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
		if (this.#parts === 0) await this.#report(this.#spent);
	}
}

function refused(outcome: Exclude<ClaimOutcome, { outcome: "claimed" }>): GatewayError {
	if (outcome.outcome === "full") {
		return GatewayError.of(
			"rate_limit_exceeded",
			"the API key has used as many idempotency keys as can be remembered for a day",
			{ retryAfterMs: outcome.retryAfterMs },
		);
	}
	const { code, state } = TAKEN[outcome.outcome];
	return GatewayError.of(code, `request ${outcome.requestId} with this idempotency key ${state}`, {
		metadata: { original_request_id: outcome.requestId },
	});
}

/** What another request has done with the same idempotency key. */
const TAKEN = {
	in_flight: { code: "idempotency_in_flight", state: "is still under way" },
	done: {
		code: "idempotency_replayed",
		state: "was served, and its answer is not kept; send another key to run it again",
	},
	other_body: { code: "idempotency_mismatch", state: "had another body; send another key with this one" },
} as const;
