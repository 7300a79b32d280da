/** Asks the key's object for a hold: the one way in for whatever can spend. */

import type { BudgetSpec, HoldToken, SpendScope } from "#core/budget/budget";
import type { LimitFigures } from "#core/budget/limits";
import type { GatewayError } from "#core/errors";
import type { Identified, KeyState } from "#core/key/key";
import type { Principal } from "#core/key/principal";
import type { RefusalReason } from "#core/key-object/admission";
import type { BudgetFigure, Reservation, ReserveRequest } from "#core/key-object/reservation";
import type { Env } from "#env";
import type { IsolateState } from "#gateway/isolate-state";
import type { Bound } from "#metering/bound";
import { KeyClient } from "#objects/key-client";
import { keyRefused, namedKey, REFUSALS } from "./key-errors";
import { budgetExhausted, ledgerUnavailable, limitReached, usageBacklogged } from "./reservation-errors";

/** Who wants to spend. */
interface Spender {
	readonly env: Pick<Env, "API_KEYS">;
	readonly execution: ExecutionContext;
	readonly isolate: Pick<IsolateState, "keyLookup" | "settlements">;
	readonly identified: Identified;
	/** Unique per attempt. */
	readonly attemptId: string;
	/** Not the first attempt of its request. */
	readonly isFurther: boolean;
	/** Milliseconds since the epoch. */
	readonly now: number;
}

/** What an attempt would take, as decided under the policy of a principal. */
export interface SpendRequest {
	readonly scope: SpendScope;
	/** Null when the model's price is not known. */
	readonly bound: Bound | null;
	/** The caller named no output limit, so that less than the bound may be held. */
	readonly openEnded: boolean;
	/** Prompt and output tokens to expect. */
	readonly expectedTokens: number;
}

/** The right to make one attempt. */
export interface Hold {
	readonly attemptId: string;
	readonly principal: Principal;
	/** Null when no budget binds. Its amount says how much was held. */
	readonly token: HoldToken | null;
	readonly limits: LimitSnapshot;
	readonly warnings: readonly string[];
}

/** The state of the key's limits and its tightest budget, for the answer's headers. */
export interface LimitSnapshot {
	readonly figures: LimitFigures;
	readonly tightest: BudgetFigure | null;
}

/** The key's limits or budgets do not allow the attempt. */
export class SpendRefused extends Error {
	readonly error: GatewayError;
	readonly limits: LimitSnapshot;

	constructor(error: GatewayError, limits: LimitSnapshot) {
		super(error.message);
		this.name = "SpendRefused";
		this.error = error;
		this.limits = limits;
	}
}

/** How long a request that finds no place waits for one to come free, in milliseconds. */
const MAX_PLACE_WAIT_MS = 500;
/** How long a hold counts as open without a sign of life, in milliseconds. */
export const OPEN_MS = 90_000;
/** What asking for a hold comes to, unless it is refused. */
export type HoldOutcome =
	| { readonly outcome: "granted"; readonly hold: Hold }
	/** A budget binds, and nothing could be held for it because the model's price is not known. */
	| { readonly outcome: "unpriced"; readonly budget: BudgetSpec }
	/** The key has changed; the gateway must decide the request anew under the state in force. */
	| { readonly outcome: "changed"; readonly current: KeyState };

/**
 * The one way to spend: asks the key's object for the most that the attempt can cost, as planned for the caller under a
 * version of the key. Throws `SpendRefused` for limits and budgets, and `GatewayError`: 401 as for any request, 400 for
 * a model without a price, 503 when the object does not answer.
 */
export async function reserve(
	spender: Spender,
	spendRequest: SpendRequest,
	principal: Principal,
	version: number,
): Promise<HoldOutcome> {
	const { isolate, identified, attemptId, now } = spender;
	const { last4 } = principal;
	let reservation = await ask(spender, version, spendRequest, 0);
	if (reservation.outcome === "limited" && reservation.limit === "concurrentRequests") {
		// The place may be that of a request that has had its answer: here, where its settlement waits for company, or
		// elsewhere.
		isolate.settlements.hasten(spender, identified.record.keyId);
		reservation = await ask(spender, version, spendRequest, MAX_PLACE_WAIT_MS);
	}
	switch (reservation.outcome) {
		case "granted": {
			const { token, figures, tightest, warnings } = reservation;
			return { outcome: "granted", hold: { attemptId, principal, token, limits: { figures, tightest }, warnings } };
		}
		case "changed":
			isolate.keyLookup.remember(
				identified.digest,
				{ ...reservation.current, secretId: identified.record.secretId },
				now,
			);
			return { outcome: "changed", current: reservation.current };
		case "refused":
			throw refusedKey(last4, reservation.reason);
		case "limited":
			throw new SpendRefused(limitReached(reservation.limit, reservation.most, reservation.retryAfterMs), {
				figures: reservation.figures,
				tightest: reservation.tightest ?? null,
			});
		case "exhausted":
			throw new SpendRefused(budgetExhausted(reservation.by, leastOf(spendRequest)), {
				figures: reservation.figures,
				tightest: reservation.by,
			});
		case "unpriced":
			return { outcome: "unpriced", budget: reservation.budget };
		case "unavailable":
			throw ledgerUnavailable();
		case "backlogged":
			throw usageBacklogged();
	}
}

async function ask(
	{ env, identified, attemptId, isFurther }: Spender,
	version: number,
	spendRequest: SpendRequest,
	waitMs: number,
): Promise<Reservation> {
	const { keyId, secretId } = identified.record;
	const { scope, bound, expectedTokens: tokens } = spendRequest;
	const amount = bound?.amount ?? null;
	const atLeast = leastOf(spendRequest);
	const request: ReserveRequest = {
		secretId,
		version,
		attemptId,
		scope,
		amount,
		atLeast,
		tokens,
		openMs: OPEN_MS,
		...(isFurther && { further: true }),
		...(waitMs > 0 && { waitMs }),
	};
	try {
		return await new KeyClient(env.API_KEYS, keyId).reserve(request);
	} catch {
		throw ledgerUnavailable();
	}
}

/** The least hold that is of use, in nano-dollars. */
function leastOf({ bound, openEnded }: SpendRequest): number {
	if (bound === null) return 0;
	return openEnded ? bound.leastAmount : bound.amount;
}

function refusedKey(last4: string, reason: RefusalReason): GatewayError {
	return keyRefused(`${namedKey(last4)} ${REFUSALS[reason]}`);
}
