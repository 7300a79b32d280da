/** A request encoded for one provider. */
import type { Model, Price } from "#catalog/model";
import { MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import { GatewayError, unsupportedParameter } from "#core/errors";
import type { VendorTool } from "#core/key/policy";
import { withVendorIds } from "#gateway/files/vendor-ids";
import type { BoundCall } from "#metering/bound";
import { hidesMedia } from "#metering/unseen-media";
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
	/** What a call is charged whose cost nothing tells, by the key's policy, in nano-dollars; undefined: none is made. */
	readonly nativeCeiling?: number | undefined;
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
	const lack = operation.routing.lacking?.(model, request) ?? null;
	if (lack !== null) throw unsupportedParameter(lack.param, lack.message);
	const encoded = codec.encode(request, model);
	const named =
		request.files === undefined ? encoded : { ...encoded, body: withVendorIds(encoded.body, request.files) };
	const allowed = withinVendorTools(named, model, vendorTools);
	if (codec.take !== undefined) return asItCame({ ...upstream, codec, call: allowed });
	const call = cacheMarks === undefined ? allowed : withCacheMarks(allowed, cacheMarks);
	const { ignored = [] } = call.passed === true && request.passed !== undefined ? request.passed : request;
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

/** A price that is nothing. */
const FREE: Price = { input: 0, cacheRead: 0, cacheWrite: 0, cacheWriteHour: 0, output: 0 };

/** A call that goes out as its caller wrote it: nothing is left out of it in silence. */
function asItCame(upstream: UpstreamRequest): UpstreamRequest {
	const { call, model, nativeCeiling } = upstream;
	const [tool] = call.dropped;
	if (tool !== undefined) {
		throw GatewayError.of(
			"vendor_tool_not_allowed",
			`\`${tool}\` is a tool that the vendor runs by itself, and this request may not use it: the API key's policy does not name it in \`vendor_tools\`, or its uses cannot be limited there`,
			{ param: "tools" },
		);
	}
	if (call.flat === undefined) return hidesMedia(call.body, model) ? withHiddenMedia(upstream) : upstream;
	const ceiling = call.flat === "nothing" ? 0 : nativeCeiling;
	if (ceiling === undefined) {
		throw GatewayError.of(
			"native_ceiling_required",
			"nothing in this call or its answer tells what it costs; it is made only for an API key whose policy says in `native_ceiling_usd` what to charge for it",
		);
	}
	const flat: Model = { ...model, prices: [{ from: 0, price: FREE }], rules: {} };
	const fee = Math.min(ceiling * (upstream.request.n ?? 1), MAX_LIMIT_NANO_USD);
	return { ...upstream, model: flat, call: { ...call, fee } };
}

/** What the gateway cannot see may fill the model's context; of prompts that are read apart nothing bounds it. */
function withHiddenMedia(upstream: UpstreamRequest): UpstreamRequest {
	const { call } = upstream;
	if (call.prompts !== undefined) {
		throw unsupportedParameter("input", "what is not text cannot be embedded here: nothing bounds its tokens");
	}
	return { ...upstream, call: { ...call, hidesMedia: true } };
}

/** What bounds the request's cost, its prompt measured by the caller's own text: at once, and never too low. */
export function measuredCall(upstream: UpstreamRequest): BoundCall {
	const { source } = upstream.call;
	const call = boundCall(upstream);
	return source === undefined ? call : { ...call, source };
}

/** What bounds the request's cost, its prompt counted from what was parsed, however the caller spelt it. */
export function boundCall({ request, call }: UpstreamRequest): BoundCall {
	const { body, outputLimit = outputLimitOf(body), beyondLimit = 0 } = call;
	const { searches, prompts, promptOverhead, readings, images, audio, hidesMedia, fee } = call;
	return {
		request,
		body,
		outputLimit,
		beyondLimit,
		...(searches !== undefined && { searches }),
		...(prompts !== undefined && { prompts }),
		...(promptOverhead !== undefined && { promptOverhead }),
		...(readings !== undefined && { readings }),
		...(images !== undefined && { images }),
		...(audio !== undefined && { audio }),
		...(hidesMedia && { hidesMedia }),
		...(fee !== undefined && { fee }),
	};
}
