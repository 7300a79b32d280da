import type { Model } from "../../../catalog/model";
import type { ChatRequest } from "../../../core/chat";
import { GatewayError, invalidRequest } from "../../../core/errors";
import { UpstreamError } from "../../../core/fault";
import type { Principal } from "../../../core/principal";
import { parseChat } from "../../../faces/chat/parse";
import { renderCompletion } from "../../../faces/chat/render";
import { ChatStreamRenderer } from "../../../faces/chat/render-stream";
import { endedAttempt } from "../../../gateway/charge";
import { AttemptFailed, complete, type OnEnd, type Served, stream } from "../../../gateway/chat";
import { faultError } from "../../../gateway/errors";
import { beatWhile } from "../../../gateway/heartbeat";
import type { HeldStream } from "../../../gateway/held-stream";
import { keyRefused, namedKey, REFUSALS } from "../../../gateway/key-refusal";
import { boundCall, type Order, orderFor } from "../../../gateway/order";
import { type ServingProviders, servingProviders } from "../../../gateway/providers";
import { type Plan, reserve, SpendRefused, type Ticket } from "../../../gateway/reservation";
import { settle } from "../../../gateway/settlement";
import { type Bound, boundOf, outputFor } from "../../../metering/bound";
import { estimatePrompt } from "../../../metering/estimate";
import { nanoUsd, usdString } from "../../../metering/money";
import { canonicalProvider, isBuiltIn } from "../../../providers/names";
import type { Wanted } from "../../../router/question";
import { resolve } from "../../../router/resolve";
import { callerAddress } from "../../authenticate";
import type { Route, SpendCall } from "../../call";
import { errorDetails } from "../../errors";
import { readJson } from "../../json-body";
import { limitHeaders } from "../../limit-headers";
import { servedHeaders } from "../../served-headers";

export const chatRoutes: Route[] = [
	{ method: "POST", path: "/v1/chat/completions", access: "spend", handle: chatCompletions },
];

/** Output to expect of a request that names no limit, in tokens, for the limit on tokens per minute. */
const USUAL_OUTPUT = 1_000;

interface PlannedOrder extends Plan {
	readonly order: Order;
}

async function chatCompletions(call: SpendCall): Promise<Response> {
	const [body, providers] = await Promise.all([readJson(call.request), servingProviders(call)]);
	const { request, wanted, style } = parseChat(body, (field) => {
		const name = canonicalProvider(field);
		return isBuiltIn(name) || providers.byName.has(name) ? name : undefined;
	});
	const cut = new AbortController();
	const caller = AbortSignal.any([call.request.signal, cut.signal]);
	const { ticket, plan } = await reserveOrder(call, (principal) =>
		planOf(call, caller, providers, request, wanted, principal),
	);
	const { order, clampedTo } = withinHold(plan, ticket);
	const { model } = order;
	const head = { id: `chatcmpl-${call.requestId.slice(4)}`, created: Math.floor(call.receivedAt / 1000) };
	const headers = (served: Served) => ({
		...servedHeaders(served, call.receivedAt, Date.now()),
		...limitHeaders(ticket.standing),
		...(clampedTo !== null && { "x-tollgate-clamped-output": String(clampedTo) }),
		...(ticket.warnings.length > 0 && { "x-tollgate-budget-warning": ticket.warnings.join(",") }),
	});
	const onEnd = settlingOnce(call, order, ticket, cut);
	try {
		if (!request.stream) {
			const { served, completion, bill } = await complete(order, onEnd);
			const named = { ...head, model: completion.model ?? model.id };
			const answer = renderCompletion(named, completion, bill.usage, bill.cost, style);
			return Response.json(answer, {
				headers: { ...headers(served), ...(bill.cost !== null && { "x-tollgate-cost": usdString(bill.cost) }) },
			});
		}
		const { served, stream: held } = await stream(order, onEnd);
		const renderer = new ChatStreamRenderer({ ...head, model: held.model ?? model.id }, style);
		return new Response(eventStream(held, renderer, served, call), {
			headers: {
				"content-type": "text/event-stream",
				"cache-control": "no-store",
				"x-accel-buffering": "no",
				...headers(served),
			},
		});
	} catch (error) {
		if (!(error instanceof AttemptFailed)) throw error;
		throw new GatewayError({
			...faultError(error.fault, error.served.provider).details,
			headers: headers(error.served),
		});
	}
}

