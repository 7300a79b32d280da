import type { Model } from "../catalog/model";
import type { ChatRequest } from "../core/chat";
import { type Bound, type BoundCall, outputFor } from "./bound";
import type { NanoUsd } from "./money";

/** What to hold for an attempt: all that it can cost, and the least that is of use. */
export interface HoldWish {
	readonly amount: NanoUsd;
	/** Below `amount` only when the caller left the length of the answer open. */
	readonly atLeast: NanoUsd;
}

/** A limit that the caller named is kept or refused; one that nobody named follows the money. */
export function holdWish(request: Pick<ChatRequest, "max_completion_tokens">, bound: Bound): HoldWish {
	const { amount, leastAmount } = bound;
	return { amount, atLeast: request.max_completion_tokens === undefined ? leastAmount : amount };
}

/**
 * The request with its answer limited to what `held` pays for, to be encoded anew; `max_completion_tokens` is also what
 * the caller is told in `x-tollgate-clamped`. Null when all of it is paid for. At `HoldWish.atLeast` and above the limit
 * is at least 256 tokens, or all that the model gives.
 */
export function clamped(
	request: ChatRequest,
	call: BoundCall,
	held: NanoUsd,
	bound: Bound,
	on: { model: Model; at: number },
): (ChatRequest & { max_completion_tokens: number }) | null {
	if (held >= bound.amount) return null;
	return { ...request, max_completion_tokens: outputFor(held, call, on.model, on.at) };
}
