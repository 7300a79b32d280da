/** What would be sent to one candidate and the most that it can cost, before and after its hold. */
import type { Price } from "#catalog/model";
import { invalidRequest } from "#core/errors";
import type { TrialPermit } from "#core/health/health";
import type { KeyPolicy } from "#core/key/policy";
import { type Hold, SpendRefused, type SpendRequest } from "#gateway/spending/reservation";
import { limitRequired, tooLittleHeld } from "#gateway/spending/reservation-errors";
import { boundCall, encodeFor, measuredCall, type UpstreamRequest } from "#gateway/upstream/upstream-request";
import { type Bound, boundOf, outputFor } from "#metering/bound";
import { nanoUsd } from "#metering/money";
import type { CanonicalRequest, Operation } from "#operations/operation";
import type { CacheMarks } from "#providers/anthropic/cache-marks";
import type { Provider } from "#providers/provider";
import { targetOf } from "#router/models/model-access";
import type { Candidate } from "#router/plan";

/** A request as many attempts may try to serve it. */
export interface RequestJob {
	readonly operation: Operation;
	readonly request: CanonicalRequest;
	/** Aborts when the caller leaves; with a `GatewayError` to tell it as the reason, when it is cut off. */
	readonly caller: AbortSignal;
	/** Milliseconds since the epoch. */
	readonly receivedAt: number;
	/** The caller's face, if an answer in its own protocol may be passed on as it comes; else null. */
	readonly relayTo: string | null;
}

/** An attempt before its hold: what would be sent to a candidate, and the most that it could cost. */
export interface PreparedAttempt extends SpendRequest {
	readonly candidate: Candidate;
	readonly upstream: UpstreamRequest;
	/** The right to try a cell that is half open; null where none is needed. */
	readonly permit: TrialPermit | null;
}

/** A prepared attempt and the hold that was granted for it. */
export interface HeldAttempt {
	readonly prepared: PreparedAttempt;
	readonly hold: Hold;
	/** What is sent: the request to the upstream, with its output limited to what is held. */
	readonly upstream: UpstreamRequest;
	/** The limit in tokens that is sent because the hold affords no more; null when it affords what was asked for. */
	readonly clampedTo: number | null;
}

/**
 * What the limit on tokens per minute counts as output of a request that names no limit, until the settlement replaces
 * it, in tokens. More than the router expects, because too low a figure would let requests at the same time pass the
 * limit.
 */
const DEFAULT_COUNTED_OUTPUT_TOKENS = 1_000;

/**
 * Encodes the request for a candidate, as far as the key's policy goes. Throws `GatewayError` when it cannot be
 * honoured there, usually with code `unsupported_parameter`, or when the provider can serve no more.
 */
export function prepareAttempt(
	job: RequestJob,
	candidate: Candidate,
	providers: { get(name: string): Provider | undefined },
	{ vendorTools = [], nativeCeiling }: Pick<KeyPolicy, "vendorTools" | "nativeCeiling">,
	cacheMarks: CacheMarks | null = null,
): PreparedAttempt {
	const { operation, request, caller, receivedAt, relayTo } = job;
	const limit = operation.outputLimit(request);
	const { model } = candidate;
	const provider = providers.get(model.provider);
	const credential = provider?.credentials.find(({ id }) => id === candidate.credential);
	if (provider === undefined || credential === undefined)
		throw invalidRequest(`provider \`${model.provider}\` cannot serve now`, "provider");
	const upstream = encodeFor({
		operation,
		request,
		provider,
		credential,
		model,
		caller,
		vendorTools,
		...(cacheMarks !== null && { cacheMarks }),
		nativeCeiling,
		receivedAt,
		relayTo,
	});
	const bound = boundOf(measuredCall(upstream), upstream.model, receivedAt);
	return {
		candidate,
		upstream,
		permit: null,
		scope: {
			provider: model.provider,
			model: targetOf(model),
			endUser: request.user ?? null,
			operation: operation.name,
		},
		bound,
		openEnded: limit === undefined,
		expectedTokens: expectedTokens(job, upstream, bound),
	};
}

/** The attempt with its prompt counted anew, where that comes to less than its text does; else null. */
export function countedAnew(job: RequestJob, prepared: PreparedAttempt): PreparedAttempt | null {
	const { upstream, bound: measured } = prepared;
	if (upstream.call.source === undefined || measured === null) return null;
	const bound = boundOf(boundCall(upstream), upstream.model, upstream.receivedAt);
	if (bound === null || bound.inputTokens >= measured.inputTokens) return null;
	return { ...prepared, bound, expectedTokens: expectedTokens(job, upstream, bound) };
}

/**
 * The attempt at a price that is not its model's, but the most that it is taken to cost. Throws `GatewayError` 400
 * where neither the model nor the request limits the tokens.
 */
export function atCeiling(
	{ operation, request }: RequestJob,
	prepared: PreparedAttempt,
	price: Price,
): PreparedAttempt {
	const { model: unpriced } = prepared.upstream;
	if (unpriced.context === null && operation.outputLimit(request) === undefined)
		throw limitRequired(targetOf(unpriced));
	const { useFees } = unpriced.rules;
	const rules = useFees === undefined ? {} : { useFees };
	const model = { ...unpriced, prices: [{ from: 0, price }], rules, atCeiling: true } as const;
	const upstream = { ...prepared.upstream, model };
	return { ...prepared, upstream, bound: boundOf(measuredCall(upstream), model, upstream.receivedAt) };
}

/**
 * Prompt and output to expect, in tokens. Text of any language has about four bytes a token, and the bound counts
 * bytes, unless searches are part of it; no need to look at the text again.
 */
function expectedTokens({ operation, request }: RequestJob, { call }: UpstreamRequest, bound: Bound | null): number {
	const isOfText = bound !== null && call.searches === undefined;
	const input = isOfText ? Math.ceil(bound.inputTokens / 4) : operation.estimateInput(request);
	return input + (operation.outputLimit(request) ?? DEFAULT_COUNTED_OUTPUT_TOKENS);
}

/**
 * A prepared attempt with its hold, its output limited to what was held where that is less than it asked for. Throws
 * `SpendRefused` when no limit that the provider takes keeps it within the hold, and `GatewayError` when it cannot be
 * honoured with that limit.
 */
export function withinHold(prepared: PreparedAttempt, hold: Hold): HeldAttempt {
	const { upstream, bound } = prepared;
	const { token, limits } = hold;
	if (token === null || bound === null || token.amount >= bound.amount) {
		return { prepared, hold, upstream, clampedTo: null };
	}
	const { operation, model, receivedAt } = upstream;
	const affordable = outputFor(nanoUsd(token.amount), boundCall(upstream), model, receivedAt);
	if (affordable > 0) {
		const request = operation.withOutputLimit(upstream.request, affordable);
		const limited = encodeFor({ ...upstream, request });
		const call = boundCall(limited);
		// What a provider makes of a limit may be more than it: some take none below a least one.
		const most = boundOf(call, model, receivedAt);
		if (most !== null && most.amount <= token.amount) {
			return { prepared, hold, upstream: limited, clampedTo: call.outputLimit ?? affordable };
		}
	}
	throw new SpendRefused(tooLittleHeld(limits.tightest, bound.leastAmount), limits);
}