/** Who would serve the request under a principal's policy, and what that could cost. */
function planOf(
	{ receivedAt }: SpendCall,
	caller: AbortSignal,
	providers: ServingProviders,
	request: ChatRequest,
	wanted: Wanted,
	principal: Principal,
): PlannedOrder {
	const model: Model = resolve(wanted, providers.directory, principal.policy);
	const provider = providers.byName.get(model.provider);
	const credential = provider?.credentials[0];
	if (provider === undefined || credential === undefined)
		throw invalidRequest(`[gateway] provider \`${model.provider}\` cannot serve now`, "provider");
	const order = orderFor({ request, provider, credential, model, caller, receivedAt });
	const bound = boundOf(boundCall(order), model, receivedAt);
	return {
		order,
		scope: { provider: model.provider, model: `${model.provider}/${model.id}`, endUser: request.user ?? null },
		bound,
		openEnded: request.max_completion_tokens === undefined,
		expectedTokens: expectedPrompt(bound, request) + (request.max_completion_tokens ?? USUAL_OUTPUT),
	};
}

/** Text of any language has about four bytes a token, and the bound counts bytes; no need to look at the text again. */
function expectedPrompt(bound: Bound | null, request: ChatRequest): number {
	return bound === null ? estimatePrompt(request) : Math.ceil(bound.inputTokens / 4);
}

async function reserveOrder(call: SpendCall, plan: (principal: Principal) => PlannedOrder) {
	const spender = {
		keys: call.env.API_KEYS,
		identified: call.identified,
		address: callerAddress(call.request),
		attemptId: `${call.requestId}.1`,
		now: call.receivedAt,
	};
	try {
		return await reserve(spender, plan);
	} catch (error) {
		if (!(error instanceof SpendRefused)) throw error;
		throw new GatewayError({ ...error.error.details, headers: limitHeaders(error.standing) });
	}
}

/** The order with its output limited to what was held, when that is less than it asked for. */
function withinHold({ order, bound }: PlannedOrder, { token }: Ticket): { order: Order; clampedTo: number | null } {
	if (token === null || bound === null || token.amount >= bound.amount) return { order, clampedTo: null };
	const { model, receivedAt } = order;
	const limit = outputFor(nanoUsd(token.amount), boundCall(order), model, receivedAt);
	const request = { ...order.request, max_completion_tokens: Math.max(1, limit) };
	return { order: orderFor({ ...order, request }), clampedTo: request.max_completion_tokens };
}

/** Settles when the attempt ends, once; the hold is kept alive until then. Cuts the attempt when the key is revoked. */
function settlingOnce(call: SpendCall, order: Order, ticket: Ticket, cut: AbortController): OnEnd {
	const { keyId, last4 } = ticket.principal;
	const stopBeating = beatWhile(call.env.API_KEYS, keyId, ticket.attemptId, () =>
		cut.abort(keyRefused(`${namedKey(last4)} ${REFUSALS.revoked}`)),
	);
	call.claim?.begin();
	let ended = false;
	return (ending) => {
		if (ended) return;
		ended = true;
		stopBeating();
		const attempt = endedAttempt(order, ticket, ending);
		call.execution.waitUntil(settle(call.env.API_KEYS, keyId, attempt));
		void call.claim?.end(!attempt.void);
	};
}

/** The answer as bytes. Ends with an error event, never as if complete, when the upstream fails on the way. */
function eventStream(
	held: HeldStream,
	renderer: ChatStreamRenderer,
	served: Served,
	{ requestId }: SpendCall,
): ReadableStream<Uint8Array> {
	const encoder = new TextEncoder();
	const failure = (error: unknown) =>
		renderer.error(
			error instanceof UpstreamError
				? faultError(error.fault, served.provider).details
				: errorDetails(error, requestId),
			requestId,
		);
	return new ReadableStream<Uint8Array>({
		async pull(controller) {
			try {
				// A pull must enqueue something or it is not called again.
				for (let text = ""; text === ""; ) {
					const chunks = await held.next();
					if (chunks === null) {
						const { usage, cost } = held.bill();
						controller.enqueue(encoder.encode(renderer.end(usage, cost)));
						controller.close();
						return;
					}
					text = chunks === "silent" ? ": keep-alive\n\n" : chunks.map((chunk) => renderer.chunk(chunk)).join("");
					if (text !== "") controller.enqueue(encoder.encode(text));
				}
			} catch (error) {
				controller.enqueue(encoder.encode(failure(error)));
				controller.close();
			}
		},
		cancel() {
			held.cancel();
		},
	});
}
