import type { ChatRequest } from "../core/chat";
import { invalidRequest } from "../core/errors";
import type { TrialPermit } from "../core/health";
import { type Bound, boundOf, outputFor } from "../metering/bound";
import { estimatePrompt } from "../metering/estimate";
import { nanoUsd } from "../metering/money";
import type { Provider } from "../providers/provider";
import type { Candidate } from "../router/plan";
import { targetOf } from "../router/policy";
import { boundCall, type Order, orderFor } from "./order";
import type { Plan, Ticket } from "./reservation";

/** A request as many attempts may try to serve it. */
export interface Job {
	readonly request: ChatRequest;
	/** Aborts when the caller leaves; with a `GatewayError` to tell it as the reason, when it is cut off. */
	readonly caller: AbortSignal;
	/** Milliseconds since the epoch. */
	readonly receivedAt: number;
}

/** One candidate's offer to serve: what would be sent, and the most that it could cost. */
export interface Offer extends Plan {
	readonly candidate: Candidate;
	readonly order: Order;
	/** The right to try a cell that is half open; null where none is needed. */
	readonly permit: TrialPermit | null;
}

/** Output to expect of a request that names no limit, in tokens: for the limit on tokens per minute. */
const USUAL_OUTPUT = 1_000;

/**
 * Encodes the request for a candidate. Throws `GatewayError` when it cannot be honoured there, usually with code
 * `unsupported_parameter`, or when the provider can serve no more.
 */
export function offerAt(job: Job, candidate: Candidate, providers: { get(name: string): Provider | undefined }): Offer {
	const { request, caller, receivedAt } = job;
	const { model } = candidate;
	const provider = providers.get(model.provider);
	const credential = provider?.credentials.find(({ id }) => id === candidate.credential);
	if (provider === undefined || credential === undefined)
		throw invalidRequest(`[gateway] provider \`${model.provider}\` cannot serve now`, "provider");
	const order = orderFor({ request, provider, credential, model, caller, receivedAt });
	const bound = boundOf(boundCall(order), model, receivedAt);
	return {
		candidate,
		order,
		permit: null,
		scope: { provider: model.provider, model: targetOf(model), endUser: request.user ?? null },
		bound,
		openEnded: request.max_completion_tokens === undefined,
		expectedTokens: expectedPrompt(bound, request) + (request.max_completion_tokens ?? USUAL_OUTPUT),
	};
}

/** Text of any language has about four bytes a token, and the bound counts bytes; no need to look at the text again. */
function expectedPrompt(bound: Bound | null, request: ChatRequest): number {
	return bound === null ? estimatePrompt(request) : Math.ceil(bound.inputTokens / 4);
}

/** The order with its output limited to what was held, when that is less than it asked for; the limit is null then. */
export function withinHold({ order, bound }: Offer, { token }: Ticket): { order: Order; clampedTo: number | null } {
	if (token === null || bound === null || token.amount >= bound.amount) return { order, clampedTo: null };
	const { model, receivedAt } = order;
	const limit = outputFor(nanoUsd(token.amount), boundCall(order), model, receivedAt);
	const request = { ...order.request, max_completion_tokens: Math.max(1, limit) };
	return { order: orderFor({ ...order, request }), clampedTo: request.max_completion_tokens };
}
