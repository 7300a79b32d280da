/** What an answer used and what it costs. */
import { estimatedUsage, promptTokens, type Usage } from "#core/chat/usage";
import type { ImplausibleUsage } from "#core/usage/request-record";
import { byteLength } from "#lib/text-bytes";
import { boundOf, boundOfWritten, type Most } from "#metering/bound";
import { cacheDiscountOf, costOf } from "#metering/cost";
import { estimateTokens } from "#metering/estimate";
import type { NanoUsd } from "#metering/money";
import { isPlausible } from "#metering/plausible";
import { boundCall, measuredCall, type UpstreamRequest } from "./upstream-request";

/** What was used and what it costs; `cost` is null when the model's price is not known. */
export interface Bill {
	readonly usage: Usage;
	readonly cost: NanoUsd | null;
	/** What the provider reported, where that cannot be true: then it is the bill for the most that was allowed. */
	readonly implausible?: ImplausibleUsage;
}

/** All that the gateway saw of an answer. */
export interface Seen {
	/** The provider's last figures, true or not; null when none came that can be read. */
	readonly usage: Usage | null;
	/** The tier that the provider says it served. */
	readonly tier: string | undefined;
	/** What was written, after the figures if there are any. */
	readonly text: string;
	/** How long the model may have worked unseen, after the figures if there are any; in milliseconds. */
	readonly unseenMs: number;
}

/** Of one choice: the fastest services tell of about three thousand tokens a second. */
const TOKENS_PER_MS = 3;

/**
 * The bill for a whole answer, by the provider's figures. Without figures that can be true, the tokens are estimated
 * and the cost is the most that it can be, so that what is charged, and told as `usage.cost`, is never below what the
 * provider bills: what was written, and what a model that can think may have thought unseen. Figures that no call can
 * come to are not believed: the bill is for all that the request allowed, which is what was held for it.
 */
export function billOf(upstream: UpstreamRequest, seen: Seen): Bill {
	const { operation, request, model, receivedAt } = upstream;
	const most = mostWritten(upstream, model.reasoning ? seen : { ...seen, unseenMs: 0 });
	if (seen.usage !== null) {
		const implausible = billOfImplausible(upstream, seen.usage, seen.tier);
		if (implausible !== null) return implausible;
		const told = withSearches(seen.usage, upstream);
		const usage = withMore(model.atCeiling ? { ...told, source: "estimated" } : told, most);
		const cacheDiscount = cacheDiscountOf(usage, model, receivedAt, seen.tier);
		return {
			usage: cacheDiscount === undefined ? usage : { ...usage, cacheDiscount },
			cost: costOf(usage, model, receivedAt, seen.tier),
		};
	}
	return {
		usage: estimatedUsage(operation.estimateInput(request), estimateTokens(seen.text)),
		cost: mostOf(upstream, most)?.amount ?? null,
	};
}

/** The bill for figures that cannot be true; null for those that can. */
export function billOfImplausible(upstream: UpstreamRequest, usage: Usage, tier: string | undefined): Bill | null {
	const { operation, request, model, receivedAt } = upstream;
	const call = boundCall(upstream);
	if (isPlausible(usage, call, model)) return null;
	const most = boundOf(call, model, receivedAt);
	const beyond = Math.max(0, (costOf(usage, model, receivedAt, tier) ?? 0) - (most?.amount ?? 0));
	return {
		usage: estimatedUsage(most?.inputTokens ?? operation.estimateInput(request), most?.outputTokens ?? 0),
		cost: most?.amount ?? null,
		implausible: { input: promptTokens(usage), output: usage.output, beyond },
	};
}

/**
 * The most output tokens there can be beyond the figures, of all choices: every byte that was written, because no
 * tokenizer makes more tokens than a text has bytes, and what each choice can come to in the time in which nothing was
 * seen.
 */
export function mostWritten(
	{ request: { n = 1 } }: UpstreamRequest,
	{ text, unseenMs }: Pick<Seen, "text" | "unseenMs">,
): number {
	return byteLength(text) + Math.ceil(unseenMs * TOKENS_PER_MS) * n;
}

/** Figures with output that they do not count yet. */
export function withMore(usage: Usage, output: number): Usage {
	return output === 0 ? usage : { ...usage, output: usage.output + output, source: "estimated" };
}

/** Figures that leave out how often the vendor searched, with the most that it was allowed. */
function withSearches(usage: Usage, { call: { searches } }: UpstreamRequest): Usage {
	if (searches === undefined || usage.webSearches !== undefined) return usage;
	return { ...usage, webSearches: searches.uses, source: "estimated" };
}

/**
 * The most that a request can have used and cost when its choices came to `output` tokens together at most: the whole
 * prompt at the dearest price, and never more than the request allows, nor than was held for it, whichever way its
 * prompt was counted for that. Null when the model's price is not known.
 */
export function mostOf(upstream: UpstreamRequest, output: number): Most | null {
	const { model, receivedAt } = upstream;
	const counted = boundOfWritten(boundCall(upstream), output, model, receivedAt);
	if (counted === null || upstream.call.source === undefined) return counted;
	const measured = boundOfWritten(measuredCall(upstream), output, model, receivedAt);
	return measured === null || counted.amount < measured.amount ? counted : measured;
}
