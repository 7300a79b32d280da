/** A request encoded for one provider. */
import type { Model } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";
import type { BoundCall } from "#metering/bound";
import type { UpstreamCall } from "#providers/adapter";
import type { Provider, ProviderCredential } from "#providers/provider";
import { outputLimitOf } from "#providers/shared/output-limit";
import { withoutVendorTools } from "#providers/shared/vendor-tools";

/** A request and who shall serve it, encoded for its provider. */
export interface UpstreamRequest {
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
export function encodeFor(upstream: Omit<UpstreamRequest, "call">): UpstreamRequest {
	const { request, provider, model } = upstream;
	const call = withoutVendorTools(provider.adapter.encode(request, model));
	const { ignored = [] } = request;
	return { ...upstream, call: ignored.length === 0 ? call : { ...call, dropped: [...ignored, ...call.dropped] } };
}

/** What bounds the request's cost. */
export function boundCall({ request, call }: UpstreamRequest): BoundCall {
	const { body, beyondLimit = 0 } = call;
	return { request, body, outputLimit: outputLimitOf(body), beyondLimit };
}
