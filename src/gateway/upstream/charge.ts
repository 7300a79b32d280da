/** What an attempt is charged, however it ended. */

import { estimatedUsage, promptTokens, type Usage } from "#core/chat/usage";
import type { Fault } from "#core/fault";
import type { EndedAttempt } from "#core/key-object/settlement";
import type { ImplausibleUsage } from "#core/usage/request-record";
import type { Hold } from "#gateway/spending/reservation";
import { outputBound } from "#metering/bound";
import { costOf } from "#metering/cost";
import { type Bill, billOfImplausible, mostOf, mostWritten, type Seen, withMore } from "./bill";
import { boundCall, type UpstreamRequest } from "./upstream-request";

/** The upstream's fault, a mistake of the gateway's own, or null when the caller left. */
export type EndCause = Fault | "internal" | null;

/** How an attempt ended. */
export type AttemptEnding =
	/** Wholly, with this bill. */
	| { readonly how: "answered"; readonly bill: Bill }
	/**
	 * Without an answer that was accepted, or the caller left before one, `silentMs` after it was sent. With a `bill`
	 * when the answer came whole and is of no use.
	 */
	| { readonly how: "failed"; readonly cause: EndCause; readonly silentMs: number; readonly bill?: Bill }
	/** In the middle: the upstream broke off, the caller left, or what came could not be read. */
	| ({ readonly how: "cut"; readonly cause: EndCause } & Seen);

/** What an attempt may be charged against. */
type ChargedHold = Pick<Hold, "attemptId" | "token">;

/** What an attempt came to. */
export interface Charged {
	readonly ended: EndedAttempt;
	/** The tokens that the charge was made of; null when it costs nothing, or they are unknown. */
	readonly usage: Usage | null;
	/** What the provider reported, where that cannot be true. */
	readonly implausible?: ImplausibleUsage | undefined;
}

/** The upstream's fault that ended an attempt; null when there was none. */
export function faultOf(ending: AttemptEnding): Fault | null {
	return ending.how === "answered" || ending.cause === "internal" ? null : ending.cause;
}

/** More output than what has come may be billed: what was under way of each choice at the cut, in tokens. */
const UNDER_WAY = 64;

/**
 * What an attempt is charged. It is void only where the provider certainly does not bill it. What failed otherwise, or
 * was cut, is charged by the provider's figures if they came, and by what came after them; else by the most that it can
 * have cost; never more than the hold. Figures that cannot be true are charged at the hold.
 *
 * A caller who leaves a whole answer has seen nothing of it. The model cannot have written more than can be made in the
 * time until then, and the connection is closed at once, so nothing is made for it afterwards but what was under way. A
 * vendor that goes on for a caller who has left may bill more than that.
 */
export function chargeFor(upstream: UpstreamRequest, hold: ChargedHold, ending: AttemptEnding): Charged {
	switch (ending.how) {
		case "answered":
			return charged(hold, ending.bill, ending.bill.usage.source === "estimated");
		case "failed": {
			const { cause, silentMs, bill } = ending;
			if (bill !== undefined) return charged(hold, bill, bill.usage.source === "estimated");
			if (faultOf(ending)?.unbilled !== true) {
				// What a model writes to a caller who leaves its stream was seen, unless it only thought.
				const isSeen = cause === null && upstream.request.stream && !upstream.model.reasoning;
				const unseenMs = isSeen ? 0 : silentMs;
				return estimated(upstream, hold, { usage: null, tier: undefined, text: "", unseenMs });
			}
			const { attemptId, token } = hold;
			return { ended: { attemptId, token, actual: 0, estimated: false, void: true, tokens: 0 }, usage: null };
		}
		case "cut":
			return estimated(upstream, hold, ending);
	}
}

function estimated(upstream: UpstreamRequest, hold: ChargedHold, seen: Seen): Charged {
	const { request, model, receivedAt } = upstream;
	const output = mostWritten(upstream, seen) + UNDER_WAY * (request.n ?? 1);
	const held = hold.token?.amount ?? Number.POSITIVE_INFINITY;
	const implausible = seen.usage === null ? null : billOfImplausible(upstream, seen.usage, seen.tier);
	if (implausible !== null) return charged(hold, implausible, true);
	const least = seen.usage === null ? 0 : (costOf(seen.usage, model, receivedAt, seen.tier) ?? 0);
	// Figures from before a search count neither it nor what it found.
	if (seen.usage === null || upstream.call.searches !== undefined) {
		const most = mostOf(upstream, (seen.usage?.output ?? 0) + output);
		const usage = most === null ? null : estimatedUsage(most.inputTokens, most.outputTokens);
		return charged(hold, { usage, cost: Math.max(least, Math.min(most?.amount ?? 0, held)) }, true);
	}
	const most = costOf(withMore(seen.usage, output), model, receivedAt, seen.tier) ?? 0;
	// It is not on record with more than it was allowed to write.
	const room = Math.max(0, outputBound(boundCall(upstream), model) - seen.usage.output);
	const usage: Usage = { ...withMore(seen.usage, Math.min(output, room)), source: "estimated" };
	return charged(hold, { usage, cost: Math.max(least, Math.min(most, held)) }, true);
}

/** What a bill comes to at a hold. */
function charged(
	{ attemptId, token }: ChargedHold,
	{
		usage,
		cost,
		implausible,
	}: { readonly usage: Usage | null; readonly cost: number | null; readonly implausible?: ImplausibleUsage },
	isEstimated: boolean,
): Charged {
	const most = implausible === undefined || token === null ? Number.POSITIVE_INFINITY : token.amount;
	const tokens = usage === null ? null : promptTokens(usage) + usage.output;
	const actual = Math.min(cost ?? 0, most);
	return { ended: { attemptId, token, actual, estimated: isEstimated, void: false, tokens }, usage, implausible };
}
