import { type ErrorDetails, GatewayError } from "../core/errors";
import type { Fault, FaultKind } from "../core/fault";
import type { ProviderName } from "../core/ids";

type Answer = Pick<ErrorDetails, "status" | "type" | "code">;

/** What the caller is told of each kind of fault. A vendor's refusal of our credential is not the caller's 401. */
const ANSWERS: Record<FaultKind, Answer> = {
	connect: { status: 502, type: "server_error", code: "upstream_error" },
	timeout: { status: 504, type: "server_error", code: "upstream_timeout" },
	overloaded: { status: 503, type: "server_error", code: "upstream_overloaded" },
	server: { status: 502, type: "server_error", code: "upstream_error" },
	rate_limited: { status: 429, type: "rate_limit_error", code: "rate_limit_exceeded" },
	credential: { status: 502, type: "server_error", code: "upstream_credential_refused" },
	vendor_quota: { status: 503, type: "server_error", code: "upstream_account_exhausted" },
	bad_request: { status: 400, type: "invalid_request_error", code: "invalid_request" },
	context_length: { status: 400, type: "invalid_request_error", code: "context_length_exceeded" },
	content_policy: { status: 400, type: "invalid_request_error", code: "content_policy_violation" },
	model_missing: { status: 404, type: "invalid_request_error", code: "model_not_found" },
	too_large: { status: 413, type: "invalid_request_error", code: "request_too_large" },
	malformed: { status: 502, type: "server_error", code: "upstream_invalid_response" },
	empty: { status: 502, type: "server_error", code: "upstream_invalid_response" },
	truncated: { status: 502, type: "server_error", code: "upstream_error" },
};

/** What may pass for a code: whatever else an upstream puts there has no business in the books and the log. */
const CODE = /^[\w.-]{1,64}$/;

/** Kinds that will be the same on the next try, whatever the status suggests to an SDK. */
const PERMANENT: ReadonlySet<FaultKind> = new Set(["credential", "vendor_quota"]);

/** For nobody to read: the caller left before the answer was whole, which is no mistake of the gateway. */
export function callerLeft(): GatewayError {
	return new GatewayError({
		status: 499,
		type: "invalid_request_error",
		code: "client_closed_request",
		message: "[gateway] the caller left before the answer was whole",
	});
}

/** The error that the caller sees for an upstream's fault, attributed to the provider. */
export function faultError(fault: Fault, provider: ProviderName): GatewayError {
	const answer = ANSWERS[fault.kind];
	const ownFault = answer.status < 500 && answer.status !== 429;
	return new GatewayError({
		...answer,
		// A caller's mistake keeps the vendor's own code, which names it best.
		...(fault.kind === "bad_request" && fault.code !== undefined && CODE.test(fault.code) && { code: fault.code }),
		message: `[${provider}] ${describe(fault)}`,
		...(ownFault && fault.param !== undefined && { param: fault.param }),
		...(fault.retryAfterMs !== undefined && { retryAfterMs: fault.retryAfterMs }),
		...(PERMANENT.has(fault.kind) && { shouldRetry: false }),
		metadata: {
			provider,
			kind: fault.kind,
			...(fault.status !== null && { upstream_status: fault.status }),
			...(fault.upstreamRequestId !== undefined && { upstream_request_id: fault.upstreamRequestId }),
		},
	});
}

function describe(fault: Fault): string {
	switch (fault.kind) {
		case "credential":
			return `the provider refused the gateway's credential: ${fault.message}`;
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
