// What a request is expected to cost at one target.
import type { Model } from "#catalog/model";
import { estimatedUsage } from "#core/chat/usage";
import type { Affinity, Family, FamilyTarget } from "#core/routing/routing-memory";
import { costOf } from "#metering/cost";
import type { CanonicalRequest, Operation } from "#operations/operation";
import type { TargetHealth } from "#router/filters/target-health";

/** What is known of a request when its cost at one target is estimated. */
export interface CostInputs {
	readonly operation: Operation;
	readonly request: CanonicalRequest;
	/** Expected prompt, in tokens. */
	readonly inputTokens: number;
	readonly family: Family | null;
	/** Where the conversation was served last; null when it is new or the place is unknown. */
	readonly affinity: Affinity | null;
	/** How many turns of the conversation have been answered. */
	readonly turns: number;
	/** Milliseconds since the epoch; decides which price is in force. */
	readonly now: number;
}

/** What one target is expected to take. */
export interface ExpectedCost {
	/** Tokens. */
	readonly output: number;
	/** This request, in nano-dollars; null without a known price. */
	readonly cost: number | null;
	/**
	 * The mean over this turn and those that are expected to follow it: what leaving a warm cache costs is part of it.
	 */
	readonly costPerTurn: number | null;
}

/** What the router expects as output of a task of which it knows nothing, in tokens: it compares costs by it. */
export const DEFAULT_EXPECTED_OUTPUT_TOKENS = 500;
/** Of a prompt, the share that is cached where nothing was seen yet and the vendor has a lower price for it. */
const DEFAULT_CACHED_SHARE = 0.5;
/** Vendors keep no shorter prompts, in tokens. */
const MIN_CACHED_TOKENS = 1_024;
/** Fewer attempts at a target say less than the whole family. */
const MIN_SAMPLES = 3;
/** A conversation is expected to last as long again as it did, but no more turns than this. */
const MAX_TURNS = 8;

/**
 * The expected output in tokens: the family's mean at this target, or at all targets where this one has too few
 * attempts.
 */
function expectedOutput(
	{ operation, request, family }: Pick<CostInputs, "operation" | "request" | "family">,
	model: Model,
	target: string,
): number {
	const usual = wellKnown(family, target)?.output ?? family?.output ?? DEFAULT_EXPECTED_OUTPUT_TOKENS;
	const limit = operation.outputLimit(request) ?? Number.POSITIVE_INFINITY;
	return Math.ceil(Math.min(usual, limit, model.maxOutput ?? Number.POSITIVE_INFINITY)) * (request.n ?? 1);
}

/**
 * What a request is expected to cost at a target. The price is the effective one: of the prompt, the share that the
 * vendor usually has cached costs the cached price. A conversation that moves finds nothing cached at first.
 */
export function expectedCost(model: Model, target: string, health: TargetHealth, inputs: CostInputs): ExpectedCost {
	const { inputTokens, family, affinity, turns } = inputs;
	const output = expectedOutput(inputs, model, target);
	const usual = inputTokens < MIN_CACHED_TOKENS ? 0 : usualCachedShare(target, health, family);
	const warm = costWith(usual, output, model, inputs);
	if (affinity === null || turns === 0) {
		const seen = wellKnown(family, target)?.cachedShare ?? health.cachedShare ?? 0;
		return { output, cost: costWith(seen, output, model, inputs), costPerTurn: warm };
	}
	if (affinity.target === target) {
		const cost = costWith(Math.max(usual, affinity.cachedShare ?? 0), output, model, inputs);
		return { output, cost, costPerTurn: cost };
	}
	const cold = costWith(0, output, model, inputs);
	if (cold === null || warm === null) return { output, cost: cold, costPerTurn: cold };
	const further = Math.min(turns, MAX_TURNS);
	return { output, cost: cold, costPerTurn: (cold + further * warm) / (1 + further) };
}

/**
 * The share of this family's prompts that the target is expected to have cached, from 0 to 1: what was seen at this
 * target, else the best that was seen at any target, else what the target does for all families. For a target of which
 * nothing is known the router assumes `DEFAULT_CACHED_SHARE`: assuming less, it would never send anything there and
 * never find out.
 */
function usualCachedShare(target: string, { cachedShare }: TargetHealth, family: Family | null): number {
	const own = wellKnown(family, target)?.cachedShare;
	if (own !== undefined && own !== null) return own;
	let best = 0;
	for (const known of family?.targets.values() ?? []) best = Math.max(best, known.cachedShare ?? 0);
	return best > 0 ? best : (cachedShare ?? DEFAULT_CACHED_SHARE);
}

function wellKnown(family: Family | null, target: string): FamilyTarget | undefined {
	const known = family?.targets.get(target);
	return known !== undefined && known.attempts >= MIN_SAMPLES ? known : undefined;
}

function costWith(cachedShare: number, output: number, model: Model, inputs: CostInputs) {
	const { operation, request, inputTokens, now } = inputs;
	const audio = operation.routing.units?.(request);
	const cacheRead = Math.floor(inputTokens * cachedShare);
	const usage = {
		...estimatedUsage(inputTokens - cacheRead, output),
		cacheRead,
		...(audio !== undefined && { audio }),
	};
	const cost = costOf(usage, model, now, request.service_tier);
	return cost === null ? null : cost + (operation.routing.fee?.(request, model) ?? 0);
}
