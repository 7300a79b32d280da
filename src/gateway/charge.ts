import type { Fault } from "../core/fault";
import type { EndedAttempt } from "../core/settlement";
import { promptTokens, type Usage } from "../core/usage";
import { boundOf } from "../metering/bound";
import { costOf } from "../metering/cost";
import type { Bill } from "./bill";
import { boundCall, type Order } from "./order";
import type { Ticket } from "./reservation";

/** How an attempt ended. */
export type Ending =
	/** Wholly, with this bill. */
	| { readonly how: "answered"; readonly bill: Bill }
	/** Without an answer that was accepted, or the caller left before one; `fault` is null then. */
	| { readonly how: "failed"; readonly fault: Fault | null; readonly silentMs: number }
	/** In the middle: the upstream broke off, or the caller left; `fault` is null then. */
	| ({
			readonly how: "cut";
			readonly fault: Fault | null;
			readonly usage: Usage | null;
			readonly tier: string | undefined;
	  } & Passed);

interface Passed {
	/** The text that had come. */
	readonly text: string;
	/** How long nothing came before, in milliseconds: a model may have thought meanwhile, and thinking is billed. */
	readonly silentMs: number;
}

/** More output than what has come may be billed: what was under way when the answer was cut. */
const UNDER_WAY = 64;
/** No model writes more tokens in a millisecond. */
const FASTEST = 1;

/**
 * What an attempt is charged. An error status, or no connection at all, is known to cost nothing. What was cut is charged
 * by the provider's figures if they came; else at the dearest price for the whole input, for every byte that came, which
 * no tokenizer exceeds, and for what may have been thought in silence; never more than the hold.
 */
export function endedAttempt(order: Order, ticket: Ticket, ending: Ending): EndedAttempt {
	const { attemptId, token } = ticket;
	switch (ending.how) {
		case "answered": {
			const { usage, cost } = ending.bill;
			const tokens = tokensOf(usage);
			return { attemptId, token, actual: cost ?? 0, estimated: usage.source === "estimated", void: false, tokens };
		}
		case "failed": {
			const { fault, silentMs } = ending;
			const unbilled = fault !== null && fault.kind !== "timeout" && (fault.status === null || fault.status >= 400);
			if (unbilled) return { attemptId, token, actual: 0, estimated: false, void: true, tokens: 0 };
			return estimated(order, ticket, { text: "", silentMs });
		}
		case "cut": {
			if (ending.usage === null) return estimated(order, ticket, ending);
			const usage = { ...ending.usage, output: ending.usage.output + UNDER_WAY };
			const actual = costOf(usage, order.model, order.receivedAt, ending.tier) ?? 0;
			return { attemptId, token, actual, estimated: true, void: false, tokens: tokensOf(usage) };
		}
	}
}

function tokensOf(usage: Usage): number {
	return promptTokens(usage) + usage.output;
}

function estimated(order: Order, { attemptId, token }: Ticket, { text, silentMs }: Passed): EndedAttempt {
	const output = new TextEncoder().encode(text).byteLength + UNDER_WAY + Math.ceil(silentMs * FASTEST);
	// What was seen and what may be under way is all the output there is, thinking included.
	const bound = boundOf({ ...boundCall(order), outputLimit: output, beyondLimit: 0 }, order.model, order.receivedAt);
	const actual = Math.min(bound?.amount ?? 0, token?.amount ?? 0);
	return {
		attemptId,
		token,
		actual,
		estimated: true,
		void: false,
		tokens: bound === null ? null : bound.inputTokens + output,
	};
}
