import type { Fault } from "../core/fault";
import type { EndedAttempt } from "../core/settlement";
import { promptTokens } from "../core/usage";
import { costOf } from "../metering/cost";
import { type Bill, mostOf, mostWritten, type Seen, withMore } from "./bill";
import type { Order } from "./order";
import type { Ticket } from "./reservation";

/** How an attempt ended. */
export type Ending =
	/** Wholly, with this bill. */
	| { readonly how: "answered"; readonly bill: Bill }
	/**
	 * Without an answer that was accepted, or the caller left before one, `silentMs` after it was sent; `fault` is null then.
	 */
	| { readonly how: "failed"; readonly fault: Fault | null; readonly silentMs: number }
	/** In the middle: the upstream broke off, or the caller left; `fault` is null then. */
	| ({ readonly how: "cut"; readonly fault: Fault | null } & Seen);

/** What an attempt may be charged against. */
type Hold = Pick<Ticket, "attemptId" | "token">;

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
export function endedAttempt(order: Order, ticket: Hold, ending: Ending): EndedAttempt {
	const { attemptId, token } = ticket;
	switch (ending.how) {
		case "answered": {
			const { usage, cost } = ending.bill;
			const tokens = promptTokens(usage) + usage.output;
			return { attemptId, token, actual: cost ?? 0, estimated: usage.source === "estimated", void: false, tokens };
		}
		case "failed": {
			const { fault, silentMs } = ending;
			if (fault?.unbilled) return { attemptId, token, actual: 0, estimated: false, void: true, tokens: 0 };
			return estimated(order, ticket, { usage: null, tier: undefined, text: "", unseenMs: silentMs });
		}
		case "cut":
			return estimated(order, ticket, ending);
	}
}

function estimated(order: Order, { attemptId, token }: Hold, seen: Seen): EndedAttempt {
	const { model, receivedAt } = order;
	const output = mostWritten(seen) + UNDER_WAY;
	const hold = token?.amount ?? Number.POSITIVE_INFINITY;
	const ended = { attemptId, token, estimated: true, void: false };
	if (seen.usage === null) {
		const most = mostOf(order, output);
		const tokens = most === null ? null : most.inputTokens + most.outputTokens;
		return { ...ended, actual: Math.min(most?.amount ?? 0, hold), tokens };
	}
	const usage = withMore(seen.usage, output);
	const least = costOf(seen.usage, model, receivedAt, seen.tier) ?? 0;
	const most = costOf(usage, model, receivedAt, seen.tier) ?? 0;
	return { ...ended, actual: Math.max(least, Math.min(most, hold)), tokens: promptTokens(usage) + usage.output };
}
