/** A request encoded for one provider. */
import type { Model } from "#catalog/model";
import { unsupportedParameter } from "#core/errors";
import type { VendorTool } from "#core/key/policy";
import type { BoundCall } from "#metering/bound";
import type { CanonicalRequest, Operation } from "#operations/operation";
import type { Codec, UpstreamCall } from "#providers/adapter";
import { type CacheMarks, withCacheMarks } from "#providers/anthropic/cache-marks";
import type { Provider, ProviderCredential } from "#providers/provider";
import { outputLimitOf } from "#providers/shared/output-limit";
import { withinVendorTools } from "#providers/shared/vendor-tools";

/** A request encoded for the provider that serves it. */
export interface UpstreamRequest {
	readonly operation: Operation;
	readonly request: CanonicalRequest;
	readonly provider: Provider;
	readonly credential: ProviderCredential;
	readonly model: Model;
	/** How the provider speaks the operation. */
	readonly codec: Codec;
	readonly call: UpstreamCall;
	/** Aborts when the caller leaves; with a `GatewayError` to tell it as the reason, when it is cut off. */
	readonly caller: AbortSignal;
	/** Tools that the key's policy lets the vendor run. */
	readonly vendorTools: readonly VendorTool[];
	/** What of the prompt is marked for the vendor's cache; absent for nothing. */
	readonly cacheMarks?: CacheMarks;
	/** When the request arrived, in milliseconds since the epoch; decides the price. */
	readonly receivedAt: number;
	/** The caller's face, if an answer in its own protocol may be passed on as it comes; else null. */
	readonly relayTo: string | null;
}

/**
 * Encodes a request for a candidate. Throws `GatewayError` when the candidate cannot honour it, or has no such
 * operation.
 */
export function encodeFor(upstream: Omit<UpstreamRequest, "call" | "codec">): UpstreamRequest {
	const { operation, provider, request, model, vendorTools, cacheMarks } = upstream;
	const codec: Codec | undefined = provider.adapter[operation.name];
	if (codec === undefined) throw unsupportedParameter("model", `\`${provider.name}\` does not offer ${operation.name}`);
	const allowed = withinVendorTools(codec.encode(request, model), model, vendorTools);
	const call = cacheMarks === undefined ? allowed : withCacheMarks(allowed, cacheMarks);
	const { ignored = [] } = call.native === true && request.native !== undefined ? request.native : request;
	const { source } = request;
	return {
		...upstream,
		codec,
		call: {
			...call,
			...(source !== undefined && { source }),
			...(ignored.length > 0 && { dropped: [...ignored, ...call.dropped] }),
		},
	};
}

/** What bounds the request's cost. */
export function boundCall({ request, call }: UpstreamRequest): BoundCall {
	const { body, source, beyondLimit = 0, searches, prompts } = call;
	return {
		request,
		body,
		...(source !== undefined && { source }),
		outputLimit: outputLimitOf(body),
		beyondLimit,
		...(searches !== undefined && { searches }),
		...(prompts !== undefined && { prompts }),
	};
}
