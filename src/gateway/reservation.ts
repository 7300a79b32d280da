import type { RefusalReason } from "../core/admission";
import type { HoldToken, SpendScope } from "../core/budget";
import type { GatewayError } from "../core/errors";
import type { Identified, KeyState } from "../core/key";
import type { LimitFigures } from "../core/limits";
import type { Principal } from "../core/principal";
import type { BudgetFigure, Reservation, ReserveRequest } from "../core/reservation";
import type { Env } from "../env";
import type { Bound } from "../metering/bound";
import { KeyClient } from "../objects/key-client";
import { keyLookup } from "../store/key-lookup";
import { principalOf, stateInForce } from "./admission";
import { keyRefused, namedKey, REFUSALS } from "./key-errors";
import { budgetExhausted, ledgerUnavailable, limitReached, priceUnknown, usageBacklogged } from "./reservation-errors";

/** Who wants to spend. */
export interface Spender {
	readonly keys: Env["API_KEYS"];
	readonly identified: Identified;
	/** Where the request came from; null if unknown. */
	readonly address: string | null;
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

/** How the key's limits and its tightest budget stand, for the answer's headers. */
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

/** How long a hold counts as open without a sign of life, in milliseconds. */
export const OPEN_MS = 90_000;
/** A key may change between looking it up and asking; more often than this it does not. */
const ROUNDS = 4;

export interface Reserved<P extends SpendRequest> {
	readonly hold: Hold;
	readonly plan: P;
	/** With the state of the key that was in force, for the next attempt to begin with. */
	readonly identified: Identified;
}

/**
 * The one way in for whatever can spend: asks the key's object for the most that the attempt can cost. `plan` is asked
 * again when the key has changed meanwhile, because who may serve hangs on its policy. Throws `SpendRefused` for limits
 * and budgets, and `GatewayError`: 401 and 403 as for any request, 400 for a model without a price, 503 when the object
 * does not answer; whatever `plan` throws passes.
 */
export async function reserve<P extends SpendRequest>(
	spender: Spender,
	plan: (principal: Principal) => P | Promise<P>,
): Promise<Reserved<P>> {
	const { identified, address, attemptId, now } = spender;
	const { digest, last4 } = identified;
	const { secretId } = identified.record;
	let state: KeyState = identified.record;
	for (let round = 0; round < ROUNDS; round++) {
		let principal: Principal;
		let planned: P;
		try {
			principal = principalOf(state, last4, address);
			planned = await plan(principal);
		} catch (error) {
			// Under what was looked up the request cannot go on; under what is in force it may.
			const current = await stateInForce(spender.keys, identified, state, now);
			if (current === state) throw error;
			state = current;
			continue;
		}
		const reservation = await ask(spender, state.version, planned);
		switch (reservation.outcome) {
			case "granted": {
				const { token, figures, tightest, warnings } = reservation;
				const hold = { attemptId, principal, token, limits: { figures, tightest }, warnings };
				const isSame = state === identified.record;
				return {
					hold,
					plan: planned,
					identified: isSame ? identified : { ...identified, record: { ...state, secretId } },
				};
			}
			case "changed":
				state = reservation.current;
				keyLookup.remember(digest, { ...state, secretId }, now);
				continue;
			case "refused":
				throw refusedKey(last4, reservation.reason);
			case "limited":
				throw new SpendRefused(limitReached(reservation.limit, reservation.most, reservation.retryAfterMs), {
					figures: reservation.figures,
					tightest: reservation.tightest ?? null,
				});
			case "exhausted":
				throw new SpendRefused(budgetExhausted(reservation.by, leastOf(planned)), {
					figures: reservation.figures,
					tightest: reservation.by,
				});
			case "unpriced":
				throw priceUnknown(planned.scope.model, reservation.budget);
			case "unavailable":
				throw ledgerUnavailable();
			case "backlogged":
				throw usageBacklogged();
		}
	}
	throw ledgerUnavailable();
}

async function ask(
	{ keys, identified, attemptId, isFurther }: Spender,
	version: number,
	plan: SpendRequest,
): Promise<Reservation> {
	const { keyId, secretId } = identified.record;
	const { scope, bound, expectedTokens: tokens } = plan;
	const amount = bound?.amount ?? null;
	const atLeast = leastOf(plan);
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
	};
	try {
		return await new KeyClient(keys, keyId).reserve(request);
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
