import type { Fault } from "../core/fault";
import type { EndedAttempt } from "../core/settlement";
import { promptTokens } from "../core/usage";
import { costOf } from "../metering/cost";
import { type Bill, mostOf, mostWritten, type Seen, withMore } from "./bill";
import type { Hold } from "./reservation";
import type { UpstreamRequest } from "./upstream-request";

/** How an attempt ended. */
export type AttemptEnding =
	/** Wholly, with this bill. */
	| { readonly how: "answered"; readonly bill: Bill }
	/**
	 * Without an answer that was accepted, or the caller left before one, `silentMs` after it was sent; `fault` is null then.
	 */
	| { readonly how: "failed"; readonly fault: Fault | null; readonly silentMs: number }
	/** In the middle: the upstream broke off, or the caller left; `fault` is null then. */
	| ({ readonly how: "cut"; readonly fault: Fault | null } & Seen);

/** What an attempt may be charged against. */
type ChargedHold = Pick<Hold, "attemptId" | "token">;

/** More output than what has come may be billed: what was under way when the answer was cut. */
const UNDER_WAY = 64;

/**
 * What an attempt is charged. It is void only where it is known that nobody bills it. What failed otherwise, or was cut,
 * is charged by the provider's figures if they came, and by what came after them; else by the most that it can have cost;
 * never more than the hold.
 *
 * A caller who leaves a whole answer has seen nothing of it. The model cannot have written more than can be made in the
 * time until then, and the connection is closed at once, so nothing is made for it afterwards but what was under way.
 * A vendor that goes on for a caller who has left may bill more than that.
 */
export function endedAttempt(upstream: UpstreamRequest, hold: ChargedHold, ending: AttemptEnding): EndedAttempt {
	const { attemptId, token } = hold;
	switch (ending.how) {
		case "answered": {
			const { usage, cost } = ending.bill;
			const tokens = promptTokens(usage) + usage.output;
			return { attemptId, token, actual: cost ?? 0, estimated: usage.source === "estimated", void: false, tokens };
		}
		case "failed": {
			const { fault, silentMs } = ending;
			if (fault?.unbilled) return { attemptId, token, actual: 0, estimated: false, void: true, tokens: 0 };
			return estimated(upstream, hold, { usage: null, tier: undefined, text: "", unseenMs: silentMs });
		}
		case "cut":
			return estimated(upstream, hold, ending);
	}
}

function estimated(upstream: UpstreamRequest, { attemptId, token }: ChargedHold, seen: Seen): EndedAttempt {
	const { model, receivedAt } = upstream;
	const output = mostWritten(seen) + UNDER_WAY;
	const held = token?.amount ?? Number.POSITIVE_INFINITY;
	const ended = { attemptId, token, estimated: true, void: false };
	if (seen.usage === null) {
		const most = mostOf(upstream, output);
		const tokens = most === null ? null : most.inputTokens + most.outputTokens;
		return { ...ended, actual: Math.min(most?.amount ?? 0, held), tokens };
	}
	const usage = withMore(seen.usage, output);
	const least = costOf(seen.usage, model, receivedAt, seen.tier) ?? 0;
	const most = costOf(usage, model, receivedAt, seen.tier) ?? 0;
	return { ...ended, actual: Math.max(least, Math.min(most, held)), tokens: promptTokens(usage) + usage.output };
}
