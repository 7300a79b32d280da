/** The error that the caller sees for each kind of fault of an upstream. */
import { ERROR_CATALOG, type ErrorCode } from "#core/error-catalog";
import { GatewayError } from "#core/errors";
import type { Fault, FaultKind } from "#core/fault";
import type { ProviderName } from "#core/ids";

/** The caller's error for each kind of fault. A vendor's refusal of our credential is not the caller's 401. */
const CODES: Record<FaultKind, ErrorCode> = {
	connect: "upstream_error",
	timeout: "upstream_timeout",
	overloaded: "upstream_overloaded",
	server: "upstream_error",
	rate_limited: "rate_limit_exceeded",
	credential: "upstream_credential_refused",
	vendor_quota: "upstream_account_exhausted",
	forbidden: "upstream_forbidden",
	bad_request: "invalid_request",
	history: "invalid_request",
	context_length: "context_length_exceeded",
	content_policy: "content_policy_violation",
	model_missing: "model_not_found",
	too_large: "request_too_large",
	malformed: "upstream_invalid_response",
	empty: "upstream_invalid_response",
	truncated: "upstream_error",
};

/** What may pass for a code: whatever else an upstream puts there has no business in the books and the log. */
const CODE = /^[\w.-]{1,64}$/;

/** The caller left before the answer was whole, which is no mistake of the gateway: this error is only recorded. */
export function callerLeft(): GatewayError {
	return GatewayError.of("client_closed_request", "the caller left before the answer was whole");
}

/** Why nothing more is done for a caller whose signal aborted: what cut the request off, or that the caller left. */
export function cutOff(caller: AbortSignal): GatewayError {
	return caller.reason instanceof GatewayError ? caller.reason : callerLeft();
}

/** The error that the caller sees for an upstream's fault, attributed to the provider. */
export function faultError(fault: Fault, provider: ProviderName): GatewayError {
	const code = CODES[fault.kind];
	const { status } = ERROR_CATALOG[code];
	const isCallers = status < 500 && status !== 429;
	const error = GatewayError.of(code, describe(fault), {
		speaker: provider,
		// Of a caller's mistake the status alone tells SDKs not to retry.
		...(isCallers && { param: fault.param, shouldRetry: undefined }),
		retryAfterMs: fault.retryAfterMs,
		metadata: {
			provider,
			kind: fault.kind,
			...(fault.status !== null && { upstream_status: fault.status }),
			...(fault.upstreamRequestId !== undefined && { upstream_request_id: fault.upstreamRequestId }),
		},
	});
	// A caller's mistake keeps the vendor's own code, which names it best.
	const keepsCode = fault.kind === "bad_request" && fault.code !== undefined && CODE.test(fault.code);
	return keepsCode ? error.with({ code: fault.code }) : error;
}

function describe(fault: Fault): string {
	switch (fault.kind) {
		case "credential":
			return `the provider refused the gateway's credential: ${fault.message}`;
		case "forbidden":
			return `the provider does not serve this to the gateway's account: ${fault.message}`;
		case "vendor_quota":
			return `the gateway's account at the provider is out of credit: ${fault.message}`;
		case "context_length":
			// Clients recognise a context overflow by these words.
			return /maximum context length/i.test(fault.message)
				? fault.message
				: `the input exceeds the model's maximum context length: ${fault.message}`;
		default:
			return fault.message;
	}
}
