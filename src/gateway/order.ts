import type { Model } from "../catalog/model";
import type { ChatRequest } from "../core/chat";
import type { BoundCall } from "../metering/bound";
import type { UpstreamCall } from "../providers/adapter";
import { outputLimitOf } from "../providers/output-limit";
import type { Provider, ProviderCredential } from "../providers/provider";

/** A request and who shall serve it, encoded for its provider. */
export interface Order {
	readonly request: ChatRequest;
	readonly provider: Provider;
	readonly credential: ProviderCredential;
	readonly model: Model;
	readonly call: UpstreamCall;
	/** Aborts when the caller leaves; with a `GatewayError` to tell it as the reason, when it is cut off. */
	readonly caller: AbortSignal;
	/** When the request arrived, in milliseconds since the epoch; decides the price. */
	readonly receivedAt: number;
}

/** Encodes a request for a candidate. Throws `GatewayError` when the candidate cannot honour it. */
export function orderFor(order: Omit<Order, "call">): Order {
	return { ...order, call: order.provider.adapter.encode(order.request, order.model) };
}

/** What bounds the order's cost. */
export function boundCall({ request, call }: Order): BoundCall {
	const { body, beyondLimit = 0 } = call;
	return { request, body, outputLimit: outputLimitOf(body), beyondLimit };
}
