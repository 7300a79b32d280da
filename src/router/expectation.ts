import type { Model } from "../catalog/model";
import type { ChatRequest } from "../core/chat";
import type { Affinity, Family } from "../core/routing-memory";
import { estimatedUsage } from "../core/usage";
import { costOf } from "../metering/cost";
import type { Standing } from "./standing";

/** What is known of a request when its cost at one target is estimated. */
export interface Outlook {
	readonly request: ChatRequest;
	/** Expected prompt, in tokens. */
	readonly inputTokens: number;
	readonly family: Family | null;
	/** Where the conversation was served last; null when it is new or nobody knows. */
	readonly affinity: Affinity | null;
	/** How many turns of the conversation have been answered. */
	readonly turns: number;
	/** Milliseconds since the epoch; decides which price is in force. */
	readonly now: number;
}

/** What one target is expected to take. */
export interface Expectation {
	/** Tokens. */
	readonly output: number;
	/** This request, in nano-dollars; null without a known price. */
	readonly cost: number | null;
	/** The mean over this turn and those that are expected to follow it: what leaving a warm cache costs is part of it. */
	readonly costPerTurn: number | null;
}

/** Output of a task of which nothing is known, in tokens. */
export const USUAL_OUTPUT = 500;
/** Fewer attempts at a target say less than the whole family. */
const ENOUGH = 3;
/** A conversation is expected to last as long again as it did, but no more turns than this. */
const MOST_TURNS = 8;

/** Of a family of tasks at one target, or at all of them when this one is little known. */
export function expectedOutput(request: ChatRequest, model: Model, target: string, family: Family | null): number {
	const here = family?.targets.get(target);
	const usual = here !== undefined && here.attempts >= ENOUGH ? here.output : null;
	const most = Math.min(
		request.max_completion_tokens ?? Number.POSITIVE_INFINITY,
		model.maxOutput ?? Number.POSITIVE_INFINITY,
	);
	return Math.ceil(Math.min(usual ?? family?.output ?? USUAL_OUTPUT, most)) * (request.n ?? 1);
}

/**
 * What a request is expected to cost at a target. The price is the effective one: of the prompt, the share that the vendor
 * was seen to have cached costs the cached price. A conversation that moves finds nothing cached at first.
 */
export function expectation(model: Model, target: string, standing: Standing, outlook: Outlook): Expectation {
	const { request, family, affinity, turns } = outlook;
	const output = expectedOutput(request, model, target, family);
	const here = standing.cachedShare;
	if (affinity === null || turns === 0) {
		const cost = costWith(here ?? 0, output, model, outlook);
		return { output, cost, costPerTurn: cost };
	}
	if (affinity.target === target) {
		const cost = costWith(affinity.cachedShare ?? here ?? 0, output, model, outlook);
		return { output, cost, costPerTurn: cost };
	}
	const cold = costWith(0, output, model, outlook);
	const warm = costWith(here ?? affinity.cachedShare ?? 0, output, model, outlook);
	if (cold === null || warm === null) return { output, cost: cold, costPerTurn: cold };
	const further = Math.min(turns, MOST_TURNS);
	return { output, cost: cold, costPerTurn: (cold + further * warm) / (1 + further) };
}

function costWith(cachedShare: number, output: number, model: Model, { request, inputTokens, now }: Outlook) {
	const cacheRead = Math.floor(inputTokens * cachedShare);
	const usage = { ...estimatedUsage(inputTokens - cacheRead, output), cacheRead };
	return costOf(usage, model, now, request.service_tier);
}
